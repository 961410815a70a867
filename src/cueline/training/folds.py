"""Which dialogues of training are scored by networks that do not learn from them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from cueline.corpus.transforms.split import draw_of, group_of
from cueline.corpus.transforms.talks import JOINS, PIECES
from cueline.dialogue import Dialogue
from cueline.types import Bits

ALL_CROSS_FITTED = 300
"""Dialogues up to which every one is scored; of more, a third, by one network."""
NONE_CROSS_FITTED = 4000
"""Dialogues from which the held-out ones suffice."""


class Folds(NamedTuple):
    """Which dialogues are kept from the network of each of `K` folds, and which it scores."""

    kept_out: Bits
    """*Shape:* (D, K)."""
    scored: Bits
    """Those of them that are no talk made of others. *Shape:* (D, K)."""
    fresh: Bits
    """The held-out dialogues that are no talk made of those learned from. *Shape:* (H,)."""

    @classmethod
    def none(cls) -> Folds:
        """No fold."""
        empty = np.zeros((0, 0), bool)
        return cls(empty, empty, np.zeros(0, bool))

    @classmethod
    def of(
        cls,
        dialogues: Iterable[Dialogue],
        held_out: Iterable[Dialogue],
        seed: int,
        group: str | None,
    ) -> Folds:
        """Dealt by `meta[group]`, or by story or id; a talk is kept out where a piece of it is."""
        names: dict[str, str] = {}
        pieces: list[list[str]] = []
        talks: list[bool] = []
        for one in dialogues:
            talks.append(PIECES in one.meta)
            pieces.append(one.meta[PIECES] if talks[-1] else [one.id])
            if not talks[-1]:
                names[one.id] = (
                    str(one.meta["story"]) if JOINS in one.meta else group_of(one, group)
                )
        groups = sorted(set(names.values()), key=lambda name: draw_of(name, seed))
        parts, folds = fold_counts(len(groups))
        place = {name: number % parts for number, name in enumerate(groups)}
        inside = [{place[names[one]] for one in ids} for ids in pieces]
        kept_out = np.array([[fold in some for fold in range(folds)] for some in inside], bool)
        kept_out = kept_out.reshape(len(pieces), folds)
        fresh = [names.keys().isdisjoint(one.meta.get(PIECES, ())) for one in held_out]
        return cls(kept_out, kept_out & ~np.array(talks, bool)[:, None], np.array(fresh, bool))


def fold_counts(groups: int) -> tuple[int, int]:
    """Into how many parts that number of groups is dealt, and how many of them are scored."""
    if groups < 2 or groups >= NONE_CROSS_FITTED:
        return 1, 0
    if groups > ALL_CROSS_FITTED:
        return 3, 1
    parts = min(10 if groups <= 20 else 5, groups)
    return parts, parts
