"""`POST /v1/chat/completions`."""

from __future__ import annotations

from functools import partial

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from cueline.server.domain.chat_completions import ChatAnswer, ChatRequest, chunk
from cueline.server.errors import LimitExceededError
from cueline.server.routing import EVENTS, JSON, Operation, Routes, answered, as_json, body, service
from cueline.server.upstream.apis import CHAT
from cueline.server.upstream.own_answer import OwnAnswer

routes = Routes("chat")

_chat: msgspec.json.Decoder[ChatRequest] = msgspec.json.Decoder(ChatRequest)


@routes.post(
    "/v1/chat/completions",
    Operation(ChatAnswer, scope="act", takes=ChatRequest, media=(JSON, EVENTS)),
)
async def completions(request: Request) -> Response:
    """What the policy would do next, as OpenAI's clients understand it.

    `finish_reason` is `tool_calls`, or `stop` to answer in words (`content` is then empty). Where
    the policy abstains it is `stop` too, with `content` null and `refusal` saying so: ask a model.
    """
    to = service(request)

    async def here() -> OwnAnswer:
        asked = body(request, _chat)
        if len(asked.messages) > 4 * to.limits.turns:
            raise LimitExceededError(f"$.messages: more than {4 * to.limits.turns}")
        answer = await to.complete(to.policies[to.policies.current], asked)
        return OwnAnswer(
            partial(_response, asked, answer),
            answer.cueline,
            answer.model,
            answer.calls,
            asked.turns,
        )

    return await answered(request, CHAT, here)


def _response(asked: ChatRequest, answer: ChatAnswer) -> Response:
    if asked.stream:
        data = b"data: " + msgspec.json.encode(chunk(answer)) + b"\n\ndata: [DONE]\n\n"
        return Response(data, media_type=EVENTS)
    return as_json(answer)
