"""The audit: every stored decision computed again from the events and held against the stored."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Annotated

import msgspec
from msgspec import Meta, Struct, field

from cueline.policy import Decision, Policy
from cueline.server.domain.state_replay import retrace, turns
from cueline.server.events import Event, Opened, decode, first_changed, head_of
from cueline.server.stores.base import Store, every


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

    @property
    def clean(self) -> bool:
        """Whether every decision was recomputed and came out as stored."""
        return not self.differences and not self.missing


async def replay(
    store: Store,
    policies: Iterable[Policy],
    tolerance: float = 0.0,
    heads: Mapping[str, Head] | None = None,
) -> ReplayReport:
    """Recompute every decision in `store` by the policy with the hash that is stored beside it.

    Probabilities may differ by `tolerance`: on another kind of processor the last bit can. What
    was stored when `heads` were exported must be there still, unless it was erased.
    """
    known = {policy.hash: policy for policy in policies}
    report, unseen = ReplayReport(), dict(heads or {})
    async for dialogue, stored in every(store):
        report.dialogues += 1
        wrong = _changed(dialogue, stored, unseen.pop(dialogue, None))
        if wrong:  # and who knows what it decodes to
            report.differences.append(wrong)
            continue
        events = [decode(event) for event in stored]
        report.differences += _misplaced(dialogue, events)
        _compare(dialogue, events, known, tolerance, report)
    report.gone = len(unseen)
    return report


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
