"""Look through a corpus, or the live dialogues: right beside decided, and what mattered."""

from __future__ import annotations

import asyncio
from typing import cast, get_args

from starlette.requests import Request
from starlette.responses import Response

from cueline.server.domain.corpora import Source
from cueline.server.errors import NothingToShowError, RequestError
from cueline.server.routing import Link, Operation, Parameter, Routes, as_json, service
from cueline.web.corpus_view import KINDS, CorpusView
from cueline.web.dialogue_view import read
from cueline.web.flow import Way
from cueline.web.schemas.lists import CorpusAnswer, ReviewAnswer, RowsAnswer, TurnsAnswer
from cueline.web.schemas.reading import ReadAnswer
from cueline.web.turns_view import Order, TurnFilter
from cueline.web.turns_view import turns as turns_of

routes = Routes("page")

_LETTERS, _LINE = "at most 1000 characters", "one line of at most 200 characters"
SOURCE = Parameter("source", "path", r"^(corpus|live)$", "The corpus named at the start, or live.")
ID = Parameter("id", "query", r"^[\s\S]{0,1000}$", "A dialogue, by its id in the list.", _LETTERS)
KIND = Parameter(
    "kind", "query", rf"^({'|'.join(KINDS)})?$", "Only dialogues with a turn that is so."
)
TEXT = r"^[^\r\n]{0,200}$"
ACTION = Parameter(
    "action", "query", TEXT, "Only dialogues in which it is right or decided.", _LINE
)
FIND = Parameter("find", "query", TEXT, "Only dialogues in which this is said, or so named.", _LINE)
OFFSET = Parameter("offset", "query", r"^[0-9]{0,9}$", "How many to pass over.")
ORDER = Parameter(
    "order",
    "query",
    rf"^({'|'.join(get_args(Order))})?$",
    "As they stand; the last first; the least sure first; the surest that are contradicted; "
    "a sample.",
)
EXPECTED = Parameter("expected", "query", TEXT, "Right there and not decided, or (none).", _LINE)
DECIDED = Parameter("decided", "query", TEXT, "Decided there and not right, or (none).", _LINE)
_SHARE = r"^(0|1|0?\.[0-9]{1,9}|1\.0{1,9})?$"
_FROM_0 = "a share from 0 to 1, such as 0.95"
BELOW = Parameter("below", "query", _SHARE, "Only decisions less confident than that.", _FROM_0)
ABOVE = Parameter("above", "query", _SHARE, "Only those at least as confident.", _FROM_0)
OPEN = Parameter(
    "open", "query", r"^(true|false)?$", "Whether only turns that nobody has looked at."
)
LIKE = Parameter(
    "like",
    "query",
    r"^[\s\S]{0,1000}$",
    "A dialogue: the turns that are like its `turn`.",
    _LETTERS,
)
TURN = Parameter("turn", "query", r"^[0-9]{0,9}$", "That turn.")
WAY = Parameter(
    "way",
    "query",
    r"^(([0-9]{1,6}(\.[0-9]{1,6}){0,29})?/[0-9]{1,6}/(true)?/[0-9]{1,2}(/-?[0-9]{1,6}){1,2})?$",
    "Turns of the map: its path, support and anywhere, turns from the beginning of the path, and "
    "one set there, or two that follow one another.",
    "such as 3.0/1//2/-2: the others after the sets 3 and 0",
)
LIMIT = Parameter(
    "limit",
    "query",
    r"^([0-9]{1,2}|1[0-9]{2}|200)?$",
    "How many to give; 100 if not said.",
    "a number up to 200",
)


_OF_IT = {"source": "$request.path.source"}
_LEADS_TO = ("browse/{source}/dialogues", "judge/{source}", "changes/{source}", "map/{source}")
_FIRST = Link(
    "GET /v1/browse/{source}/dialogue",
    {**_OF_IT, "id": "$response.body#/rows/0/id"},
)


@routes.get(
    "/v1/browse/{source}",
    Operation(
        CorpusAnswer,
        scope="read",
        parameters=(SOURCE,),
        links=tuple(Link(f"GET /v1/{path}", _OF_IT) for path in _LEADS_TO),
    ),
)
async def corpus(request: Request) -> Response:
    """What there is to look at, if only nothing. Live dialogues are looked up anew."""
    try:
        return as_json((await view_of(request, afresh=True)).answer())
    except NothingToShowError:
        return as_json(
            CorpusAnswer(
                service(request).policies.current, 0, 0, {}, [], ReviewAnswer(0, 0, 0, 0, 0, 0, {})
            )
        )


@routes.get(
    "/v1/browse/{source}/dialogues",
    Operation(
        RowsAnswer,
        scope="read",
        parameters=(SOURCE, KIND, ACTION, FIND, OFFSET, LIMIT),
        problems=(404,),
        links=(_FIRST,),
    ),
)
async def rows(request: Request) -> Response:
    """Dialogues in the order of the corpus, or the newest first; some at a time."""
    found = await view_of(request)
    return as_json(
        found.rows(
            KIND.of(request),
            ACTION.of(request),
            FIND.of(request),
            int(OFFSET.of(request) or 0),
            int(LIMIT.of(request) or 100),
        )
    )


@routes.get(
    "/v1/browse/{source}/turns",
    Operation(
        TurnsAnswer,
        scope="read",
        parameters=(
            *(SOURCE, KIND, ACTION, FIND, ORDER, EXPECTED, DECIDED, BELOW, ABOVE),
            *(OPEN, LIKE, TURN, WAY, OFFSET, LIMIT),
        ),
        problems=(404,),
    ),
)
async def turns(request: Request) -> Response:
    """Turns that are so, in an order, some at a time: a queue to look through.

    `expected` and `decided` are those that a cell of the confusions counts.
    """
    like = LIKE.of(request)
    below, above = (bound.of(request) for bound in (BELOW, ABOVE))
    wanted = TurnFilter(
        kind=KIND.of(request),
        action=ACTION.of(request),
        find=FIND.of(request),
        expected=EXPECTED.of(request),
        decided=DECIDED.of(request),
        below=float(below) if below else None,
        above=float(above) if above else None,
        like=(like, int(TURN.of(request) or 0)) if like else None,
        way=_way(WAY.of(request)),
        open=OPEN.of(request) == "true",
    )
    order = cast(Order, ORDER.of(request) or "corpus")
    offset, limit = int(OFFSET.of(request) or 0), int(LIMIT.of(request) or 100)
    found = await view_of(request)
    return as_json(await asyncio.to_thread(turns_of, found, wanted, order, offset, limit))


def _way(text: str) -> Way | None:
    if not text:
        return None
    path, support, anywhere, step, *sets = text.split("/")
    followed = tuple(int(number) for number in path.split(".") if number)
    return Way(followed, int(support), anywhere == "true", int(step), tuple(map(int, sets)))


@routes.get(
    "/v1/browse/{source}/dialogue",
    Operation(ReadAnswer, scope="read", parameters=(SOURCE, ID), problems=(404,)),
)
async def dialogue(request: Request) -> Response:
    """A dialogue, turn by turn: what was right, what is decided, and which turns mattered."""
    view, id = await view_of(request), ID.of(request)
    if id not in view.places and SOURCE.of(request) == "live":
        view = await view_of(request, afresh=True)  # it may be a new one
    if id not in view.places:
        raise RequestError(404, f"no dialogue {id[:100]!r} is there to look at")
    return as_json(await asyncio.to_thread(read, view, view.places[id]))


async def view_of(request: Request, policy: str = "", afresh: bool = False) -> CorpusView:
    """The source that the path names, as `policy` or the current one decides it."""
    source = cast(Source, SOURCE.of(request))
    return await service(request).sources.view(source, policy, afresh)
