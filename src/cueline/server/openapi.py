"""`/openapi.json`: what the routes say of themselves, with the types they speak of."""

from __future__ import annotations

import inspect
import re
from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from types import ModuleType
from typing import Any

import msgspec

import cueline
from cueline.server import schemas as wire
from cueline.server.domain import risk_watch
from cueline.server.protocols import agent, chat_completions, messages, responses
from cueline.server.routing import EVENTS, JSON, Link, Operation, Parameter, Route
from cueline.server.schemas import ProblemAnswer
from cueline.server.service import Service
from cueline.server.upstream import models, standing
from cueline.web.schemas import judging, lists, reading, shapes

_PROBLEMS = {
    400: "Not JSON",
    401: "No valid API key",
    403: "The key lacks the scope",
    404: "Not there",
    408: "Not sent in time",
    409: "Conflict",
    413: "Too much",
    415: "Not sent as JSON",
    421: "Not for this host",
    422: "Not as it should be",
    429: "Too many requests",
    502: "The upstream answers as it should not",
    503: "The store, or the upstream, cannot be used right now",
    504: "The upstream does not answer",
}
_ALWAYS = (401, 403, 408, 413, 415, 421, 422, 429, 503)
_REFERENCE = "#/components/schemas/{name}"


def document(routes: Iterable[Route], service: Service) -> dict[str, Any]:
    """The OpenAPI document of the whole service."""
    paths: defaultdict[str, dict[str, Any]] = defaultdict(dict)
    described = {f"{route.method} {route.path}": route for route in routes if route.operation}
    for route in described.values():
        assert route.operation is not None
        found = paths[route.path][route.method.lower()] = _operation(route, route.operation)
        if route.operation.links:
            links = (_link(link, described[link.to]) for link in route.operation.links)
            found["responses"][str(route.operation.status)]["links"] = dict(links)
    whole: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": "Cueline", "version": cueline.__version__},
        "paths": paths,
        "components": {"schemas": _schemas(service)},
    }
    if service.keys is not None:
        whole["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
        whole["security"] = [{"key": []}]
    return whole


def _operation(route: Route, operation: Operation) -> dict[str, Any]:
    found: dict[str, Any] = {
        "tags": [route.tag],
        "summary": _name(route),
        "description": inspect.getdoc(route.endpoint),
        "operationId": _id(route),
        "responses": _responses(operation),
    }
    if operation.scope is not None:
        found["x-scope"] = operation.scope
    if operation.parameters:
        found["parameters"] = [_parameter(each) for each in operation.parameters]
    if operation.takes is not None:
        content = {JSON: {"schema": _schema(operation.takes)}}
        found["requestBody"] = {"required": not operation.optional, "content": content}
    return found


def _name(route: Route) -> str:
    name: str = route.endpoint.__name__
    return name.replace("_", " ").title()


def _id(route: Route) -> str:
    name: str = route.endpoint.__name__
    return re.sub(r"\W", "_", name + route.path) + "_" + route.method.lower()


def _link(link: Link, to: Route) -> tuple[str, dict[str, Any]]:
    found: dict[str, Any] = {"operationId": _id(to)}
    if link.parameters:
        found["parameters"] = link.parameters
    if link.body:
        found["requestBody"] = link.body
    return _name(to).replace(" ", ""), found


def _responses(operation: Operation) -> dict[str, Any]:
    done: dict[str, Any] = {"description": "Done"}
    if operation.gives is not None:
        done["content"] = {
            media: {"schema": {} if media == EVENTS else _schema(operation.gives)}
            for media in operation.media
        }
    problem = {"application/problem+json": {"schema": _schema(ProblemAnswer)}}
    codes = {*_ALWAYS, *operation.problems, *((400,) if operation.takes else ())}
    refused = {
        str(code): {"description": _PROBLEMS[code], "content": problem} for code in sorted(codes)
    }
    return {str(operation.status): done, **refused}


def _parameter(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "in": parameter.place,
        "required": parameter.place == "path",
        "description": parameter.description,
        "schema": {"type": "string", "pattern": parameter.pattern},
    }


def _schemas(service: Service) -> dict[str, Any]:
    agents = (agent, chat_completions, responses, messages)
    answers = (lists, reading, judging, shapes)
    modules = (wire, *agents, risk_watch, standing, models, *answers)
    types = [struct for module in modules for struct in _structs(module)]
    _, schemas = msgspec.json.schema_components(types, ref_template=_REFERENCE)
    # In a batch, what is too long is a problem of its turn, not of the request.
    for name in ("user", "system"):
        schemas["StepRequest"]["properties"][name]["anyOf"][0]["maxLength"] = service.limits.text
    return schemas


@cache
def _schema(type: Any) -> dict[str, Any]:
    """The schema of `type`, with its parts by reference."""
    (found,), _ = msgspec.json.schema_components([type], ref_template=_REFERENCE)
    return found


def _structs(module: ModuleType) -> list[Any]:
    return [
        each
        for each in vars(module).values()
        if isinstance(each, type)
        and issubclass(each, msgspec.Struct)
        and each.__module__ == module.__name__
    ]
