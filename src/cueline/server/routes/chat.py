"""What agents' clients call: `POST /v1/chat/completions`."""

from __future__ import annotations

from functools import partial

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from cueline.server.protocols.agent import LocalAnswer, user_of
from cueline.server.protocols.chat_completions import ChatAnswer, ChatRequest, chat_answer, chunks
from cueline.server.protocols.history import bounded
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
    service,
)
from cueline.server.upstream.apis import CHAT
from cueline.server.upstream.own_answer import OwnAnswer

routes = Routes("chat")

_chat: msgspec.json.Decoder[ChatRequest] = msgspec.json.Decoder(ChatRequest)


@routes.post(
    "/v1/chat/completions",
    Operation(ChatAnswer, scope="act", takes=ChatRequest, media=(JSON, EVENTS), problems=UPSTREAM),
)
async def completions(request: Request) -> Response:
    """What the policy would do next, as OpenAI's clients understand it.

    `finish_reason` is `tool_calls`. Where the policy abstains it is `stop`, with `content` null and
    `refusal` saying why; where a call is required, that is an error.
    """
    to = service(request)

    async def here() -> OwnAnswer:
        asked = body(request, _chat)
        bounded(asked.messages, "$.messages", to.limits)
        local = await to.answer(to.policy, asked.agent_request())
        kept = asked.store is not False
        return local.own(partial(_completion, asked, local), kept, user_of(asked.user))

    with as_bad_request():
        return await answered(request, CHAT, here)


async def _completion(asked: ChatRequest, local: LocalAnswer) -> Response:
    answer = chat_answer(asked, local.checked())
    if not asked.stream:
        return as_json(answer)
    data = [msgspec.json.encode(part) for part in chunks(asked, answer)]
    stream = b"".join(b"data: %s\n\n" % one for one in [*data, b"[DONE]"])
    return Response(stream, media_type=EVENTS)
