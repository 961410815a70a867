"""Context features to columns.

A category has a column for each value known, a number three, a truth value two, a vector one for
each of its numbers. Every feature has a column that says it is there, so that a missing one is a
case of its own, and a category one for a value not known. A category also says how many values it
has: that three slots are filled means the same in a domain whose slots were never seen. A vector is
scaled to a length of 1, so that it weighs as much as one other feature: its direction is what it
means. A feature that is sometimes a number and sometimes a category is simply two.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from functools import cached_property
from itertools import accumulate
from math import hypot, log2
from typing import Literal

import msgspec
import numpy as np
from msgspec import Struct

from cueline.dialogue import Dialogue, Feature, categories, is_vector
from cueline.errors import CorpusError
from cueline.features.counts import ContextCounts, VectorLength

Kind = Literal["category", "number", "boolean", "vector"]
Entries = tuple[list[int], list[float]]
"""Columns, and the value in each."""

MIN_DIALOGUES = 2
"""Dialogues in which a value occurs that has a column of its own."""
_CLIP = 5.0
"""Standardised numbers are cut at this many standard deviations."""


class ContextFeature(Struct, frozen=True):
    """One feature of one kind and where its columns begin.

    Columns of a category: how many values (log2(1 + n), so that one is 1 and none is as good as
    absent), unseen value, then one for each of `values`; of a number: present, above zero,
    standardised; of a truth value: present, true; of a vector: present, then its `length` numbers.
    """

    name: str
    kind: Kind
    start: int
    values: list[str] = []
    mean: float = 0.0
    scale: float = 1.0
    length: int = 0

    @property
    def width(self) -> int:
        """How many columns it has."""
        return {
            "category": 2 + len(self.values),
            "number": 3,
            "boolean": 2,
            "vector": 1 + self.length,
        }[self.kind]


class Context(Struct, dict=True):
    """All context features of a policy; `width` columns together."""

    features: list[ContextFeature]

    @classmethod
    def fit(cls, dialogues: Iterable[Dialogue], max_values: int) -> Context:
        """The features that occur in `dialogues`.

        A value gets its column if it occurs in at least two dialogues: a value of only one, such as
        a customer's name, is unseen in every other, and counts as unseen here too.
        """
        return cls.of(ContextCounts.of(dialogues), max_values)

    @classmethod
    def of(cls, counts: ContextCounts, max_values: int) -> Context:
        """The features that were counted."""
        found: list[ContextFeature] = []

        def add(name: str, kind: Kind, **fields: object) -> None:
            start = found[-1].start + found[-1].width if found else 0
            found.append(ContextFeature(name, kind, start, **fields))  # type: ignore[arg-type]

        for name in sorted(counts.values):
            add(name, "category", values=_frequent(counts.values[name], max_values))
        for name in sorted(counts.numbers):
            add(name, "number", **_mean_and_scale(counts.numbers[name]))
        for name in sorted(counts.booleans):
            add(name, "boolean")
        for name in sorted(counts.vectors):
            add(name, "vector", length=counts.vectors[name].numbers)
        return cls(found)

    def extended(self, dialogues: Iterable[Dialogue], max_values: int) -> Context:
        """With what is new in `dialogues`: values after a feature's own, features after them all.

        Columns move, since those of a feature stand together. Numbers stay standardised as they
        were.
        """
        return self.grown(ContextCounts.of(dialogues), max_values)

    def grown(self, counts: ContextCounts, max_values: int) -> Context:
        """`extended` by what was counted; raises `CorpusError` for vectors of another length."""
        for name, counted in counts.vectors.items():
            if (known := self.index.get((name, "vector"))) is not None:
                VectorLength(known.length, "the policy to train further").check(name, counted)
        new = Context.of(counts, max_values)
        features = []
        for old in self.features:
            if (same := new.index.get((old.name, old.kind))) is not None:
                added = [value for value in same.values if value not in set(old.values)]
                old = msgspec.structs.replace(old, values=old.values + added)
            features.append(old)
        features += [f for f in new.features if (f.name, f.kind) not in self.index]
        starts = accumulate((feature.width for feature in features), initial=0)
        placed = zip(features, starts, strict=False)
        return Context([msgspec.structs.replace(f, start=start) for f, start in placed])

    @cached_property
    def width(self) -> int:
        """Number of columns."""
        return sum(feature.width for feature in self.features)

    @cached_property
    def index(self) -> dict[tuple[str, Kind], ContextFeature]:
        """Name and kind to feature."""
        return {(feature.name, feature.kind): feature for feature in self.features}

    @cached_property
    def categories(self) -> dict[str, tuple[int, dict[str, int]]]:
        """Category name to its first column, and value to column."""
        return {
            feature.name: (
                feature.start,
                {v: c for c, v in enumerate(feature.values, feature.start + 2)},
            )
            for feature in self.features
            if feature.kind == "category"
        }

    @cached_property
    def _present(self) -> frozenset[int]:
        """The columns that say that a feature is there."""
        return frozenset(feature.start for feature in self.features)

    @cached_property
    def _unseen(self) -> frozenset[int]:
        """The columns of values not known."""
        return frozenset(start + 1 for start, _ in self.categories.values())

    def novel(self, features: Mapping[str, Feature], columns: Collection[int]) -> int:
        """How many of `features`, whose `entries` have these `columns`, training never had so."""
        absent = len(features) - len(self._present.intersection(columns))
        return absent + len(self._unseen.intersection(columns))

    def fitting(self, features: Mapping[str, Feature]) -> Mapping[str, Feature]:
        """`features` without the vectors that are not as long as those of training."""
        wrong = {name for name, value in features.items() if not self._fits(name, value)}
        return {n: v for n, v in features.items() if n not in wrong} if wrong else features

    def _fits(self, name: str, value: Feature) -> bool:
        feature = self.index.get((name, "vector"))
        return feature is None or not is_vector(value) or len(value) == feature.length

    def entries(self, features: Mapping[str, Feature], value_masked: bool = False) -> Entries:
        """The columns that are not zero, and what is in them; `value_masked` knows no value.

        Raises `CorpusError` for a vector that is not as long as those of training.
        """
        columns: list[int] = []
        values: list[float] = []
        for name, value in features.items():
            if isinstance(value, (str, tuple)):
                if is_vector(value):
                    some, found = self._vector(name, value)
                else:
                    some, found = self._category(name, categories(value), value_masked)
            elif isinstance(value, bool):
                some, found = self._boolean(name, value)
            else:
                some, found = self._number(name, float(value))
            columns += some
            values += found
        return columns, values

    def _boolean(self, name: str, value: bool) -> Entries:
        feature = self.index.get((name, "boolean"))
        if feature is None:
            return [], []
        return (
            ([feature.start, feature.start + 1], [1.0, 1.0]) if value else ([feature.start], [1.0])
        )

    def _number(self, name: str, value: float) -> Entries:
        feature = self.index.get((name, "number"))
        if feature is None:
            return [], []
        standard = min(max((value - feature.mean) / feature.scale, -_CLIP), _CLIP)
        columns = [feature.start, feature.start + 1, feature.start + 2]
        return columns, [1.0, float(value > 0), standard]

    def _vector(self, name: str, value: tuple[float, ...]) -> Entries:
        feature = self.index.get((name, "vector"))
        if feature is None:
            return [], []
        if len(value) != feature.length:
            raise CorpusError(
                f"the feature {name!r} has {len(value)} numbers, and in training it had "
                f"{feature.length}; send vectors of the same model"
            )
        length = hypot(*value) or 1.0
        columns = list(range(feature.start, feature.start + feature.width))
        return columns, [1.0, *(number / length for number in value)]

    def _category(self, name: str, values: tuple[str, ...], value_masked: bool) -> Entries:
        if name not in self.categories:
            return [], []
        start, known = self.categories[name]
        if value_masked:
            found = [start + 1] if values else []
        else:
            found = [known.get(value, start + 1) for value in values]
        if len(found) > 1:
            found = sorted(set(found))
        return [start, *found], [log2(1 + len(values)), *[1.0] * len(found)]


def _frequent(counts: Counter[str], limit: int) -> list[str]:
    known = [value for value, dialogues in counts.items() if dialogues >= MIN_DIALOGUES]
    return sorted(sorted(known, key=lambda value: (-counts[value], value))[:limit])


def _mean_and_scale(numbers: Counter[float]) -> dict[str, float]:
    """Mean and standard deviation, 1 where that is 0; `numbers` are counted, not listed."""
    ordered = sorted(numbers.items())  # in whichever order they were met
    values = np.clip([number for number, _ in ordered], -1e30, 1e30)
    counts = [count for _, count in ordered]
    mean = np.average(values, weights=counts)
    scale = np.sqrt(np.average((values - mean) ** 2, weights=counts))
    return {"mean": float(mean), "scale": float(scale) or 1.0}
