"""Splits by whole dialogues, seeded, and by whole groups where dialogues belong together."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

from cueline.dialogue import Dialogue
from cueline.errors import CorpusError


def split(
    dialogues: Sequence[Dialogue], fraction: float, seed: int = 0, group: str | None = None
) -> tuple[list[Dialogue], list[Dialogue]]:
    """Part `dialogues` into a larger and a smaller part, both in the order given.

    About `fraction` of the groups go to the smaller part, at least one where there are two.
    A group is one dialogue, or all dialogues with the same `meta[group]`, so that no customer or
    scenario stands on both sides. Which groups go where depends on their names and `seed` alone,
    not on the order of the corpus.
    """
    if not 0 <= fraction < 1:
        raise CorpusError(f"a split takes a fraction from 0 to below 1, not {fraction}")
    keys = [_key(dialogue, group) for dialogue in dialogues]
    names = sorted(set(keys), key=lambda name: (_draw(name, seed), name))
    size = min(round(fraction * len(names)) or int(fraction > 0), len(names) - 1)
    chosen = set(names[: max(size, 0)])
    pairs = list(zip(dialogues, keys, strict=True))
    return [d for d, key in pairs if key not in chosen], [d for d, key in pairs if key in chosen]


def _key(dialogue: Dialogue, group: str | None) -> str:
    if group is None:
        return dialogue.id
    if group not in dialogue.meta:
        raise CorpusError(f"dialogue {dialogue.id!r} has no meta key {group!r} to group by")
    return str(dialogue.meta[group])


def _draw(name: str, seed: int) -> bytes:
    return blake2b(name.encode(), digest_size=8, key=str(seed).encode()).digest()
