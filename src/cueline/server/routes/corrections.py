"""What people call right, wherever they see the error: say it, list it, take it back."""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from cueline.server.domain import corpus_copies
from cueline.server.domain.corrections import check_fits
from cueline.server.domain.inbox import inbox
from cueline.server.errors import RequestError
from cueline.server.events import Corrected, Withdrawn
from cueline.server.routes.dialogues import KEY, THERE
from cueline.server.routes.look import ID, SOURCE, view_of
from cueline.server.routes.look import TURN as OF_TURN
from cueline.server.routing import (
    DIALOGUE,
    Operation,
    Parameter,
    Routes,
    as_json,
    author_of,
    body,
    service,
)
from cueline.server.schemas import (
    CorrectedAnswer,
    CorrectionAnswer,
    CorrectionRequest,
    CorrectionsAnswer,
    CorrectionsRequest,
)
from cueline.server.service import Service

routes = Routes("corrections")

_NUMBER = "The number of the turn, from 0."
TURN = Parameter("turn", "path", r"^[0-9]{1,9}$", _NUMBER)

_one: msgspec.json.Decoder[CorrectionRequest] = msgspec.json.Decoder(CorrectionRequest)
_many: msgspec.json.Decoder[CorrectionsRequest] = msgspec.json.Decoder(CorrectionsRequest)


@routes.post(
    "/v1/dialogues/{dialogue}/turns/{turn}/correction",
    Operation(
        CorrectionAnswer,
        scope="act",
        parameters=(DIALOGUE, TURN, KEY),
        takes=CorrectionRequest,
        problems=(404, 409),
        links=THERE,
    ),
)
async def correct(request: Request) -> Response:
    """Say what would have been right at a turn. The decision stays as it was.

    With an Idempotency-Key, a retry says nothing twice.
    """
    to, asked = service(request), body(request, _one)
    wanted = _wanted(request, asked, int(TURN.of(request)), KEY.of(request) or None)
    await correct_turn(to, DIALOGUE.of(request), wanted)
    known = to.policy.actions
    unknown = tuple(name for name in asked.actions if name not in known)
    return as_json(CorrectionAnswer(wanted.turn, wanted.actions, unknown))


@routes.delete(
    "/v1/dialogues/{dialogue}/turns/{turn}/correction",
    Operation(None, scope="act", parameters=(DIALOGUE, TURN, KEY), status=204, problems=(404, 409)),
)
async def withdraw(request: Request) -> Response:
    """Take back what was said to be right at a turn, by anyone."""
    to, dialogue = service(request), DIALOGUE.of(request)
    await to.sessions.withdraw(dialogue, _gone(request, int(TURN.of(request))))
    await to.sources.note(dialogue)
    return Response(status_code=204)


@routes.post(
    "/v1/browse/{source}/corrections",
    Operation(
        CorrectedAnswer,
        scope="act",
        parameters=(SOURCE, KEY),
        takes=CorrectionsRequest,
        problems=(404, 409),
    ),
)
async def correct_many(request: Request) -> Response:
    """Say what would have been right at turns that are looked at, live or in the corpus.

    They are corrected one after the other; where one is refused, those before it stay. With an
    Idempotency-Key, a retry says nothing twice.
    """
    to, key, source = service(request), KEY.of(request), SOURCE.of(request)
    asked = body(request, _many)
    if len(asked.corrections) > to.limits.batch:
        raise RequestError(413, f"more than {to.limits.batch} corrections at once")
    for number, one in enumerate(asked.corrections):
        own = msgspec.structs.replace(one, author=one.author or asked.author)
        wanted = _wanted(request, own, one.turn, f"{key} {number}" if key else None)
        await correct_turn(to, await _stored(request, source, one.dialogue, one.turn), wanted)
    return as_json(CorrectedAnswer(len(asked.corrections)))


@routes.delete(
    "/v1/browse/{source}/corrections",
    Operation(
        None,
        scope="act",
        parameters=(SOURCE, ID, OF_TURN, KEY),
        status=204,
        problems=(404, 409),
    ),
)
async def withdraw_one(request: Request) -> Response:
    """Take back what was said to be right at a turn that is looked at."""
    to, turn = service(request), int(OF_TURN.of(request) or 0)
    dialogue = await _stored(request, SOURCE.of(request), ID.of(request), turn)
    await to.sessions.withdraw(dialogue, _gone(request, turn))
    await to.sources.note(dialogue)
    return Response(status_code=204)


@routes.get("/v1/corrections", Operation(CorrectionsAnswer, scope="read"))
async def corrections(request: Request) -> Response:
    """All that people called right and did not take back, the latest first."""
    to = service(request)
    learned = None if to.teaching is None else to.teaching.learned_until()
    return as_json(CorrectionsAnswer(learned, await inbox(to.sessions.store)))


def _wanted(request: Request, asked: CorrectionRequest, turn: int, key: str | None) -> Corrected:
    service(request).limits.check_names(asked.actions, "$.actions")
    author = author_of(request, asked.author)
    return Corrected(0.0, turn, asked.actions, author, key, asked.spans, asked.arguments)


def _gone(request: Request, turn: int) -> Withdrawn:
    return Withdrawn(0.0, turn, author_of(request, None), KEY.of(request) or None)


async def correct_turn(to: Service, dialogue: str, wanted: Corrected) -> None:
    """Keep what someone says would have been right."""
    if wanted.spans or wanted.arguments:
        check_fits(await to.sessions.events(dialogue), wanted)
    await to.sessions.correct(dialogue, wanted)
    to.metrics.corrections.inc()
    await to.sources.note(dialogue)


async def _stored(request: Request, source: str, id: str, turn: int) -> str:
    """The dialogue of the store in which a turn that is looked at can be corrected."""
    to = service(request)
    if source == "live":
        return id
    view = await view_of(request)
    if id not in view.places or turn >= len(view.scored.dialogues[view.places[id]].turns):
        raise RequestError(404, f"no turn {turn} of a dialogue {id[:100]!r} is in the corpus")
    dialogue = view.scored.dialogues[view.places[id]]
    return await corpus_copies.copied(to.sessions, id, dialogue, turn)
