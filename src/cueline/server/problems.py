"""Errors as callers see them: `application/problem+json` (RFC 9457), one line, nothing inside."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from cueline.errors import CuelineError
from cueline.server.errors import (
    CapacityError,
    DialogueNotFoundError,
    IdempotencyKeyReusedError,
    LimitExceededError,
    NothingToShowError,
    PolicyRefusedError,
    StoreUnavailableError,
    TurnConflictError,
    TurnNotFoundError,
)
from cueline.server.schemas import ProblemAnswer

log = logging.getLogger("cueline.server")

STATUS: dict[type[CuelineError], tuple[int, str]] = {
    DialogueNotFoundError: (404, "No such dialogue"),
    TurnNotFoundError: (404, "No such turn"),
    NothingToShowError: (404, "Nothing there"),
    TurnConflictError: (409, "Turn out of order"),
    CapacityError: (409, "Full"),
    PolicyRefusedError: (409, "Policy not allowed"),
    LimitExceededError: (422, "Too much"),
    IdempotencyKeyReusedError: (422, "Idempotency-Key reused"),
    StoreUnavailableError: (503, "Store unavailable"),
}
UNSAID = "something is wrong here; the server's log says what"


class RequestError(CuelineError):
    """A request that is refused as such, with the status that says so."""

    def __init__(self, status: int, detail: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status, self.headers = status, headers or {}


def problem(error: BaseException) -> ProblemAnswer:
    """What a caller is told of `error`. What is not Cueline's own to tell stays in the log."""
    if isinstance(error, RequestError):
        return _problem(error.status, HTTPStatus(error.status).phrase, str(error))
    for kind, (status, title) in STATUS.items():
        if isinstance(error, kind):
            detail = str(error)
            if status == 503:
                log.error("%s", error)
                detail = "the store cannot be used right now; try again, with the same key"
            return _problem(status, title, detail, getattr(error, "next_turn", None))
    log.error("%s: %s", type(error).__name__, error, exc_info=error)
    return _problem(500, "Internal error", UNSAID)


def answer(problem: ProblemAnswer, headers: dict[str, str] | None = None) -> Response:
    """`problem` as a response. OpenAI's clients read the `error` beside it."""
    content: dict[str, Any] = msgspec.to_builtins(problem)
    content["error"] = {"message": problem.detail, "type": problem.type, "code": problem.status}
    headers = dict(headers or {})
    if problem.status == 503:
        headers.setdefault("Retry-After", "1")
    return Response(
        msgspec.json.encode(content),
        problem.status,
        headers,
        media_type="application/problem+json",
    )


async def on_error(_: Request, error: Exception) -> Response:
    """The handler of Cueline's own errors, and of all that nobody foresaw."""
    return answer(problem(error), getattr(error, "headers", None))


def _problem(status: int, title: str, detail: str, next_turn: int | None = None) -> ProblemAnswer:
    kind = "urn:cueline:problem:" + title.lower().replace(" ", "-")
    return ProblemAnswer(kind, title, status, detail, next_turn)
