"""What a schema declares of an argument holds; calls that break one are never sure."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cueline.actions import ActionSpace
from cueline.dialogue import Dialogue, Turn
from cueline.errors import SettingsError
from cueline.json_schemas import fits
from cueline.policy.arguments.argument_model import ArgumentModel
from cueline.policy.arguments.candidates import Heard
from cueline.policy.arguments.memory import Memory
from cueline.policy.calibration.risk_control import RiskCurve
from cueline.policy.decisions.decision import Decision
from cueline.policy.integrity import argument_faults
from cueline.policy.listener import Listener
from cueline.training.arguments import call_examples, check_schemas, fit_arguments
from cueline.training.listening import Listeners
from cueline.training.parameters import ENOUGH_CALLS, corpus_schemas, find_parameters

ALONE = Listeners.same(Listener(None))
BOOK = {
    "type": "object",
    "properties": {
        "food": {"type": "string", "enum": ["Italian", "Thai"]},
        "people": {"type": "integer", "maximum": 40},
        "when": {"type": "string"},
    },
    "required": ["food", "people"],
}


def dialogue(number: int, call: dict[str, Any], schema: Any = None, **features: Any) -> Dialogue:
    turn = Turn("book", features, actions=("book",), arguments={"book": (call,)})
    return Dialogue(f"d{number}", (turn,), {"schemas": {"book": schema}} if schema else {})


def model(dialogues: list[Dialogue]) -> ArgumentModel:
    examples = list(call_examples(dialogues, ALONE))
    fitted = fit_arguments(examples, 0, corpus_schemas(dialogues))
    return replace(fitted, risk_curve=RiskCurve(risk=(0.0,), confidence=(0.0,)))


def heard(**features: Any) -> Heard:
    turn = Turn("book", features)
    return Heard(turn, (), Memory().after_hearing(turn, ()))


def decided(argument_model: ArgumentModel, **features: Any) -> Decision:
    sure = {"sure": True, "reason": "sure", "confidence": 1.0, "risk": 0.05, "coverage": 0.9}
    nothing = {"masked": (), "reasons": {}, "candidates": (), "cut": False}
    bare = Decision(actions=("book",), probabilities={"book": 1.0}, **sure, **nothing)
    return argument_model.complete(bare, heard(**features))


@pytest.fixture(scope="module")
def booking() -> ArgumentModel:
    """Of calls that show of foods only one, spelled in another way, and never a `when`."""
    return model(
        [
            dialogue(n, {"food": "italian", "people": n}, BOOK, food="italian", people=n)
            for n in range(30)
        ]
    )


@given(food=st.sampled_from(["italian", "THAI", "thai", "Italian"]), people=st.integers(0, 99))
def test_values_are_spelled_as_declared_and_what_is_not_valid_is_not_sure(
    booking: ArgumentModel, food: str, people: int
) -> None:
    decision = decided(booking, food=food, people=people)
    (call,) = decision.arguments["book"]
    assert call["food"] in ("Italian", "Thai")
    assert call["people"] == people
    assert decision.sure == (people <= 40) == fits(call, BOOK)
    assert (decision.reason == "arguments") != decision.sure
    assert np.isfinite(booking.least_risk(decision)) == decision.sure


def test_what_is_declared_as_required_is_missing_where_it_is_nowhere(
    booking: ArgumentModel,
) -> None:
    decision = decided(booking, food="thai")
    assert decision.missing == {"book": ("people",)}
    assert not decision.sure


def test_a_parameter_that_no_call_has_is_there_where_it_is_required() -> None:
    schema = {**BOOK, "required": ["when"]}
    shown = model([dialogue(n, {"people": n}, schema, people=n) for n in range(9)])
    assert {one.name: one.required for one in shown.parameters} == {"people": False, "when": True}
    assert decided(shown, people=3).missing == {"book": ("when",)}
    assert "missing" not in decided(shown, people=3, when="now").missing


@given(st.integers(1, 2 * ENOUGH_CALLS))
def test_without_a_schema_only_many_calls_make_an_argument_required(calls: int) -> None:
    dialogues = [dialogue(n, {"people": n}) for n in range(calls)]
    (found,) = find_parameters(call_examples(dialogues, ALONE), {})
    assert found.required == (calls >= ENOUGH_CALLS)


def test_a_call_that_breaks_its_schema_does_not_stop_the_others_from_being_learned() -> None:
    broken = [dialogue(n, {"food": "Thai"}, BOOK, food="Thai") for n in range(3)]
    sound = [
        dialogue(n, {"food": "Thai", "people": 2}, BOOK, food="Thai", people=2) for n in range(20)
    ]
    assert decided(model(broken + sound), food="Thai", people=2).arguments == {
        "book": ({"food": "Thai", "people": 2},)
    }


def test_a_tool_that_is_defined_in_several_ways_takes_a_call_of_any() -> None:
    other = {"type": "object", "properties": {"people": {"type": "string"}}}
    several = [dialogue(1, {"people": 2}, BOOK), dialogue(2, {"people": "two"}, other)]
    schema = corpus_schemas([*several, dialogue(3, {}, {"type": "x"})])["book"]
    assert fits({"people": "two"}, schema) and fits({"food": "Thai", "people": 2}, schema)
    assert not fits({"people": 2}, schema)


def test_schemas_of_actions_that_are_not_there_are_refused() -> None:
    with pytest.raises(SettingsError, match=r"actions\.toml: \$\.bok: no such action; .* book"):
        check_schemas({"bok": BOOK}, ActionSpace(["book", "close"]), "actions.toml")
    check_schemas({"book": BOOK}, ActionSpace(["book", "close"]), "actions.toml")


def test_a_policy_whose_schema_is_none_is_refused(booking: ArgumentModel) -> None:
    broken = replace(booking, schemas={"book": {"type": "x"}})
    assert list(argument_faults(["book"], broken)) == ["the schema of 'book' is no JSON schema"]
    assert not list(argument_faults(["book"], booking))
