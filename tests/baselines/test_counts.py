"""What a key has had is what counting one by one gives, in a file and out of it."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cueline.baselines.counts import TargetCounts
from cueline.dataset.named_arrays import flatten, unflatten

Pairs = list[tuple[int, int]]
"""Keys, each with an answer."""
pairs = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3)), max_size=20)


def fitted(pairs: Pairs) -> TargetCounts:
    keys, answers = np.array(pairs, np.int64).reshape(-1, 2).T
    return TargetCounts.fit(keys.astype(np.uint64), answers)


def counted(pairs: Pairs) -> dict[int, list[tuple[int, int]]]:
    counts: dict[int, Counter[int]] = defaultdict(Counter)
    for key, answer in pairs:
        counts[key][answer] += 1
    return {
        key: sorted(answers.items(), key=lambda item: (-item[1], item[0]))
        for key, answers in counts.items()
    }


@given(pairs)
def test_each_key_has_its_answers_the_most_frequent_first(pairs: Pairs) -> None:
    seen = unflatten(TargetCounts, flatten(fitted(pairs), "seen"), "seen")
    expected = counted(pairs)
    for key in range(6):
        assert seen.of_key(np.uint64(key)) == expected.get(key, [])
    assert seen.totals.tolist() == [sum(n for _, n in expected[key]) for key in sorted(expected)]


@given(pairs, st.integers(0, 6))
def test_where_not_all_fit_whole_keys_are_left_out(pairs: Pairs, most: int) -> None:
    expected = counted(pairs)
    kept = fitted(pairs).most_seen(most)
    assert len(kept.keys) == min(most, len(expected))
    assert all(kept.of_key(np.uint64(key)) == expected[key] for key in kept.keys.tolist())
    left = set(expected) - set(kept.keys.tolist())
    times = {key: sum(n for _, n in answers) for key, answers in expected.items()}
    least = min((times[key] for key in kept.keys.tolist()), default=len(pairs))
    assert all(times[key] <= least for key in left)
