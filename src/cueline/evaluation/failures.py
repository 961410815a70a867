"""The first wrong turn of each dialogue: what it takes to see why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cueline.baselines import DecisionArrays
from cueline.dialogue import Dialogue
from cueline.evaluation.answers import Answers


@dataclass(frozen=True, kw_only=True)
class Failure:
    """The first wrong turn of a dialogue."""

    dialogue: str
    turn: int
    """Its number, from 0."""
    user: str | None
    expected: tuple[str, ...]
    decided: tuple[str, ...]
    confidence: float


def failures(
    decided: DecisionArrays, answers: Answers, dialogues: Sequence[Dialogue]
) -> tuple[Failure, ...]:
    """The first wrong turn of each dialogue, in the order of the corpus."""
    wrong = np.flatnonzero(~answers.right(decided.bits))
    numbers, first = np.unique(answers.dialogue[wrong], return_index=True)
    return tuple(
        _failure(dialogues[number], row, decided, answers)
        for number, row in zip(numbers.tolist(), wrong[first].tolist(), strict=True)
    )


def _failure(dialogue: Dialogue, row: int, decided: DecisionArrays, answers: Answers) -> Failure:
    turn = int(answers.turn[row])
    return Failure(
        dialogue=dialogue.id,
        turn=turn,
        user=dialogue.turns[turn].user,
        expected=answers.expected(row),
        decided=answers.named(decided.bits[row]),
        confidence=round(float(decided.confidence[row]), 6),
    )
