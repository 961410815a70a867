"""Confusions: the cells of scikit-learn's matrix, and their like for sets."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from sklearn.metrics import confusion_matrix

from cueline.baselines import DecisionArrays
from cueline.evaluation.metrics.confusions import confusions
from tests.evaluation.drawn import OWN, Drawn, corpora, singles


@given(corpora(singles))
def test_for_single_actions_they_are_the_confusion_matrix_but_its_diagonal(drawn: Drawn) -> None:
    bits = drawn.decided.bits & False
    bits[range(len(bits)), drawn.decided.top] = True  # a top of -1 is the last action here
    decided = DecisionArrays(bits, drawn.decided.confidence, drawn.decided.top)
    names = list(drawn.answers.names)
    right = [turn.actions[0] for d in drawn.dialogues for turn in d.turns if turn.actions]
    done = [OWN[top] for top in drawn.decided.top]
    matrix = confusion_matrix(right, done, labels=names)
    expected = {
        ((names[i],), (names[j],)): matrix[i, j]
        for i in range(len(names))
        for j in range(len(names))
        if i != j and matrix[i, j]
    }
    found = confusions(decided, drawn.answers)
    assert {(one.missed, one.added): one.turns for one in found} == expected


@given(corpora())
def test_every_wrong_turn_is_one_of_them(drawn: Drawn) -> None:
    pairs = [
        (tuple(sorted(right - done)), tuple(sorted(done - right)))
        for right, done in zip(drawn.expected, drawn.done, strict=True)
        if right != done
    ]
    found = confusions(drawn.decided, drawn.answers)
    assert {(one.missed, one.added): one.turns for one in found} == Counter(pairs)
    counts = [one.turns for one in found]
    assert counts == sorted(counts, reverse=True)
