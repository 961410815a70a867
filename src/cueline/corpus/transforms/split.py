"""Splits by whole dialogues, seeded, and by whole groups where dialogues belong together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import blake2b

import numpy as np

from cueline.dialogue import Dialogue
from cueline.errors import CorpusError
from cueline.types import Bits


def split(
    dialogues: Sequence[Dialogue], fraction: float, seed: int = 0, group: str | None = None
) -> tuple[list[Dialogue], list[Dialogue]]:
    """Part `dialogues` into a larger and a smaller part, both in the order given.

    `smaller_part` says which go where.
    """
    return parted(dialogues, smaller_part(dialogues, fraction, seed, group))


def parted(dialogues: Sequence[Dialogue], second: Bits) -> tuple[list[Dialogue], list[Dialogue]]:
    """The others, and those that are `second`. *Shape:* (D,)."""
    pairs = list(zip(dialogues, second.tolist(), strict=True))
    return [d for d, one in pairs if not one], [d for d, one in pairs if one]


def smaller_part(
    dialogues: Iterable[Dialogue],
    fraction: float,
    seed: int = 0,
    group: str | None = None,
    most: int | None = None,
) -> Bits:
    """Which of `dialogues`, perhaps a stream, go to the smaller part of a split. *Shape:* (D,).

    About `fraction` of the groups do, at least one where there are two; fewer, but one, where they
    would be more than `most` dialogues. A group is one dialogue, or all dialogues with the same
    `meta[group]`, so that no customer or scenario stands on both sides. Which groups go where
    depends on their names and `seed` alone, not on the order of the corpus.
    """
    if not 0 <= fraction < 1:
        raise CorpusError(f"a split takes a fraction from 0 to below 1, not {fraction}")
    draws = np.fromiter(
        (draw_of(group_of(dialogue, group), seed) for dialogue in dialogues), np.uint64
    )
    groups, sizes = np.unique(draws, return_counts=True)
    count = min(round(fraction * len(groups)) or int(fraction > 0), len(groups) - 1)
    if most is not None:
        count = min(count, max(int((np.cumsum(sizes) <= most).sum()), 1))
    return np.isin(draws, groups[: max(count, 0)])


def group_of(dialogue: Dialogue, group: str | None) -> str:
    """The name of the group that a dialogue is in: its id where nothing says more."""
    if group is None:
        return dialogue.id
    if group not in dialogue.meta:
        raise CorpusError(f"dialogue {dialogue.id!r} has no meta key {group!r} to group by")
    return str(dialogue.meta[group])


def draw_of(name: str, seed: int) -> int:
    """A name's number of 64 bits: no two of a corpus have the same, but for a freak of chance."""
    digest = blake2b(name.encode(), digest_size=8, key=str(seed).encode()).digest()
    return int.from_bytes(digest, "big")
