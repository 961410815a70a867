"""What a policy that predicts one action after another decides at each turn, as a set."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from benchmarks.rasa.speed_files import Line, Step, acted, heard

LISTEN = "action_listen"
MOST = 5
"""Actions of a turn at most; no turn of the corpora has as many."""

Predict = Callable[[Sequence[Step]], str]
"""The next action after what went before."""


def scored(turns: Sequence[Line], predict: Predict) -> Iterator[tuple[set[str], set[str]]]:
    """At each turn the actions decided, after what really went before, and the true ones.

    Only listening ends a turn. Where the system then acts again without the user, it does not
    listen between, so that the policy is told how many actions that turn has: to its advantage.
    """
    before: list[Step] = [{"action": LISTEN}]
    goes_on = [turn["user"] is None for turn in turns[1:]] + [False]
    for turn, more in zip(turns, goes_on, strict=True):
        before += heard(turn)
        yield decided(before, predict, len(turn["actions"]) if more else MOST), set(turn["actions"])
        before += acted(turn) if more else [*acted(turn), {"action": LISTEN}]


def decided(before: Sequence[Step], predict: Predict, most: int) -> set[str]:
    """One action after another, until it would listen or say again what it has."""
    names: list[str] = []
    while len(names) < most:
        name = predict([*before, *({"action": done} for done in names)])
        if name == LISTEN or name in names:
            break
        names.append(name)
    return set(names)


def micro_f1(pairs: Iterable[tuple[set[str], set[str]]]) -> float:
    """All actions at all turns thrown together."""
    hits = both = 0
    for ours, true in pairs:
        hits += len(ours & true)
        both += len(ours) + len(true)
    return 2 * hits / both
