"""Parts of stories in the order in which ways lead through them, without circles.

A circle is opened as Rasa opens it: the part that closes it ends at a checkpoint of its own, from
which the circle begins anew, so that it is gone through again as long as that reaches anything new.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from cueline.corpus.formats.rasa.part import MADE, START, Part, StoryEntry


@dataclass(slots=True)
class StoryGraph:
    """Parts in order, and where an exit leads that is no entry by its own name."""

    parts: list[Part]
    again: dict[str, str] = field(default_factory=dict)
    """Exit of a circle that was opened, to the entry where it begins anew."""


def story_graph(parts: Sequence[Part]) -> StoryGraph:
    """The graph of `parts`, with every circle opened."""
    found = dict(enumerate(parts))
    again: dict[str, str] = {}
    overlaps: set[str] = set()
    for number, (last, first) in enumerate(_sorted(found)[1]):
        names = set(found[last].exits) & {entry.name for entry in found[first].entries}
        overlaps |= names
        _open(found, last, first, names, number)
        again[_exit(number)] = _anew(number)
    found = _without_unused(found, overlaps, again)
    return StoryGraph([found[number] for number in _sorted(found)[0]], again)


def _exit(number: int) -> str:
    return f"{MADE} circle {number} closes"


def _anew(number: int) -> str:
    return f"{MADE} circle {number} begins anew"


def _onward(number: int) -> str:
    return f"{MADE} circle {number} is left"


def _open(found: dict[int, Part], last: int, first: int, names: set[str], number: int) -> None:
    """Have `last` end elsewhere than where `first` begins, and lead on from there."""
    exits = [name for name in found[last].exits if name not in names] + [_exit(number)]
    found[last] = replace(found[last], exits=exits)
    left = False
    for key, part in found.items():
        entry = _anew(number) if key == first else _onward(number)
        more: list[StoryEntry] = []
        for old in part.entries:
            new = StoryEntry(entry, old.slots)
            if old.name in names:
                left = left or key != first
                if new not in part.entries:
                    more.append(new)
        part.entries.extend(more)  # in place: Rasa's ways of one `or` share their beginnings
    if left:
        found[last].exits.append(_onward(number))


def _without_unused(
    found: dict[int, Part], overlaps: set[str], again: dict[str, str]
) -> dict[int, Part]:
    """Without the checkpoints that opening left over, and parts that had no others.

    Nor the parts of an `or` that nothing follows: Rasa leaves these out too.
    """
    entries = {entry.name for part in found.values() for entry in part.entries} | {START}
    exits = {again.get(name, name) for part in found.values() for name in part.exits} | {START}
    unused = entries ^ exits
    kept: dict[int, Part] = {}
    for key, part in found.items():
        begins = [e for e in part.entries if e.name not in unused & overlaps]
        ends = [name for name in part.exits if not (name in unused and name.startswith(MADE))]
        if (begins or not part.entries) and (ends or not part.exits):
            kept[key] = replace(part, entries=begins, exits=ends)
    return kept


def _sorted(parts: dict[int, Part]) -> tuple[list[int], list[tuple[int, int]]]:
    """The parts, each before those it leads to, and the steps back that make circles.

    Depth first from the last part, as Rasa sorts them.
    """
    entries: dict[str, list[int]] = defaultdict(list)
    for key, part in parts.items():
        for entry in part.entries:
            entries[entry.name].append(key)
    leads = {
        key: sorted({after for name in part.exits for after in entries[name]})
        for key, part in parts.items()
    }
    order: list[int] = []
    entered: set[int] = set()
    left: set[int] = set()
    back: set[tuple[int, int]] = set()
    for root in sorted(parts, reverse=True):
        if root in entered:
            continue
        entered.add(root)
        path = [(root, iter(leads[root]))]
        while path:
            key, rest = path[-1]
            after = next(rest, None)
            if after is None:
                path.pop()
                left.add(key)
                order.append(key)
            elif after not in entered:
                entered.add(after)
                path.append((after, iter(leads[after])))
            elif after not in left:
                back.add((key, after))
    return order[::-1], sorted(back)
