"""Errors as callers see them: `application/problem+json` (RFC 9457), one line, nothing inside."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from cueline.errors import CuelineError
from cueline.server.errors import RequestError
from cueline.server.schemas import ProblemAnswer

log = logging.getLogger("cueline.server")

UNSAID = "something is wrong here; the server's log says what"
_MESSAGES = "/v1/messages"
_ANTHROPIC = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    502: "api_error",
    503: "overloaded_error",
    504: "timeout_error",
}
"""What Anthropic calls a kind of error, by its status; all others are wrong requests."""
UNAVAILABLE = "the store cannot be used right now; try again, with the same key"


def problem(error: BaseException) -> ProblemAnswer:
    """`error` as a caller sees it. What is not Cueline's own to say stays in the log."""
    if isinstance(error, RequestError) or (isinstance(error, CuelineError) and error.status < 500):
        return _problem(error, str(error))
    if isinstance(error, CuelineError) and error.status == 503:
        log.error("%s", error)
        return _problem(error, UNAVAILABLE)
    log.error("%s: %s", type(error).__name__, error, exc_info=error)
    return _problem(CuelineError(), UNSAID)


def answer(
    problem: ProblemAnswer,
    headers: Mapping[str, str] | None = None,
    path: str = "",
    details: Mapping[str, Any] | None = None,
) -> Response:
    """`problem` as the response of `path`; clients of OpenAI and Anthropic read the `error`."""
    content: dict[str, Any] = msgspec.to_builtins(problem)
    said = {"message": problem.detail, "type": problem.type, "code": problem.status}
    if path.startswith(_MESSAGES):
        kind = _ANTHROPIC.get(problem.status, "invalid_request_error")
        content["type"] = "error"
        said = {"message": problem.detail, "type": kind, "details": details}
    content["error"] = said
    sent = dict(headers or {})
    if problem.status == 503:
        sent.setdefault("Retry-After", "1")
    return Response(
        msgspec.json.encode(content), problem.status, sent, media_type="application/problem+json"
    )


async def on_error(request: Request, error: Exception) -> Response:
    """The handler of Cueline's own errors, and of all that nobody foresaw."""
    headers, details = (getattr(error, name, None) for name in ("headers", "details"))
    return answer(problem(error), headers, request.scope["path"], details)


def _problem(error: CuelineError, detail: str) -> ProblemAnswer:
    kind = "urn:cueline:problem:" + error.title.lower().replace(" ", "-")
    next_turn = getattr(error, "next_turn", None)
    return ProblemAnswer(kind, error.title, error.status, detail, next_turn)
