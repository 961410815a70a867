"""What another policy would do otherwise on the same dialogues."""

from __future__ import annotations

import numpy as np

from cueline.page.answers import ChangeAnswer, ChangesAnswer
from cueline.page.judged import Judged

MOST = 100
"""Changed turns told."""


def changes(before: Judged, after: Judged) -> ChangesAnswer:
    """The turns that two policies decide differently; their action spaces may differ too."""
    was, now = before.right, after.right
    one, other = (_names(judged) for judged in (before, after))
    differs = np.array([one[n] != other[n] for n in range(len(was))], bool)
    kinds = [was & ~now, now & ~was, differs & ~was & ~now]
    told = np.concatenate([np.flatnonzero(kind) for kind in kinds])[:MOST]
    return ChangesAnswer(
        len(was),
        int(kinds[1].sum()),
        int(kinds[0].sum()),
        int(kinds[2].sum()),
        [_change(before, n, one[n], other[n]) for n in told.tolist()],
    )


def _names(judged: Judged) -> list[tuple[str, ...]]:
    """What is decided at each answer."""
    names = judged.policy.actions.names
    found: list[list[str]] = [[] for _ in judged.right]
    for row, bit in zip(*(axis.tolist() for axis in judged.decided.bits.nonzero()), strict=True):
        found[row].append(names[bit])
    return [tuple(sorted(actions)) for actions in found]


def _change(
    judged: Judged, answer: int, before: tuple[str, ...], after: tuple[str, ...]
) -> ChangeAnswer:
    number, turn = int(judged.answers.dialogue[answer]), int(judged.answers.turn[answer])
    dialogue = judged.dialogues[number]
    return ChangeAnswer(
        number,
        dialogue.id,
        turn,
        dialogue.turns[turn].user,
        judged.expected(answer),
        list(before),
        list(after),
    )
