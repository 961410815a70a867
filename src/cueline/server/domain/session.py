"""One dialogue in memory: made from its events, moved on by a turn; nothing here is stored."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from cueline.policy import Policy, State
from cueline.server.domain.policies import Policies
from cueline.server.domain.state_replay import follow, known, pinned, retrace, turns
from cueline.server.events import ShadowDecision, Stepped, decode, head_of
from cueline.server.schemas import StepRequest

SHARE = 16
"""Turns decided at a stretch before other dialogues get their turn."""


class ActingPolicy(NamedTuple):
    """A policy that acts in the dialogue, and its state there."""

    policy: Policy
    state: State


@dataclass(slots=True)
class Session:
    """A cache of the dialogue's events."""

    seq: int
    """How many events there are: the next free place."""
    turn: int
    """How many of them are turns."""
    last: str
    """The policy that decided last, or that it was opened with."""
    main: ActingPolicy
    shadow: ActingPolicy | None
    head: str
    """The hash of the last event."""
    keys: set[int]
    """Hashes of the idempotency keys of the turns that are stored."""


async def rebuild(stored: Sequence[bytes], policies: Policies) -> Session:
    """The session that the `stored` events lead to."""
    events = [decode(event) for event in stored]
    stepped = turns(events)
    last = pinned(events)
    main = policies.pinned(last)
    shadow = policies.shadow_of(main)
    return Session(
        len(events),
        len(stepped),
        last,
        await _acting(policies[main], stepped),
        None if shadow is None else await _acting(policies[shadow], stepped),
        head_of(stored[-1]),
        {hash(event.key) for event in stepped if event.key is not None},
    )


def current(session: Session, policies: Policies) -> bool:
    """Whether the session still follows the policies that it should."""
    main = session.main.policy.hash
    if main not in policies or policies.pinned(session.last) != main:
        return False
    shadow = None if session.shadow is None else session.shadow.policy.hash
    return shadow == policies.shadow_of(main)


def decide(
    session: Session, request: StepRequest, key: str | None, at: float
) -> tuple[Stepped, Session]:
    """The event of the next turn, and the session after it, its head yet to be known."""
    said = request.said
    policy, state = session.main
    if request.took is not None:
        state = policy.took(state, known(policy, request.took))
    decision, state = policy.act(said, state)
    event = Stepped(
        at=at,
        turn=session.turn,
        said=said,
        decision=decision,
        policy=policy.hash,
        took=request.took,
        key=key,
        digest=None if key is None else request.digest(),
    )
    shadow = session.shadow
    if shadow is not None:
        beside, shadow_state = follow(*shadow, event)
        record = ShadowDecision(shadow.policy.hash, beside)
        event = msgspec.structs.replace(event, shadow=record)
        shadow = ActingPolicy(shadow.policy, shadow_state)
    acting = ActingPolicy(policy, state)
    seq, turn = session.seq + 1, session.turn + 1
    return event, Session(seq, turn, policy.hash, acting, shadow, "", session.keys)


def recorded(session: Session, event: Stepped) -> tuple[Stepped, Session]:
    """`event`, decided and done elsewhere, as it is to be stored, and the session after it."""
    shadow = session.shadow
    if shadow is not None:
        beside, shadow_state = follow(*shadow, event)
        event = msgspec.structs.replace(event, shadow=ShadowDecision(shadow.policy.hash, beside))
        shadow = ActingPolicy(shadow.policy, shadow_state)
    policy, state = session.main
    acting = ActingPolicy(policy, follow(policy, state, event)[1])
    seq, turn = session.seq + 1, session.turn + 1
    return event, Session(seq, turn, event.policy, acting, shadow, "", session.keys)


async def _acting(policy: Policy, stepped: Sequence[Stepped]) -> ActingPolicy:
    state = policy.start()
    for count, (_, state) in enumerate(retrace(policy, stepped), start=1):  # noqa: B007
        if count % SHARE == 0:
            await asyncio.sleep(0)
    return ActingPolicy(policy, state)
