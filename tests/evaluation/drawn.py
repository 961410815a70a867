"""Decisions and right answers drawn at random, actions out of the space among them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st

from cueline.actions import ActionSpace
from cueline.baselines import DecisionArrays
from cueline.dataset.targets import turn_targets
from cueline.dialogue import Dialogue, Turn
from cueline.evaluation.answers import Answers

OWN = ("ask", "book", "close", "find")
FOREIGN = ("sing", "wave")


class Drawn(NamedTuple):
    dialogues: list[Dialogue]
    answers: Answers
    decided: DecisionArrays

    @property
    def expected(self) -> list[set[str]]:
        return [set(turn.actions or ()) for d in self.dialogues for turn in d.turns]

    @property
    def done(self) -> list[set[str]]:
        return [{OWN[bit] for bit in np.flatnonzero(bits)} for bits in self.decided.bits]

    def table(self, sets: list[set[str]]) -> npt.NDArray[Any]:
        """As scikit-learn has it. *Shape:* (N, M)."""
        return np.array([[name in one for name in self.answers.names] for one in sets])


def of(actions: list[list[tuple[str, ...]]], seed: int) -> Drawn:
    """Dialogues with those actions, and decisions that are often right."""
    dialogues = [
        Dialogue(str(number), tuple(Turn("hi", actions=names) for names in turns))
        for number, turns in enumerate(actions)
    ]
    answers = Answers.of(dialogues, ActionSpace(OWN), turn_targets)
    rng = np.random.default_rng(seed)
    rows = len(answers.bits)
    bits = np.where(rng.random((rows, 1)) < 0.5, answers.bits, rng.random((rows, 4)) < 0.3)
    confidence = rng.choice([0.0, 0.2, 1 / 3, 0.5, 0.97, 1.0], rows).astype(np.float32)
    return Drawn(dialogues, answers, DecisionArrays(bits, confidence, rng.integers(-1, 4, rows)))


sets = st.lists(st.sampled_from([*OWN, *FOREIGN]), unique=True, max_size=3).map(tuple)
singles = st.sampled_from([*OWN, *FOREIGN]).map(lambda name: (name,))


def corpora(sets: st.SearchStrategy[tuple[str, ...]] = sets) -> st.SearchStrategy[Drawn]:
    dialogues = st.lists(st.lists(sets, min_size=1, max_size=5), min_size=1, max_size=8)
    return st.builds(of, dialogues, st.integers(0, 1000))
