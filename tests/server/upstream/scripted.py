"""An upstream that does as it is told, over real HTTP, in a thread of this process."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from tests.server.servers import free_port

PATHS = ("chat/completions", "responses", "messages")
"""What is asked here; only of chat completions can more than a `Response` be scripted."""
Script = Callable[[dict[str, Any]], Any]
"""From a request to what is answered: calls, as `{"book": {...}}`, words, or a `Response`."""


@dataclass
class Got:
    """A request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def content(self) -> Any:
        return json.loads(self.body)


@dataclass
class Scripted:
    """A server whose `script` may be changed at any time."""

    script: Script = lambda _: "I would say this."
    port: int = field(default_factory=free_port)
    got: list[Got] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    """Paths of the streams whose callers hung up before the end."""
    delay: float = 0.0
    """Seconds before an answer, and between the chunks of a stream."""
    chunk_delay: float = 0.0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def __enter__(self) -> Scripted:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        routes = [
            *(Route(f"/v1/{path}", self._chat, methods=["POST"]) for path in PATHS),
            Route("/v1/models", self._models),
        ]
        config = uvicorn.Config(
            Starlette(routes=routes),
            "127.0.0.1",
            self.port,
            log_config=None,
            ws="none",
            lifespan="off",
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        while not self._server.started:
            threading.Event().wait(0.01)

    def stop(self) -> None:
        self._server.should_exit = self._server.force_exit = True
        self._thread.join(20)

    async def _models(self, request: Request) -> Response:
        return JSONResponse({"object": "list", "data": [{"id": "big", "object": "model"}]})

    async def _chat(self, request: Request) -> Response:
        got = Got(request.url.path, dict(request.headers), await request.body())
        self.got.append(got)
        await asyncio.sleep(self.delay)
        try:
            content = got.content
        except (ValueError, RecursionError):
            return JSONResponse({"error": {"message": "not JSON"}}, 400)
        does = self.script(content)
        if isinstance(does, Response):
            return does
        if content.get("stream"):
            return StreamingResponse(self._chunks(does), media_type="text/event-stream")
        return JSONResponse(
            completion(does), headers={"x-request-id": "req_1", "set-cookie": "a=b"}
        )

    async def _chunks(self, does: Any) -> AsyncIterator[bytes]:
        ended = False
        try:
            for chunk in chunks(does):
                yield b"data: " + json.dumps(chunk).encode() + b"\n\n"
                await asyncio.sleep(self.chunk_delay)
            yield b"data: [DONE]\n\n"
            ended = True
        finally:
            if not ended:
                self.gone.append("stream")


def completion(does: Any) -> dict[str, Any]:
    """A chat completion that calls tools, or says something."""
    message: dict[str, Any] = {"role": "assistant", "content": None, "refusal": None}
    if isinstance(does, str):
        message["content"] = does
    else:
        message["tool_calls"] = [
            {
                "id": f"call_{number}",
                "type": "function",
                "function": {"name": name, "arguments": json.dumps(arguments)},
            }
            for number, (name, arguments) in enumerate(does.items())
        ]
    reason = "stop" if isinstance(does, str) else "tool_calls"
    choice = {"index": 0, "message": message, "finish_reason": reason, "logprobs": None}
    return {
        "id": "chatcmpl-up",
        "object": "chat.completion",
        "created": 1,
        "model": "big-2026",
        "choices": [choice],
        "usage": {"prompt_tokens": 9, "completion_tokens": 9, "total_tokens": 18},
        "x_unknown": {"kept": True},
    }


def chunks(does: Any) -> list[dict[str, Any]]:
    """The same as the parts of a stream, arguments in several."""
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": None}]
    if isinstance(does, str):
        deltas += [{"content": word} for word in re.findall(r"\S+\s*", does)]
    else:
        for index, (name, arguments) in enumerate(does.items()):
            function = {"name": name, "arguments": ""}
            deltas.append(
                {"tool_calls": [{"index": index, "id": f"call_{index}", "function": function}]}
            )
            for part in json.dumps(arguments):
                deltas.append({"tool_calls": [{"index": index, "function": {"arguments": part}}]})
    reason = "stop" if isinstance(does, str) else "tool_calls"
    choices = [{"index": 0, "delta": delta, "finish_reason": None} for delta in deltas]
    choices.append({"index": 0, "delta": {}, "finish_reason": reason})
    head = {"id": "chatcmpl-up", "object": "chat.completion.chunk", "created": 1, "model": "big"}
    return [head | {"choices": [choice]} for choice in choices]
