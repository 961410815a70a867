"""Anthropic's `POST /v1/messages`."""

from __future__ import annotations

from functools import partial

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from cueline.server.protocols.agent import LocalAnswer, user_of
from cueline.server.protocols.history import bounded
from cueline.server.protocols.messages import (
    MessagesAnswer,
    MessagesRequest,
    message_stream,
    messages_answer,
    refuse_threads,
)
from cueline.server.protocols.refusals import as_bad_request
from cueline.server.routing import (
    EVENTS,
    JSON,
    UPSTREAM,
    Operation,
    Routes,
    answered,
    as_json,
    body,
    named_events,
    service,
)
from cueline.server.upstream.apis import MESSAGES
from cueline.server.upstream.own_answer import OwnAnswer

routes = Routes("chat")

_asked: msgspec.json.Decoder[MessagesRequest] = msgspec.json.Decoder(MessagesRequest)


@routes.post(
    "/v1/messages",
    Operation(
        MessagesAnswer,
        scope="act",
        takes=MessagesRequest,
        media=(JSON, EVENTS),
        problems=UPSTREAM,
    ),
)
async def messages(request: Request) -> Response:
    """What the policy would do next, as Anthropic's clients understand it.

    `stop_reason` is `tool_use`. Where the policy abstains it is `refusal`, and the text says why;
    where a tool must be used, that is an error.
    """
    to = service(request)

    async def here() -> OwnAnswer:
        asked = body(request, _asked)
        bounded(asked.messages, "$.messages", to.limits)
        local = await to.answer(to.policy, asked.agent_request())
        return local.own(partial(_message, asked, local), user=user_of(asked.user))

    refuse_threads(request.scope["body"])
    with as_bad_request():
        return await answered(request, MESSAGES, here)


async def _message(asked: MessagesRequest, local: LocalAnswer) -> Response:
    answer = messages_answer(local.checked())
    return named_events(message_stream(answer)) if asked.stream else as_json(answer)
