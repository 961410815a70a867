"""What is saved is what acting at each promised risk comes to."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

import cueline
from cueline.corpus.transcripts.events import TurnUsage
from cueline.corpus.transcripts.usage import USAGE
from cueline.dialogue import Dialogue, Turn
from cueline.errors import CorpusError, PolicyError
from cueline.evaluation.savings import RISKS, LocalShare, SavedAtRisk, savings
from cueline.evaluation.scored_corpus import ScoredCorpus
from cueline.evaluation.usage import calls, estimated, tokens, usage
from cueline.policy import Policy
from cueline.policy.arguments.correctness import whole_is_right
from cueline.settings import NetworkSettings
from tests.policies import dialogues, random_policy
from tests.policy.arguments.test_argument_model import booking


def transcripts(numbers: range) -> list[Dialogue]:
    """Bookings that end in words; some are of another place than was found, some search again."""
    found = []
    for number in numbers:
        one, rng = booking(number), random.Random(number)
        first, second, last = one.turns
        if rng.random() < 0.2:
            second = replace(second, arguments={"book": ({"place": "Ritz", "people": 2},)})
        last = replace(last, actions=("respond",), system="You are welcome.")
        more = [Turn("really", actions=("search",))] * (rng.random() < 0.2)
        found.append(Dialogue(one.id, (first, second, last, *more)))
    return found


@pytest.fixture(scope="module")
def caller() -> Policy:
    """A policy that calls with arguments, and is wrong sometimes."""
    config = cueline.Settings(
        seed=1, training=cueline.settings.TrainingSettings(epochs=8, held_out=0.2)
    )
    return cueline.train(transcripts(range(150)), config=config)


def answered(policy: Policy, turns: Sequence[Dialogue], risk: float) -> dict[str, Any]:
    """What acting turn by turn at a risk answers, wrongly answers and saves."""
    at = policy.at(risk=risk)
    turn = ("sure", "sure wrong", "turns", "wrong", "input", "output", "calls")
    found = dict.fromkeys((*turn, "whole", "right"), 0)
    for dialogue in turns:
        local = [
            one.sure and bool(one.actions) and "respond" not in one.actions
            for one in at.decide(dialogue)
        ]
        right = [
            whole_is_right(one, turn)
            for one, turn in zip(at.decide(dialogue), dialogue.turns, strict=True)
        ]
        rows = zip(local, right, usage(dialogue), at.decide(dialogue), strict=True)
        for here, good, took, decision in rows:
            found["sure"] += decision.sure
            found["sure wrong"] += decision.sure and not good
            found["turns"] += here
            found["wrong"] += here and not good
            found["input"] += (took.input or 0) * here
            found["output"] += (took.output or 0) * here
            found["calls"] += here * len(decision.actions)
        found["whole"] += all(local)
        found["right"] += all(local) and all(right)
    return found


@pytest.mark.parametrize("risk", RISKS)
def test_it_is_what_acting_at_that_risk_comes_to(caller: Policy, risk: float) -> None:
    held = transcripts(range(1000, 1060))
    one = next(one for one in savings(caller, held).risks if one.promised == risk)
    by_hand = answered(caller, held, risk)
    assert (one.turns.answered, one.turns.wrong) == (by_hand["turns"], by_hand["wrong"])
    assert (one.sure.answered, one.sure.wrong) == (by_hand["sure"], by_hand["sure wrong"])
    assert (one.input_tokens, one.output_tokens) == (by_hand["input"], by_hand["output"])
    assert one.calls.answered == by_hand["calls"]
    assert one.dialogues.answered == by_hand["whole"]
    assert one.dialogues.wrong == by_hand["whole"] - by_hand["right"]


def test_the_transcripts_do_not_choose_the_thresholds(caller: Policy) -> None:
    """What is answered of a dialogue is the same, whatever the others say was right."""
    held = transcripts(range(1000, 1030))
    shuffled = [
        replace(one, turns=(replace(one.turns[0], arguments={}), *one.turns[1:])) for one in held
    ]
    alone = [savings(caller, [one]).risks[-1].turns.answered for one in held]
    for risk in (savings(caller, some).risks[-1] for some in (held, shuffled)):
        assert risk.turns.answered == sum(alone)
    assert (
        savings(caller, shuffled).risks[-1].turns.wrong
        > savings(caller, held).risks[-1].turns.wrong
    )


def test_turns_without_a_call_are_never_answered(caller: Policy) -> None:
    held = transcripts(range(1000, 1060))
    found = savings(caller, held)
    assert found.without_calls == 60
    assert found.risks[-1].turns.answered > 60
    assert all(one.dialogues.answered == 0 for one in found.risks)


def test_a_call_is_wrong_alone_where_its_turn_has_two(caller: Policy) -> None:
    """One of two calls of a turn is right: the turn is wrong, and no call that was made."""
    one = transcripts(range(1001, 1002))[0]
    two = ({"city": "Lyon"}, {"city": "Rome"})
    held = [replace(one, turns=(replace(one.turns[0], arguments={"search": two}),))]
    held[0] = replace(held[0], turns=(replace(held[0].turns[0], user="find me a table in Lyon"),))
    held = [replace(held[0], turns=(replace(held[0].turns[0], spans=()),))]
    (decision,) = caller.decide(held[0])
    assert decision.arguments == {"search": ({"city": "Lyon"},)}
    last = savings(caller, held).risks[-1]
    assert (last.turns.answered, last.turns.wrong) == (1, 1)
    assert (last.calls.answered, last.calls.wrong) == (1, 0)


def shares(one: SavedAtRisk) -> tuple[LocalShare, ...]:
    return one.sure, one.turns, one.calls, one.dialogues


@given(st.lists(dialogues, min_size=1, max_size=4), st.integers(0, 9))
def test_more_is_answered_at_more_risk_and_all_adds_up(some: list[Dialogue], seed: int) -> None:
    policy = random_policy(NetworkSettings(embedding=5, units=7), seed, risk_curve=curve(seed))
    found = savings(policy, some, (2.0, 8.0))
    assert json.loads(json.dumps(found.as_json()))["turns"] == found.turns
    assert found.turns == sum(len(one.turns) for one in some)
    took = [one for dialogue in some for one in usage(dialogue)]
    assert found.input_tokens == sum(one.input or 0 for one in took)
    assert found.output_tokens == sum(one.output or 0 for one in took)
    assert found.money == pytest.approx((2 * found.input_tokens + 8 * found.output_tokens) / 1e6)
    for less, more in zip(found.risks, found.risks[1:], strict=False):
        assert less.promised < more.promised
        assert less.turns.answered <= more.turns.answered
        assert less.turns.wrong <= more.turns.wrong
        assert less.calls.share <= more.calls.share
        assert less.dialogues.answered <= more.dialogues.answered
        assert less.input_tokens <= more.input_tokens <= found.input_tokens
    for one in found.risks:
        assert one.turns.of == one.sure.of == found.turns
        assert one.turns.answered <= one.sure.answered
        assert one.turns.wrong <= one.sure.wrong
        assert one.money == pytest.approx((2 * one.input_tokens + 8 * one.output_tokens) / 1e6)
        for share in shares(one):
            assert share.wrong <= share.answered <= share.of
            assert share.share == pytest.approx(share.answered / max(share.of, 1))
            low, high = share.share_interval
            assert low - 1e-6 <= share.share <= high + 1e-6
            assert (share.risk is None) == (share.answered == 0)
            if share.risk is not None:
                assert share.risk == pytest.approx(share.wrong / share.answered)


def curve(seed: int) -> Any:
    from cueline.policy.calibration.risk_control import RiskCurve

    rng = np.random.default_rng(seed)
    points = int(rng.integers(0, 6))
    confidence, risk = np.sort(rng.random(points))[::-1], np.sort(rng.random(points)) / 4
    return RiskCurve(confidence.tolist(), risk.tolist())


@given(
    st.lists(dialogues, min_size=1, max_size=4), st.integers(0, 9), st.floats(0, 1), st.booleans()
)
def test_a_decision_is_sure_from_its_least_risk_on(
    some: list[Dialogue], seed: int, risk: float, offers: bool
) -> None:
    policy = random_policy(NetworkSettings(embedding=5, units=7), seed, risk_curve=curve(seed))
    policy.featurizer.offers = offers
    first, *others = some[0].turns
    strange = msgspec.structs.replace(first, available=("find", "pay"))
    some = [*some, Dialogue("strange", (strange, *others))]
    least = ScoredCorpus.of(policy, some).least_risk
    sure = ScoredCorpus.of(policy.at(risk=risk), some).sure
    assert ((least <= risk) == sure).all()
    one_by_one = [one.sure for dialogue in some for one in policy.at(risk=risk).decide(dialogue)]
    assert sure.tolist() == one_by_one


def test_a_policy_of_labels_answers_no_turns() -> None:
    policy = random_policy(NetworkSettings(embedding=5, units=7))
    network = msgspec.structs.replace(policy.settings.network, answer="dialogue", label="topic")
    policy.settings = msgspec.structs.replace(policy.settings, network=network)
    with pytest.raises(PolicyError, match="labels whole dialogues"):
        savings(policy, [booking(1)])


@given(st.text())
def test_a_token_is_four_bytes(text: str) -> None:
    assert tokens(text) == math.ceil(len(text.encode("utf-8", "surrogatepass")) / 4)


def test_a_model_reads_all_before_a_turn_and_writes_what_it_answers() -> None:
    first, second = (
        Turn("abcd" * 5, actions=("look",), arguments={"look": ({"n": 1}, {"n": 2})}),
        Turn(None, actions=("respond",), system="abcd" * 3, results={"look": ("abcdef", [1, 2])}),
    )
    assert list(calls(first)) == [("look", {"n": 1}), ("look", {"n": 2})]
    assert list(calls(second)) == []
    one, other = estimated((first, second))
    assert one == TurnUsage(5, 2 * (1 + 2))
    assert other == TurnUsage(5 + 6 + 2 + 2, 3)


@given(dialogues)
def test_a_turn_alone_is_read_with_what_was_written_before(dialogue: Dialogue) -> None:
    read = [one.input or 0 for one in estimated(dialogue.turns)]
    written = [one.output or 0 for one in estimated(dialogue.turns)]
    for number in range(1, len(dialogue.turns)):
        new = tokens(dialogue.turns[number].user or "")
        assert read[number] == read[number - 1] + written[number - 1] + new


def told(*items: Any) -> Dialogue:
    return Dialogue("d", (Turn("abcd", actions=("look",)), Turn("x", actions=())), {USAGE: items})


def test_what_was_counted_goes_before_the_estimate() -> None:
    dialogue = told({"input": 900, "output": 30, "seconds": 1.5}, None)
    assert usage(dialogue) == [TurnUsage(900, 30, 1.5), TurnUsage(1 + 2 + 1, 0)]
    assert usage(told({"seconds": 2}, {"output": 7}))[0] == TurnUsage(1, 2, 2)
    policy = random_policy(NetworkSettings(embedding=5, units=7), risk_curve=curve(3))
    found = savings(policy, [dialogue])
    assert (found.counted, found.timed, found.seconds) == (1, 1, 1.5)
    assert found.input_tokens == 904
    assert savings(policy, [told(None, None)]).seconds is None


@pytest.mark.parametrize(
    ("items", "message"),
    [
        ([None], r"dialogue 'd': \$\.meta\.usage: 1 items for 2 turns"),
        ([{"input": -1}, None], r"\$\.meta\.usage\[0\]\.input"),
        ([{"tokens": 1}, None], r"unknown field `tokens`"),
    ],
)
def test_what_is_malformed_is_named(items: list[Any], message: str) -> None:
    with pytest.raises(CorpusError, match=message):
        usage(told(*items))
