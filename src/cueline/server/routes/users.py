"""All of one user's dialogues: exported as a corpus, or erased."""

from __future__ import annotations

from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from cueline.corpus.formats import jsonl
from cueline.server.domain.dialogue_view import as_corpus
from cueline.server.domain.sessions import Sessions
from cueline.server.errors import DialogueNotFoundError
from cueline.server.routing import Operation, Parameter, Routes, as_json, service
from cueline.server.schemas import USER, EraseAnswer

routes = Routes("users")

LINES = "application/x-ndjson"
CORRECTED = Parameter(
    "corrected", "query", r"^(true|false)?$", "Whether only dialogues with a correction."
)
WHOSE = Parameter(
    "user", "path", USER, "As given when their dialogues were opened.", "the name of a user"
)


@routes.get(
    "/v1/users/{user}/dialogues",
    Operation(str, scope="read", parameters=(WHOSE,), media=(LINES,)),
)
async def export(request: Request) -> Response:
    """A user's dialogues as JSON lines, the format that `cueline train` takes."""
    lines = _lines(service(request).sessions, WHOSE.of(request))
    return StreamingResponse(lines, media_type=LINES)


@routes.get("/v1/dialogues", Operation(str, media=(LINES,), scope="read", parameters=(CORRECTED,)))
async def export_all(request: Request) -> Response:
    """All dialogues as JSON lines, the corrected turns corrected: a corpus to train on.

    With `corrected`, only those with a correction.
    """
    corrected = CORRECTED.of(request) == "true"
    lines = _lines(service(request).sessions, None, corrected)
    return StreamingResponse(lines, media_type=LINES)


@routes.delete("/v1/users/{user}", Operation(EraseAnswer, scope="erase", parameters=(WHOSE,)))
async def erase_user(request: Request) -> Response:
    """Erase all dialogues of a user."""
    sessions, user, erased = service(request).sessions, WHOSE.of(request), 0
    while page := await sessions.store.page(user=user):
        for dialogue in page:
            try:
                await sessions.erase(dialogue)
                erased += 1
            except DialogueNotFoundError:
                continue
    return as_json(EraseAnswer(erased))


async def _lines(
    sessions: Sessions, user: str | None, corrected: bool = False
) -> AsyncIterator[bytes]:
    async for dialogue in as_corpus(sessions.store, user, corrected):
        yield jsonl.encode(dialogue) + b"\n"
