"""OpenAI's responses: asked for, read again, erased."""

from __future__ import annotations

from functools import partial
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from cueline.server.domain.conversations import (
    NEW,
    AgentConversation,
    begin,
    conversation,
    erase,
    keep,
    response,
    unkept,
)
from cueline.server.protocols.agent import LocalAnswer, user_of
from cueline.server.protocols.history import bounded
from cueline.server.protocols.refusals import as_bad_request
from cueline.server.protocols.response_stream import response_events
from cueline.server.protocols.responses import ResponseAnswer, ResponseRequest, response_answer
from cueline.server.routing import (
    EVENTS,
    JSON,
    UPSTREAM,
    Operation,
    Parameter,
    Routes,
    answered,
    as_json,
    body,
    named_events,
    service,
)
from cueline.server.schemas import DeletedAnswer
from cueline.server.service import Service
from cueline.server.upstream.apis import RESPONSES
from cueline.server.upstream.own_answer import OwnAnswer

routes = Routes("chat")

_asked: msgspec.json.Decoder[ResponseRequest] = msgspec.json.Decoder(ResponseRequest)
RESPONSE = Parameter(
    "response",
    "path",
    r"^[A-Za-z0-9_-]{1,200}$",
    "As asking for it gave it.",
    "the id of a response",
)


@routes.post(
    "/v1/responses",
    Operation(
        ResponseAnswer,
        scope="act",
        takes=ResponseRequest,
        media=(JSON, EVENTS),
        problems=(404, 409, *UPSTREAM),
    ),
)
async def respond(request: Request) -> Response:
    """What the policy would do next, as OpenAI's clients of the Responses API understand it.

    `output` is the calls of tools. Where the policy abstains it is a message with a refusal that
    says why; where a call is required, that is an error. Unless `store` is false the answer is
    kept, for `previous_response_id` of later requests.
    """
    to = service(request)

    async def here() -> OwnAnswer:
        asked, before = body(request, _asked), NEW
        if asked.previous_response_id is not None:
            before = await conversation(to.sessions, asked.previous_response_id)
            request.scope["body"] = _with_all(request.scope["body"], before, asked)
        bounded([*before.items, *asked.items], "$.input", to.limits)
        turn = asked.agent_request(before.items)
        local = await to.answer(to.policy, turn)
        kept = asked.store is not False
        return local.own(partial(_respond, to, asked, before, local), kept, user_of(asked.user))

    with as_bad_request():
        return await answered(request, RESPONSES, here)


@routes.get(
    "/v1/responses/{response}",
    Operation(ResponseAnswer, scope="read", parameters=(RESPONSE,), problems=(404, 409)),
)
async def retrieve(request: Request) -> Response:
    """An answer that was kept."""
    return as_json(await response(service(request).sessions, RESPONSE.of(request)))


@routes.delete(
    "/v1/responses/{response}",
    Operation(DeletedAnswer, scope="erase", parameters=(RESPONSE,), problems=(404, 409)),
)
async def delete(request: Request) -> Response:
    """Erase the whole conversation that an answer is part of."""
    id = RESPONSE.of(request)
    await erase(service(request).sessions, id)
    return as_json(DeletedAnswer(id))


async def _respond(
    to: Service, asked: ResponseRequest, before: AgentConversation, local: LocalAnswer
) -> Response:
    """The response, which is kept before it is sent."""
    local, kept = local.checked(), asked.store is not False
    id = await begin(to.sessions, before, user_of(asked.user)) if kept else unkept()
    answer = response_answer(id, asked, local)
    if kept:
        sent = msgspec.to_builtins(answer)
        await keep(to.sessions, asked.items, sent, asked.previous_response_id)
    return named_events(response_events(answer)) if asked.stream else as_json(answer)


def _with_all(body: bytes, before: AgentConversation, asked: ResponseRequest) -> bytes:
    """The request with all of its conversation in it, for whoever does not have it."""
    members: dict[str, Any] = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    members |= {"input": [*before.items, *asked.items], "previous_response_id": None}
    return msgspec.json.encode(members)
