"""All of one user's dialogues: exported as a corpus, or erased."""

from __future__ import annotations

from collections.abc import AsyncIterator

from fastapi import APIRouter, Request
from starlette.responses import Response, StreamingResponse

from cueline.corpus.formats import jsonl
from cueline.server.domain.dialogue_view import as_corpus
from cueline.server.domain.sessions import Sessions
from cueline.server.errors import DialogueNotFoundError
from cueline.server.routing import Parameter, Route, as_json, describes, service
from cueline.server.schemas import USER, EraseAnswer

router = APIRouter(tags=["users"], route_class=Route)

WHOSE = Parameter("user", "path", USER, "As given when their dialogues were opened.")


@router.get(
    "/v1/users/{user}/dialogues",
    **describes(str, scope="read", parameters=(WHOSE,), media="application/x-ndjson"),
)
async def export(request: Request) -> Response:
    """A user's dialogues as JSON lines, the format that `cueline train` takes."""
    lines = _lines(service(request).sessions, WHOSE.of(request))
    return StreamingResponse(lines, media_type="application/x-ndjson")


@router.get("/v1/dialogues", **describes(str, media="application/x-ndjson", scope="read"))
async def export_all(request: Request) -> Response:
    """All dialogues as JSON lines, the corrected turns corrected: a corpus to train on."""
    lines = _lines(service(request).sessions, None)
    return StreamingResponse(lines, media_type="application/x-ndjson")


@router.delete("/v1/users/{user}", **describes(EraseAnswer, scope="erase", parameters=(WHOSE,)))
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


async def _lines(sessions: Sessions, user: str | None) -> AsyncIterator[bytes]:
    async for dialogue in as_corpus(sessions.store, user):
        yield jsonl.encode(dialogue) + b"\n"
