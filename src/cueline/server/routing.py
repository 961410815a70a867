"""What the routes have in common: bodies in, answers out, and how `/openapi.json` tells of them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, TypeVar

import msgspec
from fastapi import Request
from fastapi.routing import APIRoute
from starlette.responses import Response
from starlette.types import Receive, Send
from starlette.types import Scope as ASGIScope

from cueline.server.errors import RequestError
from cueline.server.keys import Scope
from cueline.server.schemas import ProblemAnswer
from cueline.server.service import Service

T = TypeVar("T")


class Parameter(NamedTuple):
    """A part of the path, of the query, or a header."""

    name: str
    place: Literal["path", "query", "header"]
    pattern: str
    description: str

    def of(self, request: Request) -> str:
        """Its value, empty if it was not sent; refused if it does not fit."""
        places = {"path": request.path_params, "query": request.query_params}
        value: str = places.get(self.place, request.headers).get(self.name, "")
        if not re.fullmatch(self.pattern, value):
            raise RequestError(422, f"{self.place} {self.name}: does not match {self.pattern}")
        return value

    def schema(self) -> dict[str, Any]:
        """As `/openapi.json` has it."""
        return {
            "name": self.name,
            "in": self.place,
            "required": self.place == "path",
            "description": self.description,
            "schema": {"type": "string", "pattern": self.pattern},
        }


DIALOGUE = Parameter("dialogue", "path", r"^[A-Za-z0-9_-]{16}$", "As opening it gave it.")


class Route(APIRoute):
    """A route whose function takes the request as it is and parses what it needs of it.

    FastAPI writes the schema; its parsing, twice as long as a decision takes, is left out. The
    scope that a caller's key needs stands in the schema, and is looked at here.
    """

    async def handle(self, scope: ASGIScope, receive: Receive, send: Send) -> None:
        """Answer with what the function returns."""
        methods = self.methods or set()
        head = scope["method"] == "HEAD" and "GET" in methods
        if scope["method"] not in methods and not head:
            await super().handle(scope, receive, send)  # 405
            return
        needed = (self.openapi_extra or {}).get("x-scope")
        if needed is not None and needed not in scope["caller"].scopes:
            raise RequestError(403, f"this API key lacks the scope {needed!r}")
        response = await self.endpoint(Request(scope, receive, send))
        if head:  # a body, maybe without end, is not even made
            response = Response(None, response.status_code, _without_length(response))
        await response(scope, receive, send)


def _without_length(response: Response) -> dict[str, str]:
    return {name: value for name, value in response.headers.items() if name != "content-length"}


_NAMES = {
    400: "Not JSON",
    401: "No valid API key",
    403: "The key lacks the scope",
    404: "Not there",
    409: "Conflict",
    413: "Too much",
    408: "Not sent in time",
    415: "Not sent as JSON",
    421: "Not for this host",
    422: "Not as it should be",
    429: "Too many requests",
    503: "The store cannot be used right now",
}
ALWAYS = (401, 403, 408, 413, 415, 421, 422, 429, 503)


def service(request: Request) -> Service:
    """The service that the request came to."""
    found: Service = request.app.state.service
    return found


def body(request: Request, decoder: msgspec.json.Decoder[T]) -> T:
    """The body, or a refusal that says where it is wrong."""
    try:
        found = decoder.decode(request.scope["body"])
        json.loads(
            request.scope["body"], object_pairs_hook=_each_once, parse_int=str, parse_float=str
        )
        return found
    except msgspec.ValidationError as error:
        raise RequestError(422, str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RequestError(400, f"the body is not JSON: {error}") from None
    except RecursionError:
        raise RequestError(400, "the body is nested too deeply") from None


def _each_once(pairs: list[tuple[str, Any]]) -> None:
    """Raise `RequestError` where a key stands twice: readers differ in which of them counts."""
    if len({name for name, _ in pairs}) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise RequestError(400, f"the key {twice!r} stands twice in one object; leave one out")


def as_json(
    content: object, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """`content` as a response."""
    return Response(msgspec.json.encode(content), status, headers, media_type="application/json")


def describes(
    gives: Any,
    *,
    scope: Scope | None = None,
    parameters: tuple[Parameter, ...] = (),
    takes: Any = None,
    status: int = 200,
    problems: tuple[int, ...] = (),
    optional: bool = False,
    media: str = "application/json",
) -> dict[str, Any]:
    """Arguments for a route: who may, what it takes and gives, as the schema tells it."""
    done = {} if gives is None else {"content": {media: {"schema": schema(gives)}}}
    answers: dict[int | str, dict[str, Any]] = {status: {"description": "Done", **done}}
    problem = {"application/problem+json": {"schema": schema(ProblemAnswer)}}
    for code in sorted({*ALWAYS, *problems, *((400,) if takes else ())}):
        answers[code] = {"description": _NAMES[code], "content": problem}
    extra: dict[str, Any] = {} if scope is None else {"x-scope": scope}
    if parameters:
        extra["parameters"] = [parameter.schema() for parameter in parameters]
    if takes is not None:
        content = {"application/json": {"schema": schema(takes)}}
        extra["requestBody"] = {"required": not optional, "content": content}
    return {
        "status_code": status,
        "response_class": Response,
        "response_model": None,
        "responses": answers,
        "openapi_extra": extra,
    }


def schema(type: Any) -> dict[str, Any]:
    """The JSON schema of `type`, with its parts by reference."""
    schemas, _ = msgspec.json.schema_components([type], ref_template="#/components/schemas/{name}")
    found: dict[str, Any] = schemas[0]
    return found
