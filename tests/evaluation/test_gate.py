"""Gates: what they let through, what they say when they do not, and names that are wrong."""

from __future__ import annotations

import operator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cueline.errors import CuelineError
from cueline.evaluation.gate import MetricGate, figure

REPORT = {
    "exact": 0.9,
    "turns": 100,
    "policy": "abc",
    "accuracy": None,
    "against": None,
    "coverage_at_risk": {"0.01": 0.2, "0.05": 0.7},
    "intervals": {"exact": (0.85, 0.95)},
    "baselines": {"linear": {"exact": 0.8}},
    "actions": {"api_call <a> b.c": {"f1": 0.5, "out_of_space": True}},
    "by_dialogue": [{"right": 3}],
}
OPERATORS = {">=": operator.ge, ">": operator.gt, "<=": operator.le, "<": operator.lt}
numbers = st.integers(-5, 5) | st.floats(-5, 5, allow_nan=False)


@given(st.sampled_from(sorted(OPERATORS)), numbers, numbers, st.booleans())
def test_it_is_the_comparison_that_it_says(
    sign: str, value: float, bound: float, named: bool
) -> None:
    report = {"a": value, "b": {"c": bound}}
    failure = MetricGate.parse(f"a{sign}{'b.c' if named else bound}").failure(report)
    assert (failure is None) == OPERATORS[sign](value, bound)


names = st.text("ab.0<> ", min_size=1, max_size=4)
reports = st.recursive(
    numbers,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(names, reports, max_size=3))
def test_every_number_of_a_report_has_a_name(report: dict[str, Any]) -> None:
    def leaves(value: Any, path: tuple[str, ...] = ()) -> list[tuple[str, float]]:
        if isinstance(value, int | float):
            return [(".".join(path), value)]
        items = value.items() if isinstance(value, dict) else enumerate(value)
        return [leaf for key, item in items for leaf in leaves(item, (*path, str(key)))]

    found = leaves(report)
    for name, value in found:
        if [other for other, _ in found].count(name) == 1:
            assert figure(report, name) == value


@pytest.mark.parametrize(
    "text",
    [
        "exact>=0.9",
        "exact >= 0.9",
        "exact<=0.9",
        "turns>99",
        "coverage_at_risk.0.05<0.71",
        "intervals.exact.0>baselines.linear.exact",
        "actions.api_call <a> b.c.f1>=0.5",
        "baselines.linear.exact < exact",
        "exact>-1e-3",
    ],
)
def test_it_is_passed(text: str) -> None:
    assert MetricGate.parse(text).failure(REPORT) is None


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("exact>0.9", "gate failed: exact>0.9; it is 0.9, against 0.9"),
        (
            "exact <= baselines.linear.exact",
            "gate failed: exact<=baselines.linear.exact; it is 0.9, against 0.8",
        ),
        ("exact>=nan", "gate failed: exact>=nan; it is 0.9, against nan"),
    ],
)
def test_it_fails_with_a_line_that_says_by_how_much(text: str, line: str) -> None:
    assert MetricGate.parse(text).failure(REPORT) == line


@pytest.mark.parametrize("text", ["", "exact", "exact=0.9", "exact==0.9", ">=0.9", "exact>=", ">"])
def test_what_is_no_condition_is_said_before_anything_is_judged(text: str) -> None:
    with pytest.raises(CuelineError, match=r"is no condition; write FIGURE>=NUMBER"):
        MetricGate.parse(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("exat>0", "no figure 'exat'; near it: exact"),
        ("linear.exact>0", "no figure 'linear.exact'; near it: baselines.linear.exact"),
        ("baseline.linear.exact>0", "near it: baselines.linear.exact"),
        ("intervals.exact>0", "near it: intervals.exact.0, intervals.exact.1"),
        ("coverage_at_risk.0.1>0", "near it: coverage_at_risk.0.01, coverage_at_risk.0.05"),
        ("exact>exakt", "no figure 'exakt'; near it: exact"),
        ("policy>0", "no figure 'policy'"),
        ("zzz>0", "near it: those of `evaluate --json`"),
        ("accuracy>0", "'accuracy' has no value here: in the report 'accuracy' is null"),
        ("against.figures.exact.difference>0", "no value here: in the report 'against' is null"),
    ],
)
def test_a_name_that_is_not_there_is_told_with_names_that_are(text: str, message: str) -> None:
    with pytest.raises(CuelineError) as caught:
        MetricGate.parse(text).failure(REPORT)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
