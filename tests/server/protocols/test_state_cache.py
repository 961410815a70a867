"""What is remembered of a dialogue changes no number, whatever was asked before."""

from __future__ import annotations

import asyncio

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from cueline.dialogue import Turn
from cueline.policy import Policy, State
from cueline.server.protocols import state_cache
from cueline.server.protocols.state_cache import StateCache
from tests.server.acting import ACTIONS, WORDS, policy

turns = st.builds(
    Turn,
    st.one_of(st.none(), st.lists(st.sampled_from(WORDS), max_size=2).map(" ".join)),
    features=st.dictionaries(st.sampled_from(["area", "db_count"]), st.sampled_from(["w", "e"])),
    actions=st.lists(st.sampled_from(ACTIONS), max_size=2, unique=True).map(tuple),
)


def anew(acting: Policy, past: list[Turn]) -> State:
    state = acting.start()
    for turn in past:
        _, state = acting.act(turn, state)
    return state


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1), st.lists(turns, max_size=3)), max_size=6))
def test_a_state_is_what_it_would_be_without(asked: list[tuple[int, list[Turn]]]) -> None:
    """Dialogues grow, branch and begin anew, with two policies."""
    cache, past = StateCache(), list[Turn]()
    for number, more in asked:
        past = [*past[: len(past) - number], *more]
        acting = policy(number)
        found, wanted = asyncio.run(cache.after(acting, past)), anew(acting, past)
        assert np.array_equal(found.carry.hidden, wanted.carry.hidden)
        assert np.array_equal(found.carry.cell, wanted.carry.cell)
        assert (found.previous, found.turn) == (wanted.previous, wanted.turn)


def test_a_dialogue_that_goes_on_costs_its_new_turns_alone() -> None:
    class Counting:
        hash, count = policy().hash, 0

        def start(self) -> State:
            return policy().start()

        def act(self, turn: Turn, state: State) -> tuple[object, State]:
            self.count += 1
            return policy().act(turn, state)

    acting, cache = Counting(), StateCache()
    past = [Turn(f"find {n}", actions=("book",)) for n in range(20)]
    for length in range(len(past) + 1):
        asyncio.run(cache.after(acting, past[:length]))  # type: ignore[arg-type]
    assert acting.count == len(past)


def test_it_forgets_what_was_not_asked_for_longest() -> None:
    cache, kept = StateCache(), state_cache.KEPT
    state_cache.KEPT = 3
    try:
        for n in range(10):
            asyncio.run(cache.after(policy(), [Turn(str(n), actions=())]))
        assert len(cache._states) == 3
    finally:
        state_cache.KEPT = kept
