"""Words and pairs are numbered by how often they occur, and what is known keeps its number."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from cueline.features.vocabulary import NUMBER, UNKNOWN, Vocabulary

texts = st.lists(st.lists(st.sampled_from("abcde"), max_size=6), max_size=8)


@given(texts, texts, st.booleans(), st.integers(1, 3), st.integers(0, 6))
def test_the_most_frequent_come_first_and_ties_in_order(
    first: list[list[str]], later: list[list[str]], pairs: bool, min_count: int, limit: int
) -> None:
    entries = ["<unknown>", "<number>"]
    known = Vocabulary.fit(first, pairs, min_count, limit)
    for said, vocabulary in (
        (first, known),
        (later, known.extended(later, pairs, min_count, limit)),
    ):
        counts = Counter(word for text in said for word in text)
        if pairs:
            counts.update(f"{one} {other}" for text in said for one, other in pairwise(text))
        new = [entry for entry in counts if counts[entry] >= min_count and entry not in entries]
        entries += sorted(new, key=lambda entry: (-counts[entry], entry))[:limit]
        assert vocabulary.entries == entries
        assert len(vocabulary) == len(entries)


def test_a_word_without_a_number_of_its_own_is_unknown_or_a_number() -> None:
    vocabulary = Vocabulary.fit([["tea", "for", "2"]], pairs=True, min_count=1, limit=9)
    tea, two, pair = (vocabulary.entries.index(entry) for entry in ("tea", "2", "tea for"))
    assert vocabulary.words(["tea", "2", "3", "4pm", "cup"]) == [tea, two, NUMBER, NUMBER, UNKNOWN]
    assert vocabulary.word_pairs(["tea", "for", "tea"]) == [pair]
    alone = Vocabulary.fit([["tea", "for", "2"]], pairs=False, min_count=1, limit=9)
    assert alone.word_pairs(["tea", "for", "tea"]) == []
