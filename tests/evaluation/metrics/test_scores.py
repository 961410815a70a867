"""The figures are scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from sklearn.metrics import accuracy_score, f1_score

from cueline.evaluation.metrics.scores import figures
from cueline.evaluation.metrics.tally import Tally
from tests.evaluation.drawn import OWN, Drawn, corpora, of, singles


def found(drawn: Drawn) -> dict[str, float]:
    total = Tally.of(drawn.decided, drawn.answers).total()
    return {name: float(of[0]) for name, of in figures(total, drawn.answers.single).items()}


@given(corpora())
def test_f1_over_actions_with_foreign_ones_as_misses(drawn: Drawn) -> None:
    expected, done = drawn.table(drawn.expected), drawn.table(drawn.done)
    assume(expected.any())  # scikit-learn has no figure for nothing to do; ours is told below
    for average in ("micro", "macro", "weighted"):
        # An action that is nowhere has no F1, and is no part of the mean.
        oracle = f1_score(expected, done, average=average, zero_division=np.nan)
        assert found(drawn)[f"{average}_f1"] == pytest.approx(oracle)


@given(corpora())
def test_exact_is_subset_accuracy(drawn: Drawn) -> None:
    oracle = accuracy_score(drawn.table(drawn.expected), drawn.table(drawn.done))
    assert found(drawn)["exact"] == pytest.approx(oracle)


@given(corpora(singles))
def test_accuracy_is_that_of_the_likeliest_action(drawn: Drawn) -> None:
    top = [OWN[number] if number >= 0 else "(none)" for number in drawn.decided.top]
    expected = [next(iter(names)) for names in drawn.expected]
    assert found(drawn)["accuracy"] == pytest.approx(accuracy_score(expected, top))


def test_accuracy_is_only_for_corpora_of_single_actions() -> None:
    assert "accuracy" not in found(of([[("ask",), ("ask", "book")]], seed=0))


@given(corpora())
def test_a_dialogue_is_right_if_all_of_it_is(drawn: Drawn) -> None:
    right = iter(done == ex for done, ex in zip(drawn.done, drawn.expected, strict=True))
    turns = [[next(right) for _ in dialogue.turns] for dialogue in drawn.dialogues]
    whole = [all(dialogue) for dialogue in turns]
    assert found(drawn)["dialogue_accuracy"] == pytest.approx(np.mean(whole))


@pytest.mark.parametrize(("decided", "f1"), [(False, 1.0), (True, 0.0)])
def test_where_nothing_is_to_be_done_doing_nothing_is_perfect(decided: bool, f1: float) -> None:
    drawn = of([[(), ()], [()]], seed=0)
    drawn.decided.bits[:] = decided
    figures = found(drawn)
    assert [figures[f"{kind}_f1"] for kind in ("micro", "macro", "weighted")] == [f1] * 3


@given(corpora())
def test_sums_with_weights_are_those_of_a_corpus_with_dialogues_repeated(drawn: Drawn) -> None:
    tally = Tally.of(drawn.decided, drawn.answers)
    times = np.arange(len(drawn.dialogues)) % 3
    sums = tally.sums(times[None].astype(np.float32))
    repeated = Tally(*(np.repeat(counts, times, axis=0) for counts in tally)).total()
    for weighted, total in zip(sums, repeated, strict=True):
        np.testing.assert_allclose(weighted, total, rtol=1e-5)
