from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cueline.dialogue import Span
from cueline.policy.tagging.labels import begin, best_legal, decode, encode, inside, may_follow
from cueline.tokenizer import tokens

LABELS = 2
scores = st.lists(
    st.lists(st.integers(-4, 4), min_size=2 * LABELS + 1, max_size=2 * LABELS + 1),
    min_size=1,
    max_size=4,
).map(lambda rows: np.array(rows, np.float32))


def is_legal(path: tuple[int, ...]) -> bool:
    insides = {inside(label): (begin(label), inside(label)) for label in range(LABELS)}
    return all(
        number not in insides or before in insides[number]
        for before, number in itertools.pairwise((0, *path))
    )


@given(scores)
def test_the_path_is_legal_and_none_scores_higher(scores: np.ndarray) -> None:
    path = best_legal(scores, may_follow(LABELS))
    total = {
        one: sum(scores[place, number] for place, number in enumerate(one))
        for one in itertools.product(range(2 * LABELS + 1), repeat=len(scores))
        if is_legal(one)
    }
    assert tuple(path) in total
    assert total[tuple(path)] == max(total.values())


@given(st.data(), st.lists(st.sampled_from(["a", "bc", "7:30", "né", "?"]), min_size=1, max_size=8))
def test_spans_of_whole_words_come_back(data: st.DataObject, words: list[str]) -> None:
    text = " ".join(words)
    found = tokens(text, 100)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(found)), max_size=4)))
    spans = [
        Span(found[first].start, found[last - 1].end, data.draw(st.sampled_from("xy")))
        for first, last in itertools.pairwise(cuts)
    ]
    numbers = encode(spans, found, ["x", "y"])
    assert is_legal(tuple(numbers))
    assert [
        (found[one.first].start, found[one.last - 1].end, "xy"[one.label])
        for one in decode(numbers)
    ] == [(span.start, span.end, span.label) for span in spans]


def test_of_spans_that_overlap_the_longer_one_counts() -> None:
    text = "new york city"
    spans = [Span(0, 8, "y"), Span(0, 3, "x"), Span(4, 13, "x")]
    assert encode(spans, tokens(text, 9), ["x", "y"]) == [begin(0), begin(0), inside(0)]


def test_part_of_a_word_is_the_word() -> None:
    assert encode([Span(1, 2, "x")], tokens("paris now", 9), ["x"]) == [begin(0), 0]
