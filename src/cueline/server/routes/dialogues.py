"""Open, step, read and erase dialogues."""

from __future__ import annotations

import asyncio
import re
from collections import defaultdict

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from cueline.server.domain.dialogue_view import dialogue_answer, shown_by
from cueline.server.errors import DialogueNotFoundError, RequestError
from cueline.server.middleware.rate_limits import rated
from cueline.server.problems import problem
from cueline.server.routing import (
    DIALOGUE,
    Link,
    Operation,
    Parameter,
    Routes,
    as_json,
    body,
    service,
)
from cueline.server.schemas import (
    BatchStepAnswer,
    BatchStepRequest,
    DialogueAnswer,
    OpenAnswer,
    OpenRequest,
    StepAnswer,
    StepRequest,
)
from cueline.server.service import Service

routes = Routes("dialogues")

KEY = Parameter(
    "idempotency-key",
    "header",
    r"^[\x20-\x7E]{0,200}$",
    "Makes a retry the same, not another.",
    "at most 200 plain characters",
)

OFFSET = Parameter("offset", "query", r"^[0-9]{0,9}$", "How many turns to pass over.")
LIMIT = Parameter("limit", "query", r"^[0-9]{0,9}$", "How many turns to give; all if not said.")

_open: msgspec.json.Decoder[OpenRequest] = msgspec.json.Decoder(OpenRequest)
_step: msgspec.json.Decoder[StepRequest] = msgspec.json.Decoder(StepRequest)
_batch: msgspec.json.Decoder[list[BatchStepRequest]] = msgspec.json.Decoder(list[BatchStepRequest])


def _next(dialogue: str) -> tuple[Link, ...]:
    """What may be done with the dialogue that the expression `dialogue` names."""
    path, known = "/v1/dialogues/{dialogue}", {"dialogue": dialogue}
    calls = (f"POST {path}/turns", f"GET {path}", f"GET {path}/events", f"DELETE {path}")
    return tuple(Link(call, known) for call in calls)


_OPENED, THERE = _next("$response.body#/id"), _next("$request.path.dialogue")
_STEPPED = Link(
    "POST /v1/dialogues/{dialogue}/turns/{turn}/correction",
    {"dialogue": "$request.path.dialogue", "turn": "$response.body#/turn"},
)
_LOOK = Link("GET /v1/browse/{source}", {"source": "live"})
_WHOSE = {"user": "$request.body#/user"}
_USERS = (
    Link("GET /v1/users/{user}/dialogues", _WHOSE),
    Link("DELETE /v1/users/{user}", _WHOSE),
)


@routes.post(
    "/v1/dialogues",
    Operation(
        OpenAnswer,
        takes=OpenRequest,
        optional=True,
        status=201,
        problems=(409,),
        scope="act",
        parameters=(KEY,),
        links=(*_OPENED, *_USERS),
    ),
)
async def open_dialogue(request: Request) -> Response:
    """Open a dialogue; it gets the current policy and stays with it.

    With an Idempotency-Key, a retry opens no second one.
    """
    user = body(request, _open).user if request.scope["body"] else None
    key = KEY.of(request)
    key = f"{request.scope['caller'].name}\n{key}" if key else ""
    dialogue = await service(request).sessions.open(user, key or None)
    return as_json(OpenAnswer(dialogue), 201, {"Location": f"/v1/dialogues/{dialogue}"})


@routes.post(
    "/v1/dialogues/{dialogue}/turns",
    Operation(
        StepAnswer,
        scope="act",
        parameters=(DIALOGUE, KEY),
        takes=StepRequest,
        problems=(404, 409),
        links=(*THERE, _STEPPED, _LOOK),
    ),
)
async def step(request: Request) -> Response:
    """Decide the next turn. With an Idempotency-Key, a retry gets the same answer."""
    turn = body(request, _step)
    request.scope["said"] = turn.user  # for the log, where it may hold what users say
    return as_json(await _stepped(service(request), DIALOGUE.of(request), turn, KEY.of(request)))


@routes.post(
    "/v1/turns", Operation(list[BatchStepAnswer], takes=list[BatchStepRequest], scope="act")
)
async def step_many(request: Request) -> Response:
    """Decide turns of many dialogues at once; those of one dialogue in the order given."""
    to = service(request)
    turns = body(request, _batch)
    if len(turns) > to.limits.batch:
        raise RequestError(413, f"more than {to.limits.batch} turns in one batch")
    answers: list[BatchStepAnswer] = [BatchStepAnswer(turn.dialogue) for turn in turns]
    numbers: defaultdict[str, list[int]] = defaultdict(list)
    for number, turn in enumerate(turns):
        numbers[turn.dialogue].append(number)

    async def in_order(of_one: list[int]) -> None:
        for number in of_one:
            turn, into = turns[number], answers[number]
            if not re.fullmatch(DIALOGUE.pattern, turn.dialogue):
                into.problem = problem(DialogueNotFoundError(turn.dialogue))
                continue
            stepping = _stepped(to, turn.dialogue, turn.step(), turn.key)
            (outcome,) = await asyncio.gather(stepping, return_exceptions=True)
            if isinstance(outcome, StepAnswer):
                into.answer = outcome
            else:  # whatever it is, it is this turn's alone
                into.problem = problem(outcome)

    if to.rate is not None:
        to.rate.charge(rated(request.scope), len(turns) - 1)
    await asyncio.gather(*map(in_order, numbers.values()))
    return as_json(answers)


@routes.get(
    "/v1/dialogues/{dialogue}",
    Operation(
        DialogueAnswer,
        scope="read",
        parameters=(DIALOGUE, OFFSET, LIMIT),
        problems=(404,),
        links=THERE,
    ),
)
async def read(request: Request) -> Response:
    """A dialogue with its turns, decisions and corrections; all of them, or some at a time."""
    to, dialogue = service(request), DIALOGUE.of(request)
    stored = await to.sessions.stored(dialogue)
    first, most = int(OFFSET.of(request) or 0), int(LIMIT.of(request) or len(stored))
    answer = dialogue_answer(dialogue, shown_by(stored, first, most), to.policies)
    answer.turns = [turn for turn in answer.turns if first <= turn.turn < first + most]
    return as_json(answer)


@routes.delete(
    "/v1/dialogues/{dialogue}",
    Operation(None, scope="erase", parameters=(DIALOGUE,), status=204, problems=(404,)),
)
async def erase(request: Request) -> Response:
    """Erase a dialogue: its events are gone from the store."""
    await service(request).sessions.erase(DIALOGUE.of(request))
    return Response(status_code=204)


async def _stepped(to: Service, dialogue: str, turn: StepRequest, key: str | None) -> StepAnswer:
    to.limits.check(turn)
    to.limits.check_names(turn.took, "$.took")
    result = await to.sessions.step(dialogue, turn, key or None)
    to.metrics.stepped(result)
    return StepAnswer.to(result.event)
