"""Look through a corpus, or the live dialogues: right beside decided, and what mattered."""

from __future__ import annotations

import asyncio
from typing import cast

from starlette.requests import Request
from starlette.responses import Response

from cueline.server.domain.corpora import Source
from cueline.server.errors import NothingToShowError, RequestError
from cueline.server.routing import Link, Operation, Parameter, Routes, as_json, service
from cueline.web.corpus_view import KINDS, CorpusView
from cueline.web.dialogue_view import read
from cueline.web.schemas import CorpusAnswer, ReadAnswer, RowsAnswer

routes = Routes("page")

SOURCE = Parameter("source", "path", r"^(corpus|live)$", "The corpus named at the start, or live.")
NUMBER = Parameter("number", "path", r"^[0-9]{1,9}$", "A dialogue's place, from 0.")
KIND = Parameter(
    "kind", "query", rf"^({'|'.join(KINDS)})?$", "Only dialogues with a turn that is so."
)
TEXT = r"^[^\r\n]{0,200}$"
ACTION = Parameter("action", "query", TEXT, "Only dialogues in which it is right or decided.")
FIND = Parameter("find", "query", TEXT, "Only dialogues in which this is said, or so named.")
OFFSET = Parameter("offset", "query", r"^[0-9]{0,9}$", "How many to pass over.")
LIMIT = Parameter(
    "limit", "query", r"^([0-9]{1,2}|1[0-9]{2}|200)?$", "How many to give; 100 if not said."
)


_OF_IT = {"source": "$request.path.source"}
_LEADS_TO = ("browse/{source}/dialogues", "judge/{source}", "changes/{source}", "map/{source}")
_FIRST = Link(
    "GET /v1/browse/{source}/dialogues/{number}",
    {**_OF_IT, "number": "$response.body#/rows/0/number"},
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
        return as_json(CorpusAnswer(service(request).policies.current, 0, 0, {}, []))


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
    """Dialogues in the order of the corpus, some at a time."""
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
    "/v1/browse/{source}/dialogues/{number}",
    Operation(ReadAnswer, scope="read", parameters=(SOURCE, NUMBER), problems=(404,)),
)
async def dialogue(request: Request) -> Response:
    """A dialogue, turn by turn: what was right, what is decided, and which turns mattered."""
    scored = (await view_of(request)).scored
    number = int(NUMBER.of(request))
    if number >= len(scored.dialogues):
        raise RequestError(404, f"no dialogue {number}: there are {len(scored.dialogues)}")
    return as_json(await asyncio.to_thread(read, scored, number))


async def view_of(request: Request, policy: str = "", afresh: bool = False) -> CorpusView:
    """The source that the path names, as `policy` or the current one decides it."""
    source = cast(Source, SOURCE.of(request))
    return await service(request).sources.view(source, policy, afresh)
