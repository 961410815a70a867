"""A person as auditor: sure turns that were drawn, one after the other."""

from __future__ import annotations

import time

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from cueline.dialogue import Turn
from cueline.policy import Policy
from cueline.server.domain.state_replay import turns
from cueline.server.errors import DialogueNotFoundError, PolicyRefusedError, RequestError
from cueline.server.events import Answered, Asked, Corrected, Stepped
from cueline.server.routes.corrections import correct_turn
from cueline.server.routing import Operation, Routes, as_json, author_of, body, service
from cueline.server.schemas import Question, QuestionAnswer, VerdictAnswer, VerdictRequest
from cueline.server.service import Service
from cueline.server.upstream.audits import same
from cueline.server.upstream.own_answer import MadeCall
from cueline.server.upstream.watches import Watches

routes = Routes("chat")

_verdict: msgspec.json.Decoder[VerdictRequest] = msgspec.json.Decoder(VerdictRequest)


@routes.get("/v1/cascade/question", Operation(QuestionAnswer, scope="read", problems=(404,)))
async def question(request: Request) -> Response:
    """The first turn that was drawn for a person and waits; of the policy that answers now.

    There is no other: turns that could be passed over by choice would prove nothing.
    """
    to, (watches, policy) = service(request), _watched(request)
    risk = policy.decision_model.risk
    while True:
        waiting = await watches.questions(policy.hash, risk)
        if not waiting:
            return as_json(QuestionAnswer(0))
        number, asked = next(iter(waiting.items()))
        if (event := await _turn(to, asked)) is not None:
            done = {} if event.done is None else event.done.arguments
            said = Question(
                number, asked.dialogue, asked.turn, event.said.user, event.decision, done
            )
            return as_json(QuestionAnswer(len(waiting), said))
        await watches.answer(policy.hash, risk, Answered(time.time(), number))


@routes.post(
    "/v1/cascade/question",
    Operation(VerdictAnswer, scope="act", takes=VerdictRequest, problems=(404, 409)),
)
async def verdict(request: Request) -> Response:
    """Say what is right at the first turn that waits. It is evidence, and a correction."""
    to, (watches, policy) = service(request), _watched(request)
    wanted, risk = body(request, _verdict), policy.decision_model.risk
    to.limits.check_names(wanted.actions, "$.actions")
    waiting = await watches.questions(policy.hash, risk)
    first = next(iter(waiting), None)
    if wanted.question != first:
        raise PolicyRefusedError("this turn does not wait, or is not the first; ask which is")
    asked, author = waiting[first], author_of(request, wanted.author)
    event = await _turn(to, asked)
    if event is None:
        raise PolicyRefusedError("this turn was erased; ask for the next")
    wrong = not _is_right(event, wanted)
    correction = Corrected(
        0.0, asked.turn, wanted.actions, author, None, wanted.spans, wanted.arguments
    )
    await correct_turn(to, asked.dialogue, correction)
    if not await watches.answer(policy.hash, risk, Answered(time.time(), first, wrong, author)):
        raise PolicyRefusedError("somebody has said so just before")
    return as_json(VerdictAnswer(wrong))


def _is_right(event: Stepped, wanted: VerdictRequest) -> bool:
    """Whether the calls that were made are those that are right; arguments as far as said."""
    done = event.done
    assert done is not None
    made = [
        MadeCall(name, call) for name in done.actions for call in done.arguments.get(name, ({},))
    ]
    said = done.arguments if wanted.arguments is None else wanted.arguments
    calls = {name: said.get(name, ({},)) for name in wanted.actions}
    return same(made, Turn(None, actions=tuple(wanted.actions), arguments=calls))


def _watched(request: Request) -> tuple[Watches, Policy]:
    to = service(request)
    if to.cascade is None or to.cascade.watches is None:
        raise RequestError(404, "no promise is watched: serve with --upstream URL --audit SHARE")
    return to.cascade.watches, to.policy


async def _turn(to: Service, asked: Asked) -> Stepped | None:
    """The turn that is asked after; None where it is gone."""
    try:
        stepped = turns(await to.sessions.events(asked.dialogue))
    except DialogueNotFoundError:
        return None
    return stepped[asked.turn] if asked.turn < len(stepped) else None
