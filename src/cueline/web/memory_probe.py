"""What each turn of a dialogue still knows of the earlier ones, with the memory and without it.

The lesson of `cueline shapes` on the policy itself, in NumPy: one turn is changed, and what that
does to the memory's output `h` at every later turn is measured.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from msgspec import structs

from cueline.dialogue import Turn
from cueline.policy import Decision, Policy, State
from cueline.web.schemas.shapes import KnownTurn, ShapesAnswer, SizesAnswer
from cueline.web.word_level import tagged_words, tagger_sizes

MAX_TURNS = 40
"""Turns looked at: each is changed once and all after it are run again."""
_Step = tuple[Decision, State]


def shapes(policy: Policy, turns: Sequence[Turn]) -> ShapesAnswer:
    """The first `MAX_TURNS` of `turns` as the layers of `policy` see them."""
    turns = turns[:MAX_TURNS]
    whole = _run(policy, turns, policy.start())
    starts = [policy.start(), *(state for _, state in whole)]
    known = np.zeros((len(turns), len(turns)))
    for number, turn in enumerate(turns):
        changed = [structs.replace(turn, user=None, features={}, spans=()), *turns[number + 1 :]]
        again = _run(policy, changed, starts[number], whole[number:])
        for later, ((_, state), (_, was)) in enumerate(zip(again, whole[number:], strict=True)):
            known[number + later, number] = _distance(state, was)
    alone = [
        policy.act(turn, structs.replace(policy.start(), previous=before.previous))
        for turn, before in zip(turns, starts, strict=False)
    ]
    return ShapesAnswer(
        _sizes(policy),
        tagger_sizes(policy),
        [
            KnownTurn(
                turn.user,
                len(policy.featurizer.turn(turn, ()).words),
                together[0].actions,
                silo[0].actions,
                round(_norm(together[1]), 4),
                round(_norm(silo[1]), 4),
                known[number, : number + 1].round(4).tolist(),
                tagged_words(policy, turn, starts[number]),
            )
            for number, (turn, together, silo) in enumerate(zip(turns, whole, alone, strict=True))
        ],
    )


def _run(
    policy: Policy, turns: Sequence[Turn], state: State, did: Sequence[_Step] = ()
) -> list[_Step]:
    """Decisions and states turn by turn; with `did`, what was done stays what was done there."""
    steps: list[_Step] = []
    for number, turn in enumerate(turns):
        decision, state = policy.act(turn, state)
        if did:
            state = structs.replace(state, previous=did[number][1].previous)
        steps.append((decision, state))
    return steps


def _sizes(policy: Policy) -> SizesAnswer:
    network = policy.settings.network
    encoding = network.encoder_units if network.encoder == "lstm" else network.embedding
    return SizesAnswer(
        network.encoder,
        network.memory,
        network.embedding,
        encoding,
        policy.featurizer.width,
        network.turn_units,
        network.units,
        len(policy.actions),
    )


def _norm(state: State) -> float:
    return float(np.linalg.norm(state.carry.hidden))


def _distance(one: State, other: State) -> float:
    """By how much `h` differs, in lengths of `h`."""
    gap = float(np.linalg.norm(one.carry.hidden - other.carry.hidden))
    return gap / max(_norm(other), 1e-9)
