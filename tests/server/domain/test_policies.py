"""Policies change under live dialogues, and each dialogue knows which one decided what."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from cueline.dialogue import Dialogue, Turn
from cueline.server.domain.audit import replay
from cueline.server.domain.policies import MAX_LOADED, Policies
from cueline.server.domain.promotion_gate import PromotionGate
from cueline.server.domain.sessions import Sessions
from cueline.server.domain.state_replay import turns
from cueline.server.errors import PolicyRefusedError
from cueline.server.events import Corrected, decode, head_of, seal
from cueline.server.schemas import StepRequest
from cueline.server.stores.memory import MemoryStore
from tests.server.acting import policy
from tests.server.conftest import run

OLD, NEW, THIRD = policy(0), policy(1), policy(2)
SAID = [StepRequest(text) for text in ("find me a table", "for two", "yes", "thanks")]


def alone(which: int, count: int) -> list[tuple[str, ...]]:
    state, decided = policy(which).start(), []
    for request in SAID[:count]:
        decision, state = policy(which).act(request.said, state)
        decided.append(decision.actions)
    return decided


def test_a_dialogue_stays_with_the_policy_it_began_with() -> None:
    async def check() -> None:
        store = MemoryStore()
        sessions = Sessions(store, Policies(OLD))
        old = await sessions.open()
        await sessions.step(old, SAID[0])
        sessions.policies.add(NEW)
        sessions.policies.swap(NEW.hash)
        new = await sessions.open()
        for request in SAID[1:]:
            assert (await sessions.step(old, request)).event.policy == OLD.hash
        for request in SAID:
            assert (await sessions.step(new, request)).event.policy == NEW.hash
        for dialogue, which in ((old, 0), (new, 1)):
            events = turns(await sessions.events(dialogue))
            assert [event.decision.actions for event in events] == alone(which, 4)
        assert (await replay(store, [OLD, NEW])).clean

    run(check())


def test_who_decides_next_does_not_hang_on_what_memory_holds() -> None:
    async def check() -> None:
        store = MemoryStore()
        for cached in (0, 100):
            sessions = Sessions(store, Policies(OLD, [NEW, THIRD]), cached=cached)
            dialogue = await sessions.open()
            await sessions.step(dialogue, SAID[0])
            sessions.policies.swap(NEW.hash, replay=True)
            await sessions.correct(
                dialogue, Corrected(0.0, 0, ("book",))
            )  # loads it, for the new policy
            sessions.policies.swap(THIRD.hash)
            assert (await sessions.step(dialogue, SAID[1])).event.policy == THIRD.hash

    run(check())


def test_one_call_rolls_back_and_another_forth() -> None:
    policies = Policies(OLD, [NEW])
    with pytest.raises(PolicyRefusedError, match="nothing to roll back"):
        policies.roll_back()
    policies.swap(NEW.hash)
    policies.roll_back()
    assert (policies.current, policies.previous) == (OLD.hash, NEW.hash)
    policies.roll_back()
    assert (policies.current, policies.previous) == (NEW.hash, OLD.hash)
    with pytest.raises(PolicyRefusedError, match="not loaded"):
        policies.swap("nowhere")


def test_a_swap_with_replay_takes_live_dialogues_along_and_a_rollback_brings_them_back() -> None:
    async def check() -> None:
        store = MemoryStore()
        sessions = Sessions(store, Policies(OLD, [NEW]))
        dialogue = await sessions.open()
        for request in SAID[:2]:
            await sessions.step(dialogue, request)
        sessions.policies.swap(NEW.hash, replay=True)
        moved = (await sessions.step(dialogue, SAID[2])).event
        assert moved.policy == NEW.hash
        state = NEW.start()
        for event in turns(await sessions.events(dialogue))[:2]:
            _, state = NEW.act(replace(event.said, actions=event.decision.actions), state)
        assert moved.decision.probabilities == NEW.act(SAID[2].said, state)[0].probabilities
        sessions.policies.roll_back()
        assert (await sessions.step(dialogue, SAID[3])).event.policy == OLD.hash
        assert (await replay(store, [OLD, NEW])).clean

    run(check())


def test_where_a_policy_is_no_longer_loaded_the_current_one_takes_over() -> None:
    async def check() -> None:
        store = MemoryStore()
        dialogue = await Sessions(store, Policies(OLD)).open()
        restarted = Sessions(store, Policies(NEW))
        for request in SAID:
            assert (await restarted.step(dialogue, request)).event.policy == NEW.hash
        assert (await replay(store, [NEW])).clean

    run(check())


def test_a_shadow_decides_beside_and_changes_nothing() -> None:
    async def check() -> None:
        store = MemoryStore()
        sessions = Sessions(store, Policies(OLD, [NEW]))
        dialogue = await sessions.open()
        await sessions.step(dialogue, SAID[0])
        sessions.policies.set_shadow(NEW.hash)
        for request in SAID[1:3]:
            event = (await sessions.step(dialogue, request)).event
            assert event.shadow is not None
            assert event.shadow.policy == NEW.hash
        sessions.policies.set_shadow(None)
        assert (await sessions.step(dialogue, SAID[3])).event.shadow is None
        events = turns(await sessions.events(dialogue))
        assert [event.decision.actions for event in events] == alone(0, 4)
        report = await replay(store, [OLD, NEW])
        assert report.clean
        assert report.decisions == 6
        with pytest.raises(PolicyRefusedError, match="its own shadow"):
            sessions.policies.set_shadow(OLD.hash)

    run(check())


def sealed(stored: list[bytes]) -> list[bytes]:
    made: list[bytes] = []
    for event in stored:
        made.append(seal(decode(event), head_of(made[-1]) if made else ""))
    return made


def test_a_replay_tells_of_what_does_not_come_out_as_stored() -> None:
    async def check() -> None:
        store = MemoryStore()
        sessions = Sessions(store, Policies(OLD))
        dialogue = await sessions.open()
        for request in SAID:
            await sessions.step(dialogue, request)
        assert (await replay(store, [OLD])).decisions == 4
        assert (await replay(store, [NEW])).missing == {OLD.hash: 4}
        stored = store._dialogues[dialogue].events
        honest = stored[2]
        # By someone who makes the chain of hashes anew, so that only deciding again can tell.
        stored[2] = honest.replace(b'"sure":true', b'"sure":false')
        stored[:] = sealed(stored)
        assert [found.turn for found in (await replay(store, [OLD])).differences] == [1]
        stored[2] = honest.replace(b'"for two"', b'"for six"')
        stored[:] = sealed(stored)
        assert not (await replay(store, [OLD])).clean
        stored[2] = stored[3]
        stored[:] = sealed(stored)
        found = (await replay(store, [OLD])).differences
        assert "turn 2 stands at place 1" in found[0].what

    run(check())


def test_a_replay_decides_by_the_risk_and_coverage_of_then() -> None:
    async def check() -> None:
        store = MemoryStore()
        dialogue = await Sessions(store, Policies(OLD)).open()
        for number, request in enumerate(SAID):  # another choice each time the service starts
            chosen = OLD.at(risk=number / 10, coverage=0.5 + number / 10)
            shadow = NEW.at(risk=0.5)
            sessions = Sessions(store, Policies(chosen, [shadow]))
            sessions.policies.set_shadow(shadow.hash)
            event = (await sessions.step(dialogue, request)).event
            assert event.policy == OLD.hash
            assert (event.decision.risk, event.decision.coverage) == (
                number / 10,
                0.5 + number / 10,
            )
        report = await replay(store, [OLD, NEW])
        assert report.clean
        assert report.decisions == 8

    run(check())


def test_a_policy_passes_the_gate_or_does_not() -> None:
    async def check() -> None:
        store = MemoryStore()
        sessions = Sessions(store, Policies(OLD))
        dialogue = await sessions.open()
        for request in SAID:
            await sessions.step(dialogue, request)
        await sessions.correct(dialogue, Corrected(0.0, 0, alone(1, 1)[0]))
        answer = await PromotionGate().check(OLD, store)
        assert (answer.turns, answer.agreement) == (4, 1.0)
        answer = await PromotionGate().check(NEW, store)
        assert answer.agreement < 1
        assert (answer.corrected, answer.corrected_right) == (1, 1.0)
        with pytest.raises(PolicyRefusedError, match="live turns as before, 1.000 wanted"):
            await PromotionGate(agreement=1.0).check(NEW, store)
        right = Dialogue("d", (Turn("find me a table", actions=tuple(alone(1, 1)[0])),))
        assert (await PromotionGate([right], exact=1.0).check(NEW, store)).gate_exact == 1
        with pytest.raises(PolicyRefusedError, match="gate's turns right"):
            await PromotionGate([right], exact=1.0).check(OLD, store)

    run(check())


def test_no_more_policies_are_held_than_may_be_and_none_dropped_that_has_a_part() -> None:
    shadow, previous = policy(100), policy(101)
    policies = Policies(previous, [shadow, OLD])
    policies.swap(OLD.hash)
    policies.set_shadow(shadow.hash)
    for seed in range(1, MAX_LOADED + 4):
        policies.add(policy(seed))
    assert len(policies.loaded) == MAX_LOADED
    assert {OLD.hash, shadow.hash, previous.hash} <= set(policies.loaded)
