"""What the routes have in common: bodies in, answers out, and what each says of itself."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Literal, NamedTuple, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as StarletteRoute
from starlette.types import Receive, Send
from starlette.types import Scope as ASGIScope

from cueline.server.errors import RequestError
from cueline.server.keys import Scope
from cueline.server.middleware.headers import header
from cueline.server.service import Service
from cueline.server.upstream.apis import Api
from cueline.server.upstream.own_answer import Here

T = TypeVar("T")
Endpoint = Callable[[Request], Awaitable[Response]]
Decorator = Callable[[Endpoint], Endpoint]

JSON = "application/json"
EVENTS = "text/event-stream"
UPSTREAM = (502, 504)
"""Statuses of an upstream that does not answer as it should, beside 503."""


class Parameter(NamedTuple):
    """A part of the path, of the query, or a header."""

    name: str
    place: Literal["path", "query", "header"]
    pattern: str
    description: str
    words: str = ""
    """What the pattern says, where that is neither a number nor one of a few words."""

    @property
    def wanted(self) -> str:
        """What its value must be, for a person who sent another."""
        if named := re.fullmatch(r"\^\(([a-z|]+)\)\??\$", self.pattern):
            return "one of: " + ", ".join(named[1].split("|"))
        if digits := re.fullmatch(r"\^\[0-9\]\{\d,(\d)\}\$", self.pattern):
            return f"a number of at most {digits[1]} digits"
        return self.words

    def of(self, request: Request) -> str:
        """Its value, empty if it was not sent; refused if it does not fit."""
        if self.place == "header":
            value = header(request.scope, self.name.encode()).decode("latin-1")
        elif self.place == "path":
            value = request.path_params.get(self.name, "")
        else:
            value = request.query_params.get(self.name, "")
        if not re.fullmatch(self.pattern, value):
            raise RequestError(
                422, f"{self.place} {self.name}: {value[:100]!r} is not {self.wanted}"
            )
        return value


DIALOGUE = Parameter(
    "dialogue", "path", r"^[A-Za-z0-9_-]{16}$", "As opening it gave it.", "the id of a dialogue"
)


class Link(NamedTuple):
    """Where an answer leads: another call, and what of it the answer says already.

    Values are OpenAPI's runtime expressions, as `$response.body#/id`.
    """

    to: str
    """A method and a path, as `GET /v1/policies`."""
    parameters: Mapping[str, str] = {}
    body: Mapping[str, str] = {}


class Operation(NamedTuple):
    """What a route takes and gives, and who may: `/openapi.json` says so, `Route` holds to it."""

    gives: Any
    """The type of its answer; None for an answer without a body."""
    scope: Scope | None = None
    """What a caller's key must allow."""
    parameters: tuple[Parameter, ...] = ()
    takes: Any = None
    """The type of the body that is sent."""
    optional: bool = False
    """Whether that body may be left out."""
    status: int = 200
    problems: tuple[int, ...] = ()
    """Statuses of refusals, beside those that every route has."""
    media: tuple[str, ...] = (JSON,)
    """The media types of the answer."""
    links: tuple[Link, ...] = ()
    """What may be called next."""


class Route(StarletteRoute):
    """A path and a method, and the function that answers there."""

    def __init__(
        self, tag: str, method: str, path: str, endpoint: Endpoint, operation: Operation | None
    ) -> None:
        super().__init__(path, endpoint, methods=[method])
        self.tag, self.method, self.operation = tag, method, operation

    async def handle(self, scope: ASGIScope, receive: Receive, send: Send) -> None:
        """Answer with what the function returns."""
        head = scope["method"] == "HEAD" and self.method == "GET"
        if scope["method"] != self.method and not head:
            await super().handle(scope, receive, send)  # 405
            return
        needed = self.operation.scope if self.operation else None
        if needed is not None and needed not in scope["caller"].scopes:
            raise RequestError(403, f"this API key lacks the scope {needed!r}")
        response: Response = await self.endpoint(Request(scope, receive, send))
        if head:  # a body, maybe without end, is not even made
            response = Response(None, response.status_code, _without_length(response))
        await response(scope, receive, send)


class Routes(list[Route]):
    """The routes of a module, which stand under one `tag` in `/openapi.json`."""

    def __init__(self, tag: str) -> None:
        super().__init__()
        self._tag = tag

    def get(self, path: str, operation: Operation | None = None) -> Decorator:
        """Answer `GET` and `HEAD`. A route without `operation` stands in no schema."""
        return self._at("GET", path, operation)

    def post(self, path: str, operation: Operation) -> Decorator:
        """Answer `POST`."""
        return self._at("POST", path, operation)

    def put(self, path: str, operation: Operation) -> Decorator:
        """Answer `PUT`."""
        return self._at("PUT", path, operation)

    def delete(self, path: str, operation: Operation) -> Decorator:
        """Answer `DELETE`."""
        return self._at("DELETE", path, operation)

    def _at(self, method: str, path: str, operation: Operation | None) -> Decorator:
        def added(endpoint: Endpoint) -> Endpoint:
            self.append(Route(self._tag, method, path, endpoint, operation))
            return endpoint

        return added


def _without_length(response: Response) -> dict[str, str]:
    return {name: value for name, value in response.headers.items() if name != "content-length"}


def service(request: Request) -> Service:
    """The service that the request came to."""
    found: Service = request.app.state.service
    return found


async def answered(request: Request, api: Api, here: Here) -> Response:
    """What `here` answers, or the upstream that the service stands in front of."""
    cascade = service(request).cascade
    if cascade is None:
        return await (await here()).respond()
    return await cascade.answer(request, api, here)


def author_of(request: Request, named: str | None) -> str | None:
    """Who acts: the one whom the API key is for, else as they call themselves."""
    return request.scope["caller"].name or named


def body(request: Request, decoder: msgspec.json.Decoder[T]) -> T:
    """The body, or a refusal that says where it is wrong."""
    try:
        found = decoder.decode(request.scope["body"])
        _keys.decode(request.scope["body"].decode())
        return found
    except msgspec.ValidationError as error:
        raise RequestError(422, str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RequestError(400, f"the body is not JSON: {error}") from None
    except RecursionError:
        raise RequestError(400, "the body is nested too deeply") from None


def _each_once(pairs: list[tuple[str, Any]]) -> None:
    """Raise `RequestError` where a key stands twice: readers differ in which of them counts."""
    if len(dict(pairs)) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise RequestError(400, f"the key {twice!r} stands twice in one object; leave one out")


_keys = json.JSONDecoder(object_pairs_hook=_each_once, parse_int=str, parse_float=str)
"""Reads a body for its keys alone; msgspec takes the last of those that stand twice."""


def named_events(events: Iterable[Mapping[str, Any]]) -> Response:
    """Events as a stream, each under the name of its `type`."""
    parts = [
        b"event: %s\ndata: %s\n\n" % (event["type"].encode(), msgspec.json.encode(event))
        for event in events
    ]
    return Response(b"".join(parts), media_type=EVENTS)


def as_json(
    content: object, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """`content` as a response."""
    return Response(msgspec.json.encode(content), status, headers, media_type=JSON)
