"""The gate that a new policy passes before it may answer: a corpus, and what is live right now."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta, Struct

from cueline.dialogue import Dialogue
from cueline.policy import Policy
from cueline.server.domain.agreement import Agreement
from cueline.server.errors import PolicyRefusedError
from cueline.server.events import decode
from cueline.server.schemas import GateAnswer
from cueline.server.stores.base import Store, every

Share = Annotated[float, Meta(ge=0, le=1)]


class PromotionGate(Struct, frozen=True):
    """What a policy must reach; the defaults let everything through that loads."""

    corpus: Sequence[Dialogue] = ()
    exact: Share = 0.0
    """Share of the corpus's turns whose whole set of actions must be right."""
    agreement: Share = 0.0
    """Share of live turns at which it must decide what was decided."""
    dialogues: int = 1_000
    """Live dialogues replayed to it; their ids are random, so these are a sample."""

    async def check(self, policy: Policy, store: Store) -> GateAnswer:
        """Replay the corpus and live dialogues to `policy`; raises `PolicyRefusedError`."""
        gate_turns, right = 0, 0
        for dialogue in self.corpus:
            count, exact = _exact(policy, dialogue)
            gate_turns, right = gate_turns + count, right + exact
            await asyncio.sleep(0)
        dialogues, seen = 0, Agreement()
        async for _, stored in every(store):
            if dialogues == self.dialogues:
                break
            seen.see(policy, [decode(event) for event in stored])
            dialogues += 1
        answer = GateAnswer(
            policy.hash,
            dialogues,
            seen.turns,
            _share(seen.agreed, seen.turns),
            seen.corrected,
            _share(seen.corrected_right, seen.corrected),
            gate_turns,
            _share(right, gate_turns),
        )
        if answer.gate_exact < self.exact:
            raise PolicyRefusedError(
                _shut("of the gate's turns right", answer.gate_exact, self.exact)
            )
        if answer.agreement < self.agreement:
            raise PolicyRefusedError(
                _shut("of live turns as before", answer.agreement, self.agreement)
            )
        return answer


def _exact(policy: Policy, dialogue: Dialogue) -> tuple[int, int]:
    state, right = policy.start(), 0
    for turn in dialogue.turns:
        decision, state = policy.act(turn, state)
        right += set(decision.actions) == set(turn.actions or ())
    return len(dialogue.turns), right


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0


def _shut(what: str, reached: float, wanted: float) -> str:
    return f"the gate is shut: {reached:.3f} {what}, {wanted:.3f} wanted; train on"
