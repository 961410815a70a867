"""From events to turns: the one place that decides what a turn is and what was known before it.

- What the system says and calls with no user, no result and no end of a step in between is one
  turn. Its actions are the tools called, each once; words alone are the action `respond`.
- Reasoning is no event, so it makes no turn.
- A result ends a turn. It belongs to its call, wherever it stands: one that stands before its call
  counts as standing after that call's turn, and one without a call is never known.
- `user`, `features`, `results` and `available` hold only what came before the turn's first call or
  word.
- A turn that calls a tool which was not offered, or from which nobody should learn, is left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from cueline.corpus.transcripts.calls import by_name
from cueline.corpus.transcripts.events import (
    Call,
    Event,
    Result,
    StepEnded,
    SystemSaid,
    ToolsOffered,
    TurnUsage,
    UserSaid,
)
from cueline.corpus.transcripts.results import Answer, answer, features, results
from cueline.dialogue import Feature, Turn

RESPOND = "respond"
"""The action of answering in words, calling no tool."""
NOT_OFFERED = "turns that call a tool which was not offered"
NO_TARGET = "turns from which nobody should learn (weight 0)"
NO_CALL = "results whose call is not in the dialogue"
NO_ARGUMENTS = "arguments of calls, where those of the same tool and turn are no whole JSON"
NO_TURN = "results after which the system does nothing"
CUT = "results cut to what fits into 20,000 characters"
UNANSWERED = "words of a user whom the system did not answer"


@dataclass(slots=True)
class Turns:
    """The turns of a dialogue, and how often what was left out."""

    turns: list[Turn] = field(default_factory=list)
    usage: list[TurnUsage | None] = field(default_factory=list)
    """What each took, where that is said."""
    left_out: dict[str, int] = field(default_factory=dict)

    def leave_out(self, reason: str, count: int = 1) -> None:
        """Count what is left out."""
        self.left_out[reason] = self.left_out.get(reason, 0) + count


def turns_of(events: Iterable[Event]) -> Turns:
    """The turns that `events`, in order of time, make.

    A turn's user text is None where no user spoke since the turn before.
    """
    so_far = _DialogueSoFar()
    for event in events:
        match event:
            case SystemSaid() | Call():
                so_far.act(event)
            case UserSaid():
                so_far.end_turn()
                so_far.heard.append(event.text)
            case Result():
                so_far.end_turn()
                so_far.take(event)
            case ToolsOffered():
                so_far.offer(event.names)
            case StepEnded(usage):
                so_far.end_turn(usage)
    so_far.end()
    return so_far.made


@dataclass(slots=True)
class _Known:
    """What is known before a turn's first call or word."""

    user: str | None
    features: dict[str, Feature]
    available: tuple[str, ...] | None
    results: dict[str, tuple[Any, ...]]


@dataclass(slots=True, eq=False)
class _Asked:
    """A call that was made, the how manieth of the dialogue, and whether its result has come."""

    call: Call
    number: int
    answered: bool = False


@dataclass(slots=True)
class _DialogueSoFar:
    """A dialogue up to some event: what was heard and answered since the last turn."""

    made: Turns = field(default_factory=Turns)
    heard: list[str] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    available: tuple[str, ...] | None = None
    known: _Known | None = None
    """What was known before the turn that has begun; None between turns."""
    acts: list[Call | SystemSaid] = field(default_factory=list)
    asked: int = 0
    """Calls so far."""
    waiting: list[_Asked] = field(default_factory=list)
    by_id: dict[str, list[_Asked]] = field(default_factory=dict)
    """The calls of the last turn that has calls with this id; mostly one."""
    early: list[Result] = field(default_factory=list)
    """Results that no call before them asked for."""

    def offer(self, names: tuple[str, ...] | None) -> None:
        """These tools may be called from the next turn on, and answering always may."""
        self.available = None if names is None else tuple(dict.fromkeys((*names, RESPOND)))

    def act(self, event: Call | SystemSaid) -> None:
        """The system calls or says something: the first of a turn fixes what was known."""
        if self.known is None:
            user = "\n".join(self.heard) if self.heard else None
            known = features(self.answers)
            self.known = _Known(user, known, self.available, results(self.answers))
            self.heard, self.answers = [], []
        self.acts.append(event)

    def end_turn(self, usage: TurnUsage | None = None) -> None:
        """End the turn that has begun, if one has."""
        known, acts = self.known, self.acts
        if known is None:
            return
        self.known, self.acts = None, []
        calls = [act for act in acts if isinstance(act, Call)]
        actions = tuple(dict.fromkeys(call.name for call in calls)) or (RESPOND,)
        if False in [act.target for act in acts]:
            self.made.leave_out(NO_TARGET)
        elif known.available is not None and not set(actions).issubset(known.available):
            self.made.leave_out(NOT_OFFERED)
        else:
            text = "\n".join([act.text for act in acts if isinstance(act, SystemSaid)]) or None
            turn = Turn(
                known.user,
                known.features,
                known.available,
                actions,
                text,
                arguments=self._arguments(calls),
                results=known.results,
            )
            self.made.turns.append(turn)
            self.made.usage.append(usage)
        if calls:
            self._await(calls)
        if self.early:
            early, self.early = self.early, []
            for result in early:
                self.take(result)

    def _arguments(self, calls: list[Call]) -> dict[str, tuple[dict[str, Any], ...]]:
        """The arguments of each tool's calls; none of a tool of which any are cut off."""
        found: dict[str, list[dict[str, Any]]] = {}
        for call in calls:
            given = by_name(call.arguments)
            if given is not None:
                found.setdefault(call.name, []).append(given)
        for name in {call.name for call in calls}:
            made = sum(call.name == name for call in calls)
            if made != len(found.get(name, ())):
                self.made.leave_out(NO_ARGUMENTS, made)
                found.pop(name, None)
        return {name: tuple(several) for name, several in found.items()}

    def _await(self, calls: list[Call]) -> None:
        """Results of these calls of one turn may come now; an id means the calls of the last."""
        by_id: dict[str, list[_Asked]] = {}
        for call in calls:
            self.asked += 1
            asked = _Asked(call, self.asked)
            self.waiting.append(asked)
            if call.id is not None:
                by_id.setdefault(_key(call.id), []).append(asked)
        self.by_id.update(by_id)

    def take(self, result: Result) -> None:
        """A result goes to its call; one whose call is still to come waits for it."""
        asked = self._asked(result)
        if asked is not None:
            asked.answered = True
            found = answer(asked.call.name, asked.number, result.content, result.failed)
            if found.cut:
                self.made.leave_out(CUT)
            self.answers.append(found)
        elif result.call_id is not None:
            self.early.append(result)
        else:
            self.made.leave_out(NO_CALL)

    def _asked(self, result: Result) -> _Asked | None:
        """The last call with the result's id, of several in one turn the next without a result;
        where one has no id, the next that waits and fits."""
        id, name = result.call_id, result.name
        if id is not None and _key(id) in self.by_id:
            same = self.by_id[_key(id)]
            found = next((one for one in same if not one.answered), same[-1])
            self.waiting = [one for one in self.waiting if one is not found]
            return found
        for at, asked in enumerate(self.waiting):
            if (id is None or asked.call.id is None) and name in (None, asked.call.name):
                del self.waiting[at]
                return asked
        return None

    def end(self) -> None:
        """The dialogue ends here."""
        self.end_turn()
        for _ in self.early:
            self.made.leave_out(NO_CALL)
        if self.answers:
            self.made.leave_out(NO_TURN, len(self.answers))
        if self.heard:
            self.made.leave_out(UNANSWERED)


def _key(id: Any) -> str:
    """What an identifier is looked up by; some files have numbers or objects for it."""
    return id if isinstance(id, str) else repr(id)
