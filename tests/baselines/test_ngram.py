"""Suffixes: the longest history known decides, and what is left out is not missed."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cueline.baselines import ngram as suffixes
from cueline.baselines.ngram import Histories, NGram
from cueline.dataset.named_arrays import flatten, unflatten

Corpus = list[list[tuple[int, int]]]
"""Dialogues of turns: a key and an answer."""

turn = st.tuples(st.integers(0, 2), st.integers(0, 3))
corpora = st.lists(st.lists(turn, min_size=1, max_size=6), min_size=1, max_size=8)
lengths = st.integers(1, 8)


def histories(corpus: Corpus) -> Histories:
    keys = np.array([key for dialogue in corpus for key, _ in dialogue], np.uint64)
    starts = np.cumsum([0, *map(len, corpus)])
    return Histories(keys, starts, np.arange(len(keys)))


def answers(corpus: Corpus) -> np.ndarray:
    return np.array([answer for dialogue in corpus for _, answer in dialogue])


def all_suffixes(dialogue: list[tuple[int, int]], at: int, longest: int) -> list[tuple[int, ...]]:
    """Shortest first; -1 is the dialogue's beginning."""
    keys = (-1, *(key for key, _ in dialogue[: at + 1]))
    return [keys[-length:] for length in range(1, min(len(keys), longest) + 1)]


class Plain:
    """Every suffix counted, none left out."""

    def __init__(self, corpus: Corpus, longest: int) -> None:
        self.longest = longest
        self.counts: dict[tuple[int, ...], Counter[int]] = defaultdict(Counter)
        for dialogue in corpus:
            for at, (_, answer) in enumerate(dialogue):
                for suffix in all_suffixes(dialogue, at, longest):
                    self.counts[suffix][answer] += 1

    def find(self, dialogue: list[tuple[int, int]], at: int) -> tuple[int, float]:
        seen = [s for s in all_suffixes(dialogue, at, self.longest) if s in self.counts]
        if not seen:
            return -1, 0.0
        clear = [s for s in seen if len(self.counts[s]) == 1] or seen[-1:]
        counts = self.counts[clear[0]]
        answer = min(counts, key=lambda answer: (-counts[answer], answer))
        return answer, counts[answer] / (counts.total() + 1)


@given(corpora, corpora, lengths)
def test_it_answers_as_if_every_suffix_were_kept(
    corpus: Corpus, asked: Corpus, longest: int
) -> None:
    plain = Plain(corpus, longest)
    fitted = NGram.fit(histories(corpus), answers(corpus), longest)
    for dialogues in (corpus, asked):
        expected = [plain.find(d, at) for d in dialogues for at in range(len(d))]
        found, shares = fitted.find(histories(dialogues))
        assert found.tolist() == [answer for answer, _ in expected]
        np.testing.assert_allclose(shares, [share for _, share in expected], atol=1e-3)


@given(corpora, lengths)
def test_what_is_kept_says_something_new(corpus: Corpus, longest: int) -> None:
    kept = len(NGram.fit(histories(corpus), answers(corpus), longest).hashes)
    counts = Plain(corpus, longest).counts
    news = [s for s in counts if len(s) == 1 or len(counts[s[1:]]) > 1]
    assert kept == len(news)


@given(corpora)
def test_an_answer_may_be_due_at_the_last_turns_only(corpus: Corpus) -> None:
    everywhere = histories(corpus)
    last = everywhere._replace(due=everywhere.dialogues[1:] - 1)
    fitted = NGram.fit(everywhere, answers(corpus), 4)
    found, _ = fitted.find(everywhere)
    assert fitted.find(last)[0].tolist() == found[last.due].tolist()


@given(corpora, st.integers(1, 5))
def test_its_size_is_bounded_and_the_most_frequent_are_kept(corpus: Corpus, most: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(suffixes, "MAX_KEYS", most)
        fitted = NGram.fit(histories(corpus), answers(corpus), 8)
    assert len(fitted.hashes) <= most
    keys = Counter(key for dialogue in corpus for key, _ in dialogue)
    commonest = next(key for key, count in keys.items() if count == max(keys.values()))
    if list(keys.values()).count(keys[commonest]) == 1:
        assert fitted.find(histories([[(commonest, 0)]]))[0][0] >= 0


@given(corpora)
def test_it_comes_back_from_arrays(corpus: Corpus) -> None:
    fitted = NGram.fit(histories(corpus), answers(corpus), 4)
    arrays = {"other": np.zeros(1), **flatten(fitted, "memory")}
    for one, other in zip(fitted, unflatten(NGram, arrays, "memory"), strict=True):
        assert np.array_equal(one, other)
