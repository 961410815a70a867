from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cueline.dialogue import Dialogue, Span, Turn
from cueline.evaluation.metrics.words import WordFigures, word_figures
from cueline.policy import Decision

DECISION = Decision(
    actions=("book",),
    probabilities={"book": 1.0},
    sure=True,
    reason="sure",
    confidence=1.0,
    masked=(),
    reasons={},
    candidates=(),
    cut=False,
    risk=0.05,
    coverage=0.9,
)
TEXT = "six in new york"
spans = st.lists(
    st.tuples(st.sampled_from([(0, 3), (4, 6), (7, 10), (11, 15)]), st.sampled_from("xy")),
    max_size=4,
    unique_by=lambda one: one[0],
).map(lambda some: tuple(Span(start, end, label) for (start, end), label in sorted(some)))
turns = st.lists(st.tuples(spans, spans), min_size=1, max_size=3)


def figures(some: list[tuple[tuple[Span, ...], tuple[Span, ...]]]) -> WordFigures | None:
    dialogue = Dialogue("d", tuple(Turn(TEXT, actions=("book",), spans=there) for there, _ in some))
    return word_figures([dialogue], [[replace(DECISION, spans=found) for _, found in some]])


@given(turns)
def test_span_f1_is_that_of_seqeval(some: list[Any]) -> None:
    """Written out as BIO labels of the four words, all spans being of one word."""
    metrics = pytest.importorskip("seqeval.metrics")
    starts = [0, 4, 7, 11]

    def labels(of: tuple[Span, ...]) -> list[str]:
        names = {span.start: f"B-{span.label}" for span in of}
        return [names.get(start, "O") for start in starts]

    measured = figures(some)
    if measured is None:
        assert not any(there for there, _ in some)
        return
    expected = metrics.f1_score(
        [labels(there) for there, _ in some], [labels(found) for _, found in some], zero_division=0
    )
    assert measured.span_f1 == pytest.approx(float(np.nan_to_num(expected)))


@given(turns)
def test_what_is_heard_right_is_all_right(some: list[Any]) -> None:
    measured = figures([(there, there) for there, _ in some])
    if measured is not None:
        assert measured.joint_goal_accuracy == measured.span_f1 == 1
        assert measured.intervals["joint_goal_accuracy"] == (1, 1)


def test_slots_are_wrong_until_the_value_is_heard() -> None:
    found = figures([((Span(7, 15, "x"),), ()), ((), ()), ((), (Span(7, 15, "x"),))])
    assert found is not None
    assert found.joint_goal_accuracy == pytest.approx(1 / 3)


def called(there: Any, made: Any, actions: tuple[str, ...] = ("book",)) -> WordFigures:
    dialogue = Dialogue("d", (Turn("go", actions=("book",), arguments={"book": there}),))
    decision = replace(DECISION, actions=actions, arguments=made)
    found = word_figures([dialogue], [[decision]])
    assert found is not None
    return found


def test_a_call_is_right_with_all_its_arguments() -> None:
    there = ({"city": "Rome", "people": 6},)
    assert called(there, {"book": there}).call_accuracy == 1
    part = called(there, {"book": ({"city": "rome", "people": 7},)})
    assert (part.call_accuracy, part.argument_accuracy) == (0, 0.5)
    more = called(there, {"book": ({"city": "Rome", "people": 6, "at": 7},)})
    assert (more.call_accuracy, more.argument_accuracy) == (0, 1)


def test_arguments_count_where_the_action_was_decided_on() -> None:
    there = ({"city": "Rome"},)
    other = called(there, {}, actions=("close",))
    assert (other.call_accuracy, other.argument_accuracy) == (0, 0)
    assert other.parameters == {}


def test_calls_of_one_action_are_matched_in_any_order() -> None:
    there = ({"city": "Rome"}, {"city": "Oslo"})
    assert called(there, {"book": there[::-1]}).call_accuracy == 1
    assert called(there, {"book": there[:1]}).call_accuracy == 0.5


def test_a_corpus_that_names_nothing_has_no_figures() -> None:
    dialogue = Dialogue("d", (Turn("go", actions=("book",)),))
    assert word_figures([dialogue], [[DECISION]]) is None
