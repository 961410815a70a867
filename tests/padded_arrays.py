"""Dialogues as the padded arrays that `policy.keras_model()` and the ONNX graph take."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from cueline.dialogue import Dialogue
from cueline.policy import Policy


def padded(
    policy: Policy, dialogues: Sequence[Dialogue], least_turns: int = 0, least_words: int = 0
) -> dict[str, npt.NDArray[Any]]:
    """`words`, `word_weight`, `context` and `allowed`, padded on the right."""
    vectors = [_vectors(policy, dialogue) for dialogue in dialogues]
    rows, steps = len(vectors), max(least_turns, *map(len, vectors))
    width = max(least_words, 1, *(len(v.words) for vs in vectors for v in vs))
    actions, ordered = len(policy.actions), policy.settings.network.encoder == "lstm"
    words = np.zeros((rows, steps, width), np.int64)
    weight = np.zeros((rows, steps, width), np.float32)
    context = np.zeros((rows, steps, policy.featurizer.width), np.float32)
    allowed = np.ones((rows, steps, actions), np.float32)
    for row, dialogue in enumerate(dialogues):
        for step, (turn, vector) in enumerate(zip(dialogue.turns, vectors[row], strict=True)):
            count = len(vector.words)
            words[row, step, :count] = vector.words
            if count:
                place = slice(count - 1, count) if ordered else slice(0, count)
                weight[row, step, place] = 1 if ordered else 1 / np.sqrt(count)
            context[row, step, list(vector.columns)] = vector.values
            if turn.available is not None:
                allowed[row, step] = policy.actions.bits(turn.available)
    return {"words": words, "word_weight": weight, "context": context, "allowed": allowed}


def _vectors(policy: Policy, dialogue: Dialogue) -> list[Any]:
    vectors, previous = [], []
    for turn in dialogue.turns:
        vectors.append(policy.featurizer.turn(turn, previous))
        previous = policy.featurizer.action_space.ids(turn.actions or ())
    return vectors


def acted(policy: Policy, dialogue: Dialogue) -> npt.NDArray[np.float32]:
    """The probabilities that acting turn by turn gives. *Shape:* (T, A)."""
    state, rows = policy.start(), []
    for turn in dialogue.turns:
        decision, state = policy.act(turn, state)
        rows.append(list(decision.probabilities.values()))
    return np.array(rows, np.float32)
