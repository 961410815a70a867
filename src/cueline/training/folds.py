"""Which dialogues of training are scored by networks that do not learn from them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

import numpy as np

from cueline.corpus.transforms.kinds import Kinds, find_kinds
from cueline.corpus.transforms.split import draw_of, group_of
from cueline.corpus.transforms.story_concatenation import JOINS, PIECES
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
    """Those of them that are not joined of others. *Shape:* (D, K)."""
    new_kind: Bits
    """Folds of dialogues of a kind of which the network sees no other. *Shape:* (K,)."""
    fresh: Bits
    """The held-out dialogues that are not joined of those learned from. *Shape:* (H,)."""
    kinds: Kinds | None = None
    """The kinds that the dialogues are of."""

    @classmethod
    def none(cls) -> Folds:
        """No fold."""
        nothing = np.zeros((0, 0), bool)
        return cls(nothing, nothing, nothing.ravel(), nothing.ravel())

    @classmethod
    def of(
        cls,
        dialogues: Iterable[Dialogue],
        held_out: Iterable[Dialogue],
        seed: int,
        group: str | None,
    ) -> Folds:
        """Dealt by `meta[group]`, or by story or id; one joined is kept out where a piece of it is.

        Then by the kinds that are found, where no `group` says what belongs together.
        """
        names: dict[str, str] = {}
        pieces: list[list[str]] = []
        joined: list[bool] = []
        for one in dialogues:
            joined.append(PIECES in one.meta)
            pieces.append(one.meta[PIECES] if joined[-1] else [one.id])
            if not joined[-1]:
                names[one.id] = (
                    str(one.meta["story"]) if JOINS in one.meta else group_of(one, group)
                )
        groups = [{names[one] for one in ids} for ids in pieces]
        kept_out, kinds = dealt(groups, len(pieces), seed), None
        new_kind = np.zeros(kept_out.shape[1], bool)
        if group is None and len(pieces) < NONE_CROSS_FITTED:
            kinds = find_kinds(dialogues)
        if kinds is not None:
            by_kind = dealt(kinds.names, len(pieces), seed)
            kept_out = np.concatenate([kept_out, by_kind], axis=1)
            new_kind = np.append(new_kind, np.ones(by_kind.shape[1], bool))
        fresh = [names.keys().isdisjoint(one.meta.get(PIECES, ())) for one in held_out]
        scored = kept_out & ~np.array(joined, bool)[:, None]
        return cls(kept_out, scored, new_kind, np.array(fresh, bool), kinds)


def dealt(groups: Sequence[AbstractSet[str]], dialogues: int, seed: int) -> Bits:
    """In which folds each dialogue is, by the groups that it is of. *Shape:* (D, K)."""
    names = sorted(frozenset().union(*groups), key=lambda name: draw_of(name, seed))
    parts, folds = fold_counts(len(names), dialogues)
    place = {name: number % parts for number, name in enumerate(names)}
    inside = [{place[name] for name in some} for some in groups]
    bits = np.array([[fold in some for fold in range(folds)] for some in inside], bool)
    return bits.reshape(len(groups), folds)


def fold_counts(groups: int, dialogues: int) -> tuple[int, int]:
    """Into how many parts that number of groups is dealt, and how many of them are scored."""
    if groups < 2 or dialogues >= NONE_CROSS_FITTED:
        return 1, 0
    if dialogues > ALL_CROSS_FITTED:
        return min(3, groups), 1
    parts = min(10 if dialogues <= 20 else 5, groups)
    return parts, parts
