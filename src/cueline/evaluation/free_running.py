"""A policy left to itself: what it decided, not what the corpus says was done, is what went before.

Elsewhere the previous actions are those of the corpus ("teacher forcing"; Williams and Zipser,
1989), so a mistake costs one turn. Live it is seen by every later turn, and one can lead to the
next (exposure bias; Ranzato et al., 2016). What the user says, the features and what is available
stay those of the corpus, though after another action a user would often have said something else.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cueline.baselines import DecisionArrays, decision_arrays
from cueline.dialogue import Dialogue
from cueline.policy import Policy


def free_run(policy: Policy, dialogues: Sequence[Dialogue]) -> DecisionArrays:
    """The decisions at every turn, one dialogue after the other, as `policy.act` makes them.

    All dialogues take a step at a time, side by side, the longest first.
    """
    lengths = np.array([len(dialogue.turns) for dialogue in dialogues])
    longest_first = np.argsort(-lengths, kind="stable")
    starts = np.cumsum(lengths) - lengths
    states = [policy.start()] * len(dialogues)
    parts, places = [], []
    for step in range(lengths.max(initial=0)):
        rows = longest_first[: np.count_nonzero(lengths > step)]
        turns = [dialogues[row].turns[step] for row in rows.tolist()]
        logits, allowed, new, states = policy.step(turns, states[: len(rows)])
        decided = decision_arrays(policy.decision_model, logits, allowed, new)
        states = [
            policy.took(state, policy.actions.named(bits))
            for state, bits in zip(states, decided.bits, strict=True)
        ]
        parts.append(decided)
        places.append(starts[rows] + step)
    in_order = np.argsort(np.concatenate(places))
    return DecisionArrays(
        *(np.concatenate(column)[in_order] for column in zip(*parts, strict=True))
    )
