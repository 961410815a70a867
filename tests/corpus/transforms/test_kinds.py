"""What splits a corpus into kinds is found by what they have to themselves, and nothing else is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cueline.corpus.transforms.kinds import find_kinds
from cueline.corpus.transforms.story_concatenation import JOINS
from cueline.dialogue import Dialogue, Turn

SITES = ("oslo", "rome", "bern", "paris")


def dialogue(number: int, site: str, /, **meta: object) -> Dialogue:
    turns = tuple(
        Turn(f"{word} in {site}", {"area": f"{site} {number % 3}"}, actions=(word,))
        for word in ("ask", "book")
    )
    return Dialogue(str(number), turns, {"name": f"n{number}", "shift": number // 4 % 2, **meta})


def test_a_key_of_meta_is_found() -> None:
    some = [dialogue(n, SITES[n % 4], site=SITES[n % 4]) for n in range(40)]
    kinds = find_kinds(some)
    assert kinds is not None
    assert kinds.by == "meta.site"
    assert kinds.all == sorted(SITES)
    assert kinds.names == [frozenset([SITES[n % 4]]) for n in range(40)]
    assert 0.2 < kinds.own < 1
    numbers = kinds.numbers().tolist()
    assert len(set(numbers)) == 4
    assert numbers == [numbers[n % 4] for n in range(40)]


def test_several_kinds_of_one_dialogue_are_found() -> None:
    some = [dialogue(n, SITES[n % 4], sites=[SITES[n % 4], SITES[0]]) for n in range(40)]
    kinds = find_kinds(some)
    assert kinds is not None
    assert kinds.names[1] == {SITES[0], SITES[1]}


def test_a_feature_that_stays_the_same_is_found_and_one_that_changes_is_not() -> None:
    some = []
    for number in range(40):
        site = SITES[number % 4]
        turns = tuple(
            Turn(f"{word} in {site}", {"site": site, "step": word}, actions=(word,))
            for word in ("ask", "book")
        )
        some.append(Dialogue(str(number), turns))
    kinds = find_kinds(some)
    assert kinds is not None
    assert kinds.by == "features.site"


@given(st.lists(st.sampled_from("abc"), min_size=15, max_size=60))
def test_a_key_that_says_nothing_is_none(labels: list[str]) -> None:
    some = [
        Dialogue(str(n), (Turn("hello you", actions=("ask",)),), {"label": label})
        for n, label in enumerate(labels)
    ]
    assert find_kinds(some) is None


def test_the_stories_of_a_bot_have_none() -> None:
    some = [dialogue(n, SITES[n % 4], site=SITES[n % 4]) for n in range(40)]
    story = Dialogue("story", some[0].turns, {JOINS: {}, "site": "oslo"})
    assert find_kinds([story, *some]) is None


def test_of_nothing_nothing_is_found() -> None:
    assert find_kinds([]) is None
