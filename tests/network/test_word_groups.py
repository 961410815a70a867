"""Grouped or not, each utterance is where it is said to be, with the weights of its words."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cueline.features import Ragged
from cueline.network import word_groups
from cueline.network.word_groups import grouped

utterances = st.lists(st.lists(st.integers(1, 99), max_size=40), min_size=1, max_size=30)


@pytest.mark.parametrize("groups", [1, 5])
@given(utterances, st.booleans())
def test_each_utterance_is_where_its_place_says(
    groups: int, said: list[list[int]], last: bool
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(word_groups, "group_count", lambda: groups)
        arrays, place = grouped(Ragged.of(said, np.int32), rows=64, last=last)
    rows = [
        (words, weight)
        for n in range(groups)
        for words, weight in zip(arrays[f"words_{n}"], arrays[f"word_weight_{n}"], strict=True)
    ]
    for row, words in enumerate(said):
        n = len(words)
        found, weight = rows[place[row]]
        assert found[:n].tolist() == words
        expected = np.eye(n)[-1] if last and n else np.full(n, n**-0.5 if n else 0)
        np.testing.assert_allclose(weight[:n], expected, rtol=1e-6)
        assert not weight[n:].any()


@given(utterances)
def test_groups_hold_little_padding(said: list[list[int]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(word_groups, "group_count", lambda: 5)
        arrays, _ = grouped(Ragged.of(said, np.int32), rows=64, last=False)
    for n in range(5):
        longest = (arrays[f"word_weight_{n}"] > 0).sum(axis=1).max(initial=0)
        assert arrays[f"words_{n}"].shape[1] == max(longest, 1)
