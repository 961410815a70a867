"""From events to turns: the one place that decides what a turn is and what was known before it.

- What the system says and calls with no user, no result and no end of a step in between is one
  turn. Its actions are the tools called, each once; words alone are the action `respond`.
- Reasoning is no event, so it makes no turn.
- A result ends a turn. It belongs to its call, wherever it stands: one that stands before its call
  counts as standing after that call's turn, and one without a call is never a feature.
- `user`, `features` and `available` hold only what came before the turn's first call or word.
- `arguments` are what the turn's tools were called with, `results` what calls before it returned.
- A turn that calls a tool which was not offered, or from which nobody should learn, is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cueline.corpus.transcripts.events import (
    Call,
    Event,
    Result,
    SystemSaid,
    ToolsOffered,
    UserSaid,
)
from cueline.corpus.transcripts.results import Answer, answer, decoded, features
from cueline.dialogue import Feature, Turn

RESPOND = "respond"
"""The action of answering in words, calling no tool."""
NOT_OFFERED = "turns that call a tool which was not offered"
NO_TARGET = "turns from which nobody should learn (weight 0)"
NO_CALL = "results whose call is not in the dialogue"
NO_OBJECT = "arguments of calls that are no JSON object"
UNANSWERED = "words of a user whom the system did not answer"

CallRecord = dict[str, Any]
"""The `name`, `arguments` and, if there is one, `result` of a call."""


@dataclass(slots=True)
class Turns:
    """The turns of a dialogue, the calls of each, and how often what was left out."""

    turns: list[Turn] = field(default_factory=list)
    calls: list[list[CallRecord]] = field(default_factory=list)
    left_out: dict[str, int] = field(default_factory=dict)

    def leave_out(self, reason: str) -> None:
        """Count one thing that is left out."""
        self.left_out[reason] = self.left_out.get(reason, 0) + 1


def turns_of(events: Iterable[Event]) -> Turns:
    """The turns that `events`, in order of time, make.

    A turn's user text is None where no user spoke since the turn before.
    """
    talk = _Talk()
    for event in events:
        match event:
            case SystemSaid() | Call():
                talk.act(event)
            case UserSaid():
                talk.end_turn()
                talk.heard.append(event.text)
            case Result():
                talk.end_turn()
                talk.take(event)
            case ToolsOffered():
                talk.offer(event.names)
            case _:
                talk.end_turn()
    talk.end()
    return talk.made


@dataclass(slots=True)
class _Known:
    """What is known before a turn's first call or word."""

    user: str | None
    features: dict[str, Feature]
    available: tuple[str, ...] | None
    results: dict[str, tuple[Any, ...]]


@dataclass(slots=True)
class _Talk:
    """A dialogue up to some event: what was heard and answered since the last turn."""

    made: Turns = field(default_factory=Turns)
    heard: list[str] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    results: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    """What calls returned since the last turn began, by tool."""
    available: tuple[str, ...] | None = None
    known: _Known | None = None
    """What was known before the turn that has begun; None between turns."""
    acts: list[Call | SystemSaid] = field(default_factory=list)
    waiting: list[tuple[Call, CallRecord]] = field(default_factory=list)
    by_id: dict[str, list[CallRecord]] = field(default_factory=dict)
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
            self.known = _Known(user, known, self.available, self.results)
            self.heard, self.answers, self.results = [], [], {}
        self.acts.append(event)

    def end_turn(self) -> None:
        """End the turn that has begun, if one has."""
        known, acts = self.known, self.acts
        if known is None:
            return
        self.known, self.acts = None, []
        calls = [act for act in acts if isinstance(act, Call)]
        records = [{"name": call.name, "arguments": call.arguments} for call in calls]
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
            self.made.calls.append(records)
        if calls:
            self._await(list(zip(calls, records, strict=True)))
        if self.early:
            early, self.early = self.early, []
            for result in early:
                self.take(result)

    def _arguments(self, calls: list[Call]) -> dict[str, tuple[Mapping[str, Any], ...]]:
        """What each tool was called with."""
        found: dict[str, tuple[Mapping[str, Any], ...]] = {}
        for call in calls:
            if isinstance(call.arguments, Mapping):
                found[call.name] = (*found.get(call.name, ()), call.arguments)
            elif call.arguments is not None:
                self.made.leave_out(NO_OBJECT)
        return found

    def _await(self, called: list[tuple[Call, CallRecord]]) -> None:
        """Results of these calls of one turn may come now; an id means the calls of the last."""
        self.waiting += called
        by_id: dict[str, list[CallRecord]] = {}
        for call, record in called:
            if call.id is not None:
                by_id.setdefault(_key(call.id), []).append(record)
        self.by_id.update(by_id)

    def take(self, result: Result) -> None:
        """A result goes to its call; one whose call is still to come waits for it."""
        record = self._record_of(result)
        if record is not None:
            record["result"] = result.content
            name, content = record["name"], result.content
            self.answers.append(answer(name, content, result.failed))
            whole = decoded(content) if isinstance(content, str) else content
            self.results[name] = (*self.results.get(name, ()), whole)
        elif result.call_id is not None:
            self.early.append(result)
        else:
            self.made.leave_out(NO_CALL)

    def _record_of(self, result: Result) -> CallRecord | None:
        """The last call with the result's id, of several in one turn the next without a result;
        where one has no id, the next that waits and fits."""
        id, name = result.call_id, result.name
        if id is not None and _key(id) in self.by_id:
            same = self.by_id[_key(id)]
            record = next((one for one in same if "result" not in one), same[-1])
            self.waiting = [(call, other) for call, other in self.waiting if other is not record]
            return record
        for at, (call, record) in enumerate(self.waiting):
            if (id is None or call.id is None) and name in (None, call.name):
                del self.waiting[at]
                return record
        return None

    def end(self) -> None:
        """The dialogue ends here."""
        self.end_turn()
        for _ in self.early:
            self.made.leave_out(NO_CALL)
        if self.heard:
            self.made.leave_out(UNANSWERED)


def _key(id: Any) -> str:
    """What an identifier is looked up by; some files have numbers or objects for it."""
    return id if isinstance(id, str) else repr(id)
