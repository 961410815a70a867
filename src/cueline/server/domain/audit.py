"""The audit: every stored decision computed again from the events and held against the stored."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from typing import Annotated, NamedTuple

import msgspec
from msgspec import Meta, Struct, field

from cueline.policy import Decision, Policy
from cueline.server.domain.agreement import Agreement
from cueline.server.domain.state_replay import retrace, turns
from cueline.server.events import Event, Opened, decode, first_changed, head_of
from cueline.server.stores.base import Store, every
from cueline.types import Map

DIALOGUES = 200
"""Dialogues that are recomputed at a time."""


class Head(Struct, frozen=True):
    """Where the chain of a dialogue ended when it was exported."""

    events: Annotated[int, Meta(ge=1)]
    hash: str


class DecisionDifference(Struct, frozen=True):
    """A turn that is not as it should be."""

    dialogue: str
    turn: int
    policy: str
    what: str


class ReplayReport(Struct):
    """What a replay found; nothing is wrong if `clean`."""

    dialogues: int = 0
    decisions: int = 0
    """Recomputed ones, those of shadows included."""
    differences: list[DecisionDifference] = field(default_factory=list)
    missing: dict[str, int] = field(default_factory=dict)
    """Policies that were not given, and how many decisions they made."""

    gone: int = 0
    """Dialogues whose head was given and that are not there: erased, or expired."""
    against: Agreement | None = None
    """How the other policy would have decided, where one was given."""

    @property
    def clean(self) -> bool:
        """Whether every decision was recomputed and came out as stored."""
        return not self.differences and not self.missing

    def add(self, part: ReplayReport) -> None:
        """Count what was found in other dialogues."""
        self.dialogues += part.dialogues
        self.decisions += part.decisions
        self.differences += part.differences
        self.gone += part.gone
        for policy, count in part.missing.items():
            self.missing[policy] = self.missing.get(policy, 0) + count
        if self.against is not None and part.against is not None:
            self.against.add(part.against)


class StoredDialogue(NamedTuple):
    """The events of a dialogue, with where its chain ended when it was exported."""

    id: str
    events: list[bytes]
    head: Head | None


class Recomputing(NamedTuple):
    """What recomputes stored decisions, wherever it is sent."""

    policies: Mapping[str, Policy]
    """By hash."""
    tolerance: float = 0.0
    against: Policy | None = None
    """One that did not decide."""

    def start(self) -> ReplayReport:
        """The report on no dialogue."""
        return ReplayReport(against=None if self.against is None else Agreement())

    def report(self, dialogues: Sequence[StoredDialogue]) -> ReplayReport:
        """What is found in these dialogues."""
        report = self.start()
        for dialogue in dialogues:
            report.dialogues += 1
            wrong = _changed(*dialogue)
            if wrong:  # and who knows what it decodes to
                report.differences.append(wrong)
                continue
            events = [decode(event) for event in dialogue.events]
            report.differences += _misplaced(dialogue.id, events)
            if self.policies or self.against is None:
                _compare(dialogue.id, events, self.policies, self.tolerance, report)
            if self.against is not None and report.against is not None:
                report.against.see(self.against, events)
        return report


async def replay(
    store: Store,
    policies: Iterable[Policy],
    tolerance: float = 0.0,
    heads: Mapping[str, Head] | None = None,
    against: Policy | None = None,
    mapped: Map = map,
) -> ReplayReport:
    """Recompute every decision in `store` by the policy with the hash that is stored beside it.

    Probabilities may differ by `tolerance`: on another kind of processor the last bit can. What
    was stored when `heads` were exported must be there still, unless it was erased. `against` is a
    policy that did not decide: what it would have is counted. `mapped` does the work, here or
    elsewhere, while the store is read.
    """
    work = Recomputing({policy.hash: policy for policy in policies}, tolerance, against)
    unseen, loop = dict(heads or {}), asyncio.get_running_loop()
    chunks = _chunks(store, unseen)

    def read() -> Iterator[list[StoredDialogue]]:
        while chunk := asyncio.run_coroutine_threadsafe(_next(chunks), loop).result():
            yield chunk

    def work_through() -> ReplayReport:
        whole = work.start()
        for part in mapped(work.report, read()):
            whole.add(part)
        return whole

    report = await asyncio.to_thread(work_through)
    report.gone = len(unseen)
    return report


async def _chunks(store: Store, heads: dict[str, Head]) -> AsyncIterator[list[StoredDialogue]]:
    """The dialogues of `store`, some at a time; takes the heads of those that are there away."""
    chunk: list[StoredDialogue] = []
    async for dialogue, events in every(store):
        chunk.append(StoredDialogue(dialogue, events, heads.pop(dialogue, None)))
        if len(chunk) == DIALOGUES:
            yield chunk
            chunk = []
    yield chunk


async def _next(chunks: AsyncIterator[list[StoredDialogue]]) -> list[StoredDialogue]:
    return await anext(chunks, [])


async def heads_of(store: Store) -> dict[str, Head]:
    """The head of every dialogue, to be kept where those who run the store cannot change it."""
    return {
        dialogue: Head(len(stored), head_of(stored[-1])) async for dialogue, stored in every(store)
    }


def _changed(
    dialogue: str, stored: Sequence[bytes], head: Head | None
) -> DecisionDifference | None:
    place = first_changed(stored)
    if place is not None:
        what = f"event {place} is not as it was stored: its hash does not hold"
        return DecisionDifference(dialogue, place, "", what)
    if head is None or (
        len(stored) >= head.events and head_of(stored[head.events - 1]) == head.hash
    ):
        return None
    what = (
        f"its first {head.events} events are not those whose head was exported: it was changed, or "
        "erased and opened again with the same key"
    )
    return DecisionDifference(dialogue, head.events - 1, "", what)


def _misplaced(dialogue: str, events: Sequence[Event]) -> list[DecisionDifference]:
    """Turns lost, doubled or out of order."""
    found = []
    if not isinstance(events[0], Opened):
        found.append(
            DecisionDifference(dialogue, 0, "", "the dialogue does not begin with its opening")
        )
    for number, event in enumerate(turns(events)):
        if event.turn != number:
            what = f"turn {event.turn} stands at place {number}"
            found.append(DecisionDifference(dialogue, number, event.policy, what))
    return found


def _compare(
    dialogue: str,
    events: Sequence[Event],
    known: Mapping[str, Policy],
    tolerance: float,
    report: ReplayReport,
) -> None:
    stepped = turns(events)
    stored: dict[tuple[str, float, float], dict[int, Decision]] = {}
    for number, event in enumerate(stepped):
        decided = [(event.policy, event.decision)]
        if event.shadow is not None:
            decided.append((event.shadow.policy, event.shadow.decision))
        for policy, decision in decided:
            point = policy, decision.risk, decision.coverage
            stored.setdefault(point, {})[number] = decision
    for (policy, risk, coverage), decisions in stored.items():
        if policy not in known:
            report.missing[policy] = report.missing.get(policy, 0) + len(decisions)
            continue
        last = max(decisions) + 1
        decides = known[policy].at(risk=risk, coverage=coverage)
        for number, (again, _) in enumerate(retrace(decides, stepped[:last])):
            if number in decisions:
                report.decisions += 1
                what = difference(decisions[number], again, tolerance)
                if what:
                    report.differences.append(DecisionDifference(dialogue, number, policy, what))


def difference(stored: Decision, again: Decision, tolerance: float = 0.0) -> str | None:
    """The first field in which two decisions differ, with both values."""
    same: Callable[[float, float], bool] = lambda a, b: abs(a - b) <= tolerance  # noqa: E731
    if stored == again:
        return None
    for name in Decision.__struct_fields__:
        was, now = getattr(stored, name), getattr(again, name)
        if name == "confidence":
            equal = same(was, now)
        elif name == "probabilities":
            equal = was.keys() == now.keys() and all(same(was[key], now[key]) for key in was)
        elif name == "candidates":
            # Equally likely ones may change places within the tolerance.
            equal = len(was) == len(now) and all(
                same(a.probability, b.probability) for a, b in zip(was, now, strict=True)
            )
            equal = equal and (tolerance > 0 or was == now)
        else:
            equal = was == now
        if not equal:
            return f"{name}: stored {_json(was)}, recomputed {_json(now)}"
    return None


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
