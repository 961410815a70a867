"""Requests to an application, each answer held against the schema that the application gives."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from typing import Any, NamedTuple

import jsonschema_rs
from starlette.types import ASGIApp, Message


class Answer(NamedTuple):
    status: int
    content_type: str
    content: bytes

    @property
    def text(self) -> str:
        return self.content.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.content)

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.content.splitlines()]


async def ask(
    app: ASGIApp,
    method: str,
    path: str,
    content: Any = None,
    headers: dict[str, str] | None = None,
    until: Callable[[bytes], bool] = lambda _: False,
) -> Answer:
    """The answer, as far as it has come once `until` it is enough; then the caller hangs up."""
    body = b"" if content is None else json.dumps(content).encode()
    sent = {"host": "127.0.0.1", "content-type": "application/json", **(headers or {})}
    where, _, query = path.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": where,
        "raw_path": where.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode()) for name, value in sent.items()],
        "client": ("127.0.0.1", 50_000),
        "server": ("127.0.0.1", 8000),
    }
    requests = [{"type": "http.request", "body": body, "more_body": False}]
    hung_up = asyncio.Event()
    started: Message = {}
    received = bytearray()

    async def receive() -> Message:
        if requests:
            return requests.pop()
        await hung_up.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            started.update(message)
        else:
            received.extend(message.get("body", b""))
            if until(bytes(received)):
                hung_up.set()

    await app(scope, receive, send)
    kinds = [value for name, value in started["headers"] if name == b"content-type"]
    return Answer(started["status"], kinds[0].decode() if kinds else "", bytes(received))


class Schema:
    """What `/openapi.json` allows as answers."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._parts = {"components": document["components"]}
        self._validators: dict[str, Any] = {}
        self._operations = [
            (re.compile(re.sub(r"\{\w+\}", "[^/]+", path)), operations)
            for path, operations in document["paths"].items()
        ]
        # What stands in the path itself comes before what may be anything.
        self._operations.sort(key=lambda each: each[0].pattern.count("[^/]+"))

    def check(self, method: str, path: str, answer: Answer) -> None:
        where = path.partition("?")[0]
        operation = next(
            found[method.lower()]
            for pattern, found in self._operations
            if pattern.fullmatch(where) and method.lower() in found
        )
        told = f"{method} {path}: {answer.status} {answer.content_type} {answer.content[:500]!r}"
        assert answer.status < 500, told
        allowed = operation["responses"].get(str(answer.status))
        assert allowed is not None, f"not in the schema: {told}"
        contents = allowed.get("content", {})
        media = answer.content_type.partition(";")[0]
        assert media in contents if contents else not answer.content, f"not in the schema: {told}"
        if media.endswith(("/json", "+json")):
            wrong = next(self._validator(contents[media]["schema"]).iter_errors(answer.json), None)
            assert wrong is None, f"not as in the schema, {wrong}: {told}"

    def _validator(self, schema: dict[str, Any]) -> Any:
        key = json.dumps(schema)
        if key not in self._validators:
            self._validators[key] = jsonschema_rs.validator_for({**schema, **self._parts})
        return self._validators[key]
