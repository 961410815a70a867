"""A turn that one policy decided, as another one sees it."""

from __future__ import annotations

from msgspec.structs import replace

from cueline.dialogue import Turn
from cueline.server.domain.state_replay import follow
from cueline.server.events import Stepped
from cueline.settings import NetworkSettings
from tests.policies import random_policy


def test_a_vector_of_another_length_is_not_seen() -> None:
    policy = random_policy(NetworkSettings(embedding=5, units=7))
    said = Turn("find a table", {"meaning": (1.0, 2.0), "city": "rome"})
    decision, _ = policy.act(replace(said, features={"city": "rome"}), policy.start())
    event = Stepped(at=0.0, turn=0, said=said, decision=decision, policy="another")
    assert follow(policy, policy.start(), event)[0] == decision
    seen = replace(said, features={"meaning": (1.0, 2.0, 3.0), "city": "rome"})
    expected, _ = policy.act(seen, policy.start())
    assert follow(policy, policy.start(), replace(event, said=seen))[0] == expected
    assert expected.probabilities != decision.probabilities
