"""What training has seen after the same turns, from the exact memory that a policy carries."""

from __future__ import annotations

import numpy as np

from cueline.baselines.fitting import due
from cueline.baselines.suffixes import Histories, Suffixes
from cueline.baselines.turn_keys import whole_turns
from cueline.dialogue import Dialogue
from cueline.features import Ragged
from cueline.page.answers import SeenAnswer
from cueline.policy import Policy


def recall(policy: Policy, dialogue: Dialogue) -> list[SeenAnswer | None]:
    """For each answer of `dialogue`, what came most often after its longest known history.

    None where not even the turn by itself was seen, or where the policy carries no baselines.
    """
    arrays, table = policy.baselines, policy.table([dialogue])
    if not arrays:
        return [None] * len(table.targets)
    histories = Histories(whole_turns(table), table.dialogues, due(table))
    memory = Suffixes.of(arrays, "memory")
    answers, shares = memory.find(histories)
    lengths = _known_lengths(memory, histories)
    sets = Ragged(arrays["sets.flat"], arrays["sets.starts"])
    return [
        SeenAnswer(length, [policy.actions.names[bit] for bit in sets[answer]], round(share, 4))
        if answer >= 0
        else None
        for answer, share, length in zip(answers.tolist(), shares.tolist(), lengths, strict=True)
    ]


def _known_lengths(memory: Suffixes, histories: Histories) -> list[int]:
    """Turns of the longest history that `memory` knows, for each answer that is due."""
    lengths = np.zeros(len(histories.due), np.int64)
    for length, (hashes, reaches) in enumerate(histories.suffixes(int(memory.longest[0]))):
        known = reaches & (lengths == length) & np.isin(hashes, memory.hashes)
        lengths[known] = length + 1
    return lengths.tolist()
