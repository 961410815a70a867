"""What acting gives, turn by turn, and `policy.arrays` with more padding than they need."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from cueline.dialogue import Dialogue
from cueline.policy import Policy

Inputs = dict[str, npt.NDArray[Any]]
FILL = {"words": 1, "word_weight": 0, "context": 7, "allowed": 1}


def padded(inputs: Inputs, turns: int, words: int) -> Inputs:
    """`policy.arrays(...)["x"]` filled up with what must not matter, to `turns` of `words`."""
    filled = {}
    for name, array in inputs.items():
        more = [(0, 0), (0, turns - array.shape[1]), *[(0, 0)] * (array.ndim - 2)]
        if name in ("words", "word_weight"):
            more[2] = (0, words - array.shape[2])
        filled[name] = np.pad(array, more, constant_values=FILL[name])
    return filled


def acted(policy: Policy, dialogue: Dialogue) -> npt.NDArray[np.float32]:
    """The probabilities that acting turn by turn gives. *Shape:* (T, A)."""
    state, rows = policy.start(), []
    for turn in dialogue.turns:
        decision, state = policy.act(turn, state)
        rows.append(list(decision.probabilities.values()))
    return np.array(rows, np.float32)
