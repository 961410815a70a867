"""The promises of the README as property tests; those about training are in tests/network."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import keras
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from cueline.dialogue import Dialogue, Turn
from cueline.policy import Policy
from cueline.settings import NetworkSettings
from tests.padded_arrays import acted, padded
from tests.policies import dialogues, networks, random_policy, turns

TOLERANCE = 1e-5
"""Between two ways to the same numbers: what rounding in another order makes of a float32."""

several = st.lists(dialogues, min_size=1, max_size=4)


def scored(policy: Policy, corpus: list[Dialogue]) -> np.ndarray:
    """The probabilities from scoring whole dialogues, one after the other. *Shape:* (N, A)."""
    dataset = policy.dataset(corpus)
    return policy.decision_model.predict(
        policy.logits(dataset), dataset.allowed(len(policy.actions))
    ).probabilities


@given(networks, several)
def test_step_by_step_equals_the_whole_sequence(
    network: NetworkSettings, corpus: list[Dialogue]
) -> None:
    policy = random_policy(network)
    steps = np.concatenate([acted(policy, dialogue) for dialogue in corpus])
    np.testing.assert_allclose(scored(policy, corpus), steps, atol=TOLERANCE)


@given(networks, dialogues, several, several)
def test_batch_mates_and_their_order_change_nothing(
    network: NetworkSettings, dialogue: Dialogue, before: list[Dialogue], after: list[Dialogue]
) -> None:
    policy = random_policy(network)
    first = sum(len(mate.turns) for mate in before)
    among = scored(policy, [*before, dialogue, *after])[first : first + len(dialogue.turns)]
    np.testing.assert_allclose(among, scored(policy, [dialogue]), atol=TOLERANCE)


@given(networks, dialogues, st.lists(turns, max_size=4))
def test_the_future_never_changes_the_past(
    network: NetworkSettings, dialogue: Dialogue, future: list[Turn]
) -> None:
    policy = random_policy(network)
    longer = Dialogue("longer", (*dialogue.turns, *future))
    past = acted(policy, longer)[: len(dialogue.turns)]
    np.testing.assert_array_equal(past, acted(policy, dialogue))
    np.testing.assert_allclose(
        scored(policy, [longer])[: len(dialogue.turns)], scored(policy, [dialogue]), atol=TOLERANCE
    )


@given(networks, dialogues, st.integers(0, 99))
def test_a_disallowed_action_never_comes_out(
    network: NetworkSettings, dialogue: Dialogue, seed: int
) -> None:
    policy = random_policy(network, seed)
    state = policy.start()
    for turn in dialogue.turns:
        decision, state = policy.act(turn, state)
        available = policy.actions.names if turn.available is None else turn.available
        for name in set(policy.actions.names) - set(available):
            assert decision.probabilities[name] == 0.0
            assert name in decision.masked
            assert name not in decision.actions
            assert all(name not in candidate.actions for candidate in decision.candidates)


@given(networks, dialogues)
def test_acting_changes_no_state_that_was_given_out(
    network: NetworkSettings, dialogue: Dialogue
) -> None:
    policy = random_policy(network)
    state = policy.start()
    for turn in dialogue.turns:
        first, after = policy.act(turn, state)
        again, _ = policy.act(turn, state)
        assert again == first
        state = after


@settings(max_examples=15)
@given(networks, dialogues, st.integers(0, 99))
def test_saved_and_loaded_it_decides_the_same_to_the_bit(
    network: NetworkSettings, dialogue: Dialogue, seed: int
) -> None:
    policy = random_policy(network, seed)
    with TemporaryDirectory() as folder:
        policy.save(Path(folder, "policy"))
        loaded = Policy.load(Path(folder, "policy"))
    assert loaded.hash == policy.hash
    np.testing.assert_array_equal(acted(loaded, dialogue), acted(policy, dialogue))


@settings(max_examples=12)
@given(networks, several, st.sampled_from([9, 12]))
def test_numpy_equals_keras_whatever_the_padding(
    network: NetworkSettings, corpus: list[Dialogue], steps: int
) -> None:
    policy = random_policy(network, temperature=1.3)
    corpus = (corpus * 4)[:4]  # few shapes, so that few programs are compiled
    inputs = padded(policy.arrays(corpus)["x"], steps, steps * 2)
    probabilities = keras.ops.convert_to_numpy(policy.keras_model()(inputs))
    for row, dialogue in enumerate(corpus):
        np.testing.assert_allclose(
            probabilities[row, : len(dialogue.turns)], acted(policy, dialogue), atol=TOLERANCE
        )
