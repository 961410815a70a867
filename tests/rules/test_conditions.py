"""When a fact about a feature holds, case by case."""

from __future__ import annotations

import operator

import pytest

from cueline.dialogue import Feature
from cueline.rules.conditions import Compares, Condition, Equals, Has, IsKnown, IsTrue

SIGNS = {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le}


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("value", [1, 2, 3, 1.5, 2.0, 2.5])
def test_a_number_is_compared_as_the_sign_says(sign: str, value: float) -> None:
    assert Compares("f", sign, 2.0).holds({"f": value}) is SIGNS[sign](value, 2.0)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("condition", "holding", "failing"),
    [
        (IsKnown("f"), ["", False, 0, ()], []),
        (IsTrue("f", True), [True], [False, 1, "true", ("true",)]),
        (IsTrue("f", False), [False], [True, 0, "", ()]),
        (Equals("f", "new york"), ["new york", ("new york",)], ["new", "york", True, (), 1]),
        (Equals("f", "x"), [("x", "x")], [("x", "y"), "xx"]),
        (Equals("f", 1.0), [1, 1.0], [True, 2, "1", ("1",)]),
        (
            Has("f", "york"),
            ["york", ("york",), ("new", "york")],
            ["new york", (), ("new york",), 1],
        ),
        (Compares("f", ">", 0.0), [1, 0.1], [True, 0, "1", ("1",)]),
        (Compares("f", "<=", 1.0), [1, 0.1], [True, False, "1", ()]),
    ],
)
def test_what_holds_of_a_feature(
    condition: Condition, holding: list[Feature], failing: list[Feature]
) -> None:
    assert [value for value in holding if not condition.holds({"f": value})] == []
    assert [value for value in failing if condition.holds({"f": value})] == []
    assert not condition.holds({})
    assert not condition.holds({"g": holding[0]})
