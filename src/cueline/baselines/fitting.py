"""All baselines of a policy: fitted in training, kept as arrays, decided by in evaluation.

    majority  the set of actions done most often
    ngram     the set most frequent after the actions of the last three turns, or fewer
    linear    this turn alone: words, context, the actions just before
    memory    the set most frequent after the longest history that training has seen, text and all

All but the linear one count what was done. One further count decides nothing: the answers `seen` at
each distinct turn, which show what training has to say of a turn.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from cueline.baselines.counts import TargetCounts
from cueline.baselines.decision_arrays import DecisionArrays, decision_arrays
from cueline.baselines.linear import Inputs, Linear
from cueline.baselines.ngram import MAX_KEYS, Histories, NGram
from cueline.baselines.turn_hashes import previous_actions, whole_turns
from cueline.dataset import Dataset, Ragged
from cueline.dataset.named_arrays import flatten, unflatten
from cueline.dataset.slicing import drawn
from cueline.dataset.target_bits import TargetBits
from cueline.features import Featurizer
from cueline.policy.decisions.decision_model import DecisionModel
from cueline.types import Bits, Ints, NamedArrays

NAMES = ("majority", "ngram", "linear", "memory")
NGRAM = 3
MAX_HISTORY = 50
"""The exact memory looks back at most this number of turns."""

MAX_TURNS = 200_000
"""They are fitted to at most this number of turns: they are to be beaten, not to fill memory."""


def fit(
    dataset: Dataset,
    held_out: Dataset,
    featurizer: Featurizer,
    decision_model: DecisionModel,
    seed: int = 0,
) -> NamedArrays:
    """The baselines of `dataset`; the linear one decides by `decision_model`, stops by `held_out`.

    With more than `MAX_TURNS` turns, dialogues are drawn at random by `seed`.
    The same arguments give the same arrays.
    """
    dataset = drawn(dataset, MAX_TURNS, np.random.default_rng(seed))
    sets, answer, share = _target_sets(dataset.targets)
    actions, words = len(featurizer.actions), len(featurizer.vocabulary)
    ngram = NGram.fit(_histories(dataset, previous_actions(dataset, actions)), answer, NGRAM)
    turns = whole_turns(dataset)
    memory = NGram.fit(_histories(dataset, turns), answer, MAX_HISTORY)
    linear = Linear.fit(
        Inputs.of(dataset, due(dataset), words),
        TargetBits.of(dataset, decision_model.distribution.n_actions),
        decision_model,
        Inputs.of(held_out, due(held_out), words),
        TargetBits.of(held_out, decision_model.distribution.n_actions),
    )
    return {
        "sets.flat": sets.flat,
        "sets.starts": sets.starts,
        "majority.share": np.array([share], np.float16),
        **flatten(ngram, "ngram"),
        **flatten(linear, "linear"),
        **flatten(memory, "memory"),
        **flatten(TargetCounts.fit(turns[due(dataset)], answer).most_seen(MAX_KEYS), "seen"),
    }


def decide(
    arrays: NamedArrays, dataset: Dataset, featurizer: Featurizer, decision_model: DecisionModel
) -> dict[str, DecisionArrays]:
    """What each baseline decides at every answer of `dataset`, by name.

    They keep to the action masks, as the policy does.
    """
    actions, words = len(featurizer.actions), len(featurizer.vocabulary)
    allowed = dataset.allowed(decision_model.distribution.n_actions)
    sets = _AnswerSets(arrays, allowed)
    ngram = _histories(dataset, previous_actions(dataset, actions))
    linear = unflatten(Linear, arrays, "linear")
    logits = linear.logits(Inputs.of(dataset, due(dataset), words))
    memory = _histories(dataset, whole_turns(dataset))
    return {
        "majority": sets.decided(np.full(len(dataset.targets), -1), np.zeros(len(dataset.targets))),
        "ngram": sets.decided(*unflatten(NGram, arrays, "ngram").find(ngram)),
        "linear": decision_arrays(linear.decision_model(decision_model), logits, allowed),
        "memory": sets.decided(*unflatten(NGram, arrays, "memory").find(memory)),
    }


def target_sets(arrays: NamedArrays) -> list[list[int]]:
    """Bit numbers of every set of actions done in training, however rare; none without arrays."""
    if not arrays:
        return []
    sets = Ragged(arrays["sets.flat"], arrays["sets.starts"])
    return [sets[row].tolist() for row in range(len(sets))]


def due(dataset: Dataset) -> Ints:
    """The turns at which the answers are due: all, or the last one of each dialogue."""
    turns = int(dataset.dialogues[-1])
    return np.arange(turns) if len(dataset.targets) == turns else dataset.dialogues[1:] - 1


class _AnswerSets:
    """From the number of an answer to a decision; -1 stands for the majority's."""

    def __init__(self, arrays: NamedArrays, allowed: Bits) -> None:
        self.sets = Ragged(arrays["sets.flat"], arrays["sets.starts"])
        self.share = float(arrays["majority.share"][0])
        self.allowed = allowed

    def decided(self, answers: Ints, shares: npt.NDArray[Any]) -> DecisionArrays:
        known = answers >= 0
        chosen = self.sets.take(np.where(known, answers, 0))
        bits = np.zeros_like(self.allowed)
        bits[chosen.row_of_each(), chosen.flat] = True
        bits &= self.allowed
        confidence = np.where(known, shares, self.share).astype(np.float32)
        return DecisionArrays(bits, confidence, np.where(bits.any(axis=1), bits.argmax(axis=1), -1))


def _target_sets(targets: Ragged) -> tuple[Ragged, Ints, float]:
    """The distinct sets, the most frequent first; each row's number; the share of the first."""
    rows = [tuple(targets[row].tolist()) for row in range(len(targets))]
    counts: dict[tuple[int, ...], int] = {}
    for row in rows:
        counts[row] = counts.get(row, 0) + 1
    ranked = sorted(counts, key=lambda row: (-counts[row], row))
    number = {row: place for place, row in enumerate(ranked)}
    answer = np.array([number[row] for row in rows], np.int64)
    return Ragged.of(ranked, np.int32), answer, counts[ranked[0]] / len(rows)


def _histories(dataset: Dataset, keys: npt.NDArray[np.uint64]) -> Histories:
    return Histories(keys, dataset.dialogues, due(dataset))
