"""What was done, and what was known, in each dialogue of a corpus: as arrays of numbers."""

from __future__ import annotations

from array import array
from collections.abc import Iterator

import numpy as np

from cueline.dialogue import Dialogue, Feature, categories, is_vector
from cueline.rules.conditions import Compares, Condition, Equals, Has, IsKnown, IsTrue
from cueline.types import Ints


class Occurrences:
    """Collects `D` dialogues, with `A` actions and `F` facts about features."""

    def __init__(self) -> None:
        self.actions: dict[str, int] = {}
        self.facts: dict[Condition, int] = {}
        self._lengths = array("q")
        self._done, self._held = array("q"), array("q")
        self._known: dict[tuple[str, type, Feature], list[int]] = {}

    def add(self, dialogue: Dialogue) -> None:
        """Add a dialogue."""
        number = len(self._lengths)
        for place, turn in enumerate(dialogue.turns):
            for action in dict.fromkeys(turn.actions or ()):
                item = self.actions.setdefault(action, len(self.actions))
                self._done.extend((number, place, item))
            for name, value in turn.features.items():
                for item in self._facts_of(name, value):
                    self._held.extend((number, place, item))
        self._lengths.append(len(dialogue.turns))

    @property
    def lengths(self) -> Ints:
        """Turns of each dialogue. *Shape:* (D,)."""
        return np.array(self._lengths, np.int64)

    @property
    def done(self) -> Ints:
        """Dialogue, turn and action of everything that was done, in order. *Shape:* (3, n)."""
        return np.array(self._done, np.int64).reshape(-1, 3).T

    @property
    def held(self) -> Ints:
        """Dialogue, turn and fact of every fact that held, in order. *Shape:* (3, n)."""
        return np.array(self._held, np.int64).reshape(-1, 3).T

    def _facts_of(self, name: str, value: Feature) -> list[int]:
        # All of a vector that is worth asking is whether it is there.
        key = name, type(value), () if is_vector(value) else value
        if key not in self._known:
            self._known[key] = [
                self.facts.setdefault(fact, len(self.facts)) for fact in _facts(name, value)
            ]
        return self._known[key]


def _facts(name: str, value: Feature) -> Iterator[Condition]:
    """What is worth asking of a feature, and holds where it has that value."""
    yield IsKnown(name)
    if isinstance(value, bool):
        yield IsTrue(name, value)
    elif isinstance(value, int | float):
        if value > 0:
            yield Compares(name, ">", 0.0)
    elif isinstance(value, str):
        yield Equals(name, value)
    else:
        yield from (Has(name, one) for one in dict.fromkeys(categories(value)))
