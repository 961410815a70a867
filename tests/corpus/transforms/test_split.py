from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cueline.corpus import split
from cueline.corpus.transforms.split import smaller_part
from cueline.dialogue import Dialogue, Turn
from cueline.errors import CorpusError


def dialogue(number: int, customer: int) -> Dialogue:
    return Dialogue(f"d{number}", (Turn("a", actions=()),), {"customer": customer})


corpora = st.lists(st.integers(0, 8), max_size=40).map(
    lambda customers: [dialogue(number, c) for number, c in enumerate(customers)]
)
fractions = st.floats(0, 0.99)
seeds = st.integers(0, 99)


@given(corpora, fractions, seeds, st.sampled_from([None, "customer"]))
def test_every_dialogue_stands_on_one_side_in_the_order_given(
    corpus: list[Dialogue], fraction: float, seed: int, group: str | None
) -> None:
    large, small = split(corpus, fraction, seed, group)
    ids = {dialogue.id for dialogue in small}
    assert large == [dialogue for dialogue in corpus if dialogue.id not in ids]
    assert small == [dialogue for dialogue in corpus if dialogue.id in ids]


@given(corpora, fractions, seeds)
def test_a_group_is_never_torn_apart(corpus: list[Dialogue], fraction: float, seed: int) -> None:
    large, small = split(corpus, fraction, seed, group="customer")
    assert not {d.meta["customer"] for d in large} & {d.meta["customer"] for d in small}


@given(st.integers(0, 60), fractions, seeds)
def test_the_smaller_part_is_the_fraction_of_the_groups(n: int, fraction: float, seed: int) -> None:
    large, small = split([dialogue(i, i) for i in range(n)], fraction, seed)
    assert abs(len(small) - fraction * n) <= 1
    if n > 1 and fraction > 0:
        assert small
    if n:
        assert large


@given(st.permutations([dialogue(i, i % 5) for i in range(20)]), seeds)
def test_the_order_of_the_corpus_does_not_matter(corpus: list[Dialogue], seed: int) -> None:
    chosen = {d.id for d in split(corpus, 0.3, seed)[1]}
    in_order = [dialogue(i, i % 5) for i in range(20)]
    assert chosen == {d.id for d in split(in_order, 0.3, seed)[1]}


def test_the_seed_decides_and_nothing_else() -> None:
    corpus = [dialogue(i, i) for i in range(30)]
    assert split(corpus, 0.5, seed=1) == split(corpus, 0.5, seed=1)
    assert len({tuple(d.id for d in split(corpus, 0.5, seed)[1]) for seed in range(5)}) == 5


@pytest.mark.parametrize("fraction", [-0.1, 1.0, float("nan")])
def test_a_fraction_that_is_none_is_refused(fraction: float) -> None:
    with pytest.raises(CorpusError, match="fraction from 0 to below 1"):
        split([dialogue(0, 0)], fraction)


def test_a_dialogue_without_the_key_is_named() -> None:
    with pytest.raises(CorpusError, match="dialogue 'd3' has no meta key 'task' to group by"):
        split([dialogue(3, 1)], 0.5, group="task")


@given(corpora, fractions, seeds, st.integers(1, 20), st.sampled_from([None, "customer"]))
def test_the_smaller_part_is_no_more_than_asked_for_but_one_group(
    corpus: list[Dialogue], fraction: float, seed: int, most: int, group: str | None
) -> None:
    every = smaller_part(corpus, fraction, seed, group)
    some = smaller_part(iter(corpus), fraction, seed, group, most)
    assert not (some & ~every).any()
    assert some.any() == every.any()
    groups = {d.meta["customer"] for d, one in zip(corpus, some, strict=True) if one}
    assert some.sum() <= most or (group is not None and len(groups) == 1)
    if every.sum() <= most:
        assert (some == every).all()
