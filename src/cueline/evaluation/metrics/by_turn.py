"""Where in a dialogue it goes wrong: by the number of the turn, and dialogue by dialogue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cueline.dialogue import Dialogue
from cueline.evaluation.answers import Answers

Right = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class TurnFigures:
    """The turns of one number, those of all dialogues that have it together."""

    turn: int
    """From 0."""
    turns: int
    exact: float
    """Share of them that are right."""
    free_running: float | None
    """The same when the policy is left to itself."""
    flawless: int
    """Dialogues without a wrong turn before this one."""
    first_wrong: int
    """Flawless dialogues that go wrong here."""


@dataclass(frozen=True, kw_only=True)
class DialogueFigures:
    """One dialogue."""

    id: str
    turns: int
    right: int
    first_wrong: int | None
    """The number of its first wrong turn."""


def by_turn(answers: Answers, right: Right, free: Right | None) -> tuple[TurnFigures, ...]:
    """The turns by number; `free` are those right when free-running. *Shapes:* (N,), (N,)."""
    flawless = _wrong_before(answers, right) == 0
    return tuple(
        TurnFigures(
            turn=turn,
            turns=int(here.sum()),
            exact=float(right[here].mean()),
            free_running=None if free is None else float(free[here].mean()),
            flawless=int(flawless[here].sum()),
            first_wrong=int((flawless & ~right)[here].sum()),
        )
        for turn in np.unique(answers.turn).tolist()
        for here in [answers.turn == turn]
    )


def by_dialogue(
    answers: Answers, right: Right, dialogues: Sequence[Dialogue]
) -> tuple[DialogueFigures, ...]:
    """The dialogues in the order of the corpus. *Shape:* (N,)."""
    firsts = ~right & (_wrong_before(answers, right) == 0)
    first_wrong = dict(
        zip(answers.dialogue[firsts].tolist(), answers.turn[firsts].tolist(), strict=True)
    )
    turns = np.diff(answers.starts).tolist()
    rights = np.bincount(answers.dialogue, right, minlength=len(turns)).astype(int).tolist()
    return tuple(
        DialogueFigures(id=d.id, turns=of, right=so_many, first_wrong=first_wrong.get(number))
        for number, (d, of, so_many) in enumerate(zip(dialogues, turns, rights, strict=True))
    )


def _wrong_before(answers: Answers, right: Right) -> npt.NDArray[np.int64]:
    """How many earlier turns of its dialogue are wrong. *Shapes:* (N,) -> (N,)."""
    wrong = np.concatenate([[0], np.cumsum(~right)])
    return np.asarray(wrong[:-1] - wrong[answers.starts[answers.dialogue]])
