"""No precondition is ever violated: not in scoring, and not by a policy that runs freely."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from cueline.actions import ActionSpace
from cueline.dialogue import Dialogue, Turn
from cueline.errors import TrainingError
from cueline.evaluation.free_running import free_run
from cueline.policy import Policy
from cueline.policy.policy import NOT_AVAILABLE
from cueline.rules import Precondition, Preconditions
from cueline.rules.grammar import parse, read_rules
from cueline.rules.masks import check_kept
from cueline.settings import NetworkSettings
from tests.padded_arrays import acted
from tests.policies import ACTIONS, action_sets, dialogues, networks, random_policy, turns
from tests.rules.drawn import fitting, forbids, keeping

TOLERANCE = 1e-5
several = st.lists(fitting, max_size=6)
seeds = st.integers(0, 99)


@given(several, dialogues)
def test_a_mask_says_what_the_preconditions_mean(
    preconditions: list[Precondition], dialogue: Dialogue
) -> None:
    allowed = Preconditions(preconditions, ActionSpace(ACTIONS)).allowed(dialogue)
    done: set[str] = set()
    for turn, row in zip(dialogue.turns, allowed, strict=True):
        broken = {one.action for one in preconditions if forbids(one, turn.features, done)}
        assert {ACTIONS[bit] for bit in np.flatnonzero(~row)} == broken
        done.update(turn.actions or ())


@given(networks, seeds, several, st.lists(st.tuples(turns, st.none() | action_sets)))
def test_a_policy_that_runs_freely_violates_none(
    network: NetworkSettings,
    seed: int,
    preconditions: list[Precondition],
    steps: list[tuple[Turn, tuple[str, ...] | None]],
) -> None:
    policy = keeping(random_policy(network, seed), preconditions)
    state, earlier = policy.start(), set[str]()
    for turn, took in steps:
        free = Turn(turn.user, turn.features, turn.available)
        decision, state = policy.act(free, state)
        broken = [one for one in preconditions if forbids(one, turn.features, earlier)]
        for action in {one.action for one in broken}:
            assert decision.probabilities[action] == 0
            assert action not in decision.actions
            assert all(action not in candidate.actions for candidate in decision.candidates)
        absent = set() if turn.available is None else {*ACTIONS} - {*turn.available}
        expected = {one.action: one.text for one in reversed(broken)}
        assert decision.reasons == expected | dict.fromkeys(absent, NOT_AVAILABLE)
        if took is not None:
            state = policy.took(state, took)
        earlier.update(decision.actions if took is None else took)


def test_what_was_done_instead_is_what_counts_as_done() -> None:
    rules = [parse("find never twice"), parse("book only after ask")]
    preconditions = [rule for rule in rules if rule is not None]
    policy = keeping(random_policy(NetworkSettings(decisions="single", units=7)), preconditions)
    _, state = policy.act(Turn("find a table", available=("find",)), policy.start())
    assert policy.act(Turn("yes"), state)[0].reasons == {
        "find": "find never twice",
        "book": "book only after ask",
    }
    instead = policy.took(state, ["ask"])
    assert policy.act(Turn("yes"), instead)[0].reasons == {}
    _, later = policy.act(Turn("yes", actions=()), instead)
    assert policy.act(Turn("yes"), later)[0].reasons == {}


@given(networks, several, st.lists(dialogues, min_size=1, max_size=4))
def test_step_by_step_equals_the_whole_sequence(
    network: NetworkSettings, preconditions: list[Precondition], corpus: list[Dialogue]
) -> None:
    policy = keeping(random_policy(network), preconditions)
    dataset = policy.dataset(corpus)
    allowed = dataset.allowed(len(ACTIONS))
    scored = policy.decision_model.predict(policy.logits(dataset), allowed).probabilities
    steps = np.concatenate([acted(policy, dialogue) for dialogue in corpus])
    np.testing.assert_allclose(scored, steps, atol=TOLERANCE)
    assert (steps[~allowed] == 0).all()


@given(networks, several, st.lists(dialogues, min_size=1, max_size=3))
def test_run_freely_over_many_dialogues_it_masks_what_it_masks_in_each(
    network: NetworkSettings, preconditions: list[Precondition], corpus: list[Dialogue]
) -> None:
    policy = keeping(random_policy(network), preconditions)
    decisions = []
    for dialogue in corpus:
        state = policy.start()
        for turn in dialogue.turns:
            decision, state = policy.act(replace(turn, actions=None), state)
            decisions.append(decision.actions)
    assert [policy.actions.named(bits) for bits in free_run(policy, corpus).bits] == decisions


@given(networks, several)
def test_at_another_risk_they_hold_all_the_same(
    network: NetworkSettings, preconditions: list[Precondition]
) -> None:
    policy = keeping(random_policy(network), preconditions)
    other = policy.at(risk=0.01, coverage=0.5)
    assert other.preconditions.all == policy.preconditions.all
    assert other.hash == policy.hash


@settings(max_examples=10)
@given(networks, several, dialogues)
def test_saved_and_loaded_it_needs_no_rules_file(
    network: NetworkSettings, preconditions: list[Precondition], dialogue: Dialogue
) -> None:
    policy = keeping(random_policy(network), preconditions)
    with TemporaryDirectory() as folder:
        policy.save(Path(folder, "policy"))
        loaded = Policy.load(Path(folder, "policy"))
    assert loaded.hash == policy.hash
    assert loaded.preconditions.all == tuple(preconditions)
    np.testing.assert_array_equal(acted(loaded, dialogue), acted(policy, dialogue))


@given(networks, seeds)
def test_where_nothing_is_allowed_it_decides_nothing_and_is_not_sure(
    network: NetworkSettings, seed: int
) -> None:
    # With exactly one action a turn too: better no action than one that may not be done.
    policy = random_policy(network, seed)
    decision, _ = policy.act(Turn("find a table", available=()), policy.start())
    assert decision.actions == ()
    assert not any(decision.probabilities.values())
    if policy.decision_model.single_action:
        assert (decision.confidence, decision.sure) == (0, False)


@given(several, st.lists(dialogues, max_size=3))
def test_a_corpus_is_taken_only_if_its_answers_are_possible(
    preconditions: list[Precondition], corpus: list[Dialogue]
) -> None:
    space = ActionSpace(ACTIONS)
    with TemporaryDirectory() as folder:
        rules = Path(folder, "rules.txt")
        rules.write_text("\n".join(one.text for one in preconditions))
        written = read_rules(rules)
    masks = Preconditions(preconditions, space)
    possible = all(
        masks.allowed(dialogue)[number, space.ids(turn.actions or ())].all()
        for dialogue in corpus
        for number, turn in enumerate(dialogue.turns)
    )
    if possible:
        check_kept(written, space, corpus)
    else:
        with pytest.raises(TrainingError):
            check_kept(written, space, corpus)


def test_a_corpus_that_breaks_a_rule_is_told_where(tmp_path: Path) -> None:
    rules = tmp_path / "rules.txt"
    rules.write_text("find never twice\nbook only after find\n")
    late = Dialogue("late", (Turn(None, actions=("find",)), Turn(None, actions=("book",))))
    early = Dialogue("early", (Turn(None, actions=("find", "book")), Turn(None, actions=("book",))))
    with pytest.raises(TrainingError) as error:
        check_kept(read_rules(rules), ActionSpace(ACTIONS), [late, early, early])
    assert str(error.value) == (
        f"{rules}:2: the corpus breaks `book only after find` at 2 turn(s), "
        "first in dialogue 'early' turn 0; correct the rule or the corpus"
    )
