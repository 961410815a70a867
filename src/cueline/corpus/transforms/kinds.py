"""What splits a corpus into kinds of dialogues: domains, scenarios, services, customers' sites.

A random part of a corpus has dialogues like all others; what comes later may be of a new kind. A
corpus often says what its kinds are: by a key of `meta`, or by a feature that stays the same
throughout a dialogue. Which key, if any, shows in what the dialogues of a kind have that no other
dialogue has: values, words and actions of their own, more than parts of that size drawn at random.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cueline.corpus.transforms.one_action import INTENTS, STEPS
from cueline.corpus.transforms.story_concatenation import JOINS, PIECES
from cueline.dialogue import Dialogue
from cueline.tokenizer import all_words

MIN_SIZE = 5
"""Dialogues of a kind, on the average."""
MIN_SHARE = 0.95
"""Share of the dialogues that say what kind they are of."""
MIN_OWN = 0.02
"""Share of what they have that dialogues of a kind have to themselves, above what is chance."""
MAX_DIALOGUES = 2000
"""Dialogues that are looked at."""

Names = frozenset[str]


class Kinds(NamedTuple):
    """The kinds of a corpus."""

    by: str
    """The key: `meta.services`, `features.domain`."""
    names: list[Names]
    """The kinds that each dialogue is of, most often one."""
    own: float
    """The share of their values, words and actions that dialogues of a kind have to themselves."""

    @property
    def all(self) -> list[str]:
        """The name of each kind."""
        return sorted(frozenset().union(*self.names))

    def numbers(self) -> npt.NDArray[np.int64]:
        """A kind of each dialogue, by its number. *Shape:* (D,)."""
        number = {name: number for number, name in enumerate(self.all)}
        return np.array([min(map(number.__getitem__, some), default=-1) + 1 for some in self.names])


def find_kinds(dialogues: Iterable[Dialogue]) -> Kinds | None:
    """The kinds that differ most, if there are any. A bot's stories have none."""
    some = list(dialogues)
    if any(JOINS in one.meta for one in some[:1]):
        return None
    seen = some[:MAX_DIALOGUES]
    marks = [frozenset(_marks(one)) for one in seen]
    rng = np.random.default_rng(0)
    found: list[Kinds] = []
    for by, names in _keys(seen).items():
        drawn = [names[row] for row in rng.permutation(len(names)).tolist()]
        own = _own(marks, names, by) - _own(marks, drawn, by)
        if own >= MIN_OWN:
            found.append(Kinds(by, names, own))
    if not found:
        return None
    best = max(found, key=lambda kinds: (kinds.own, kinds.by))
    return best._replace(names=[_names(one).get(best.by, frozenset()) for one in some])


def _keys(dialogues: Sequence[Dialogue]) -> dict[str, list[Names]]:
    """The keys that may tell kinds, with the names of each dialogue."""
    rows = [_names(one) for one in dialogues]
    counts = Counter(by for row in rows for by in row)
    found = {}
    for by, count in sorted(counts.items()):
        names = [row.get(by, frozenset()) for row in rows]
        different = len(frozenset().union(*names))
        if count >= MIN_SHARE * len(rows) and 2 <= different <= len(rows) / MIN_SIZE:
            found[by] = names
    return found


def _names(dialogue: Dialogue) -> dict[str, Names]:
    """What a dialogue says of its kind, by key."""
    found = {}
    for key, value in dialogue.meta.items():
        several = value if isinstance(value, list | tuple) else [value]
        if key not in (JOINS, PIECES, STEPS, INTENTS) and several and all(map(_plain, several)):
            found[f"meta.{key}"] = frozenset(map(str, several))
    values: dict[str, set[str]] = defaultdict(set)
    counts: Counter[str] = Counter()
    for turn in dialogue.turns:
        for name, value in turn.features.items():
            counts[name] += 1
            values[name].add(value if isinstance(value, str) else "")
    for name, (value, *others) in ((name, list(some)) for name, some in values.items()):
        if value and not others and counts[name] == len(dialogue.turns):
            found[f"features.{name}"] = frozenset([value])
    return found


def _plain(value: object) -> bool:
    return isinstance(value, str | int)


def _marks(dialogue: Dialogue) -> Iterator[str]:
    """What a dialogue may share with others: actions, features and their values, words."""
    for turn in dialogue.turns:
        yield from (f"does {name}" for name in turn.actions or ())
        for name, value in turn.features.items():
            yield f"features.{name}"
            some = value if isinstance(value, tuple) else (value,)
            yield from (f"features.{name} {one}" for one in some if isinstance(one, str))
        yield from (f"says {word}" for word in all_words(turn.user or ""))


def _own(marks: Sequence[Names], names: Sequence[Names], by: str) -> float:
    """The share of the marks of each kind that no dialogue of another kind has.

    What one dialogue alone has says nothing, nor does the key itself.
    """
    everywhere = Counter(mark for some in marks for mark in some)
    of_kind: dict[str, Counter[str]] = defaultdict(Counter)
    for some, kinds in zip(marks, names, strict=True):
        for kind in kinds:
            of_kind[kind].update(some)
    own = total = 0
    for counts in of_kind.values():
        for mark, count in counts.items():
            if everywhere[mark] > 1 and not mark.startswith(by):
                total += count
                own += count * (count == everywhere[mark])
    return own / max(total, 1)
