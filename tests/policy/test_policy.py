"""What a policy takes and says in Python."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cueline.dialogue import Dialogue, Turn
from cueline.errors import CorpusError
from cueline.features import Featurizer
from cueline.policy import Policy
from cueline.policy.arguments.candidates import Heard, _sources
from cueline.policy.arguments.memory import Memory
from cueline.policy.calibration.risk_control import RiskCurve
from cueline.settings import FeatureSettings, NetworkSettings
from tests.policies import dialogues, random_policy, turns


def small() -> Policy:
    return random_policy(NetworkSettings(embedding=5, units=7))


@given(turns)
def test_a_dict_of_the_corpus_format_is_a_turn(turn: Turn) -> None:
    policy = small()
    state = policy.start()
    assert policy.act(msgspec.to_builtins(turn), state)[0] == policy.act(turn, state)[0]


def test_a_string_is_what_the_user_says() -> None:
    policy = small()
    state = policy.start()
    assert policy.act("find a table", state)[0] == policy.act(Turn("find a table"), state)[0]


@pytest.mark.parametrize(
    "turn, what",
    [({"user": 3}, r"turn: \$\.user: Expected"), ({"usr": "hi"}, "turn: .*unknown field `usr`")],
)
def test_a_dict_that_is_no_turn_is_told_so(turn: Any, what: str) -> None:
    policy = small()
    with pytest.raises(CorpusError, match=what):
        policy.act(turn, policy.start())


@given(dialogues)
def test_the_decisions_of_a_dialogue_are_those_of_its_turns(dialogue: Dialogue) -> None:
    policy = small()
    state = policy.start()
    for turn, decision in zip(dialogue.turns, policy.decide(dialogue), strict=True):
        expected, state = policy.act(turn, state)
        assert decision == expected
    explained = policy.explain(dialogue)
    assert [one.decision for one in explained] == policy.decide(dialogue)
    assert [len(one.influences) for one in explained] == list(range(len(dialogue.turns)))


@given(turns, st.booleans())
def test_no_decision_is_sure_where_an_action_is_offered_that_training_never_saw(
    turn: Turn, knows: bool
) -> None:
    """But where training never said what was offered, what is new among that says nothing."""
    always = RiskCurve([0.0], [0.0])
    policy = random_policy(NetworkSettings(embedding=5, units=7), risk_curve=always)
    policy.featurizer.offers = knows
    before = policy.act(turn, policy.start())[0]
    assert before.sure or before.reason == "nothing_allowed"
    known = policy.actions.names if turn.available is None else turn.available
    offered = replace(turn, available=(*known, "pay"))
    decision, state = policy.act(offered, policy.start())
    assert policy.offers_new(offered) is knows
    assert decision.sure is (before.sure and not knows)
    if before.sure and knows:
        assert decision.reason == "new_action"
    assert (decision.actions, decision.confidence) == (before.actions, before.confidence)
    for available in (None, ("pay",)):
        learned = [Dialogue("d", (turn, replace(turn, available=available)))]
        said = turn.available is not None or available is not None
        assert Featurizer.fit(learned, FeatureSettings(), {}).offers is said


def test_what_was_done_must_be_known() -> None:
    policy = small()
    _, state = policy.act("hi", policy.start())
    with pytest.raises(CorpusError, match="no action 'aske'; it has ask"):
        policy.took(state, ["book", "aske"])
    with pytest.raises(CorpusError, match="a list of names"):
        policy.took(state, "ask")


def test_its_repr_says_which_it_is() -> None:
    policy = small()
    assert repr(policy).startswith(f"<Policy {policy.hash[:12]}: {len(policy.actions)} actions")


def test_a_vector_of_another_length_is_refused_with_its_place() -> None:
    policy, wrong = small(), Turn("find", {"meaning": (1.0, 2.0)}, actions=())
    what = "the feature 'meaning' has 2 numbers, and in training it had 3"
    with pytest.raises(CorpusError, match=f"^{what}"):
        policy.act(wrong, policy.start())
    with pytest.raises(CorpusError, match=f"^dialogue 'd' turn 1: {what}"):
        policy.dataset([Dialogue("d", (Turn("hi", actions=()), wrong))])


def test_a_vector_is_no_source_of_arguments() -> None:
    heard = Heard(Turn("hm", {"meaning": (1.0, 2.0, 3.0), "count": 9}), (), Memory())
    assert [source.name for source, _ in _sources(heard)] == ["count"]
