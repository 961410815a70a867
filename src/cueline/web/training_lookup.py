"""What training has seen of a turn, from the tables that a policy carries."""

from __future__ import annotations

import numpy as np

from cueline.baselines.counts import TargetCounts
from cueline.baselines.fitting import due
from cueline.baselines.ngram import Histories, NGram
from cueline.baselines.turn_hashes import whole_turns
from cueline.dataset import Ragged
from cueline.dataset.named_arrays import unflatten
from cueline.dialogue import Dialogue
from cueline.policy import Policy
from cueline.web.schemas import DoneAnswer, SeenAnswer

MAX_NAMED_SETS = 5
"""Sets of actions named."""


def recall(policy: Policy, dialogue: Dialogue) -> list[SeenAnswer | None]:
    """For each answer of `dialogue`: what was done at the same turn, and after the same history.

    None where the policy carries no such tables.
    """
    arrays, table = policy.baselines, policy.table([dialogue])
    if "seen.keys" not in arrays:
        return [None] * len(table.targets)
    histories = Histories(whole_turns(table), table.dialogues, due(table))
    seen, memory = unflatten(TargetCounts, arrays, "seen"), unflatten(NGram, arrays, "memory")
    sets = Ragged(arrays["sets.flat"], arrays["sets.starts"])

    def names(answer: int) -> list[str]:
        return [policy.actions.names[bit] for bit in sets[answer]] if answer >= 0 else []

    def seen_answer(key: np.uint64, length: int, answer: int) -> SeenAnswer:
        done = seen.of_key(key)
        named = [DoneAnswer(names(which), times) for which, times in done[:MAX_NAMED_SETS]]
        return SeenAnswer(sum(times for _, times in done), named, length, names(answer))

    keys, lengths = histories.keys[histories.due], _known_lengths(memory, histories)
    answers = memory.find(histories)[0].tolist()
    return [seen_answer(*one) for one in zip(keys, lengths, answers, strict=True)]


def _known_lengths(memory: NGram, histories: Histories) -> list[int]:
    """Turns of the longest history that `memory` knows, for each answer that is due."""
    lengths = np.zeros(len(histories.due), np.int64)
    for length, (hashes, reaches) in enumerate(histories.suffixes(int(memory.longest[0]))):
        known = reaches & (lengths == length) & np.isin(hashes, memory.hashes)
        lengths[known] = length + 1
    return lengths.tolist()
