"""Ways through `or` and checkpoints: all where they are few, an even choice where they are many."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from cueline.corpus.account import Account
from cueline.corpus.formats.rasa.domain import Domain
from cueline.corpus.formats.rasa.story import (
    Acted,
    Alternatives,
    Checkpoint,
    SlotsSet,
    Step,
    Story,
    UserUttered,
)
from cueline.corpus.formats.rasa.ways import MOST_WAYS, StoryPath, ways
from cueline.errors import Place

SIZES = st.lists(st.integers(1, 4), min_size=1, max_size=8)


def story(name: str, *steps: Step) -> Story:
    return Story(name, steps, Place(Path("s.yml"), 1))


def said(way: StoryPath) -> list[str | None]:
    return [one.intent for one in way.story_events if isinstance(one, UserUttered)]


def through(stories: list[Story], domain: Domain | None = None) -> tuple[list[StoryPath], Account]:
    account = Account()
    return list(ways(stories, domain or Domain(), account)), account


def forks(sizes: list[int]) -> list[Story]:
    """One story with an `or` of each size."""
    steps: list[Step] = []
    for number, size in enumerate(sizes):
        choices = tuple(UserUttered(f"i{number}_{way}") for way in range(size))
        steps += [Alternatives(choices) if size > 1 else choices[0], Acted("a")]
    return [story("s", *steps)]


@given(SIZES, st.integers(0, 3))
def test_every_way_is_told_or_what_was_cut_is(sizes: list[int], checkpoints: int) -> None:
    """Also where a way leads on by several checkpoints at once: it is one way all the same."""
    stories = forks(sizes)
    if checkpoints:
        by = tuple(Checkpoint(f"k{number}", {}) for number in range(checkpoints))
        (first,) = stories
        last = story("t", *by, UserUttered("end"), Acted("b"))
        stories = [story("s", *first.steps, *by), last]
    found, account = through(stories)
    product = 1
    for size in sizes:
        product *= size
    assert len({tuple(said(way)) for way in found}) == len(found) == min(product, MOST_WAYS)
    cut = sum(tally.count for tally in account.left_out.values())
    assert cut == product - len(found)


@given(SIZES)
def test_of_many_ways_each_alternative_is_told_about_equally_often(sizes: list[int]) -> None:
    found, _ = through(forks(sizes))
    uses = Counter(intent for way in found for intent in said(way))
    for number, size in enumerate(sizes):
        counts = [uses[f"i{number}_{way}"] for way in range(size)]
        assert min(counts) >= 1
        assert max(counts) - min(counts) <= len(found) / 8 + 1


def test_more_alternatives_than_ways_are_told_are_all_told() -> None:
    found, _ = through(forks([3 * MOST_WAYS, 2]))
    assert {said(way)[0] for way in found} == {f"i0_{n}" for n in range(3 * MOST_WAYS)}


def test_the_limit_is_for_each_beginning() -> None:
    begins = [
        story(f"s{n}", UserUttered(f"i{n}"), Checkpoint("k", {})) for n in range(3 * MOST_WAYS)
    ]
    found, account = through([*begins, story("end", Checkpoint("k", {}), Acted("a"))])
    assert len(found) == 3 * MOST_WAYS
    assert account.left_out == {}


@given(st.lists(st.sampled_from(["Ann", "Bob", None]), min_size=1, max_size=6))
def test_a_checkpoint_lets_those_through_whose_slots_are_as_it_says(
    names: list[str | None],
) -> None:
    begins = [
        story(f"s{n}", UserUttered(f"i{n}"), SlotsSet({"nick": name}), Checkpoint("k", {}))
        for n, name in enumerate(names)
    ]
    ends = [
        story(f"end {name}", Checkpoint("k", {"nick": name}), Acted(str(name)))
        for name in ("Ann", "Bob", None)
    ]
    found, _ = through([*begins, *ends])
    done = {said(way)[0]: way.story_events[-2] for way in found}
    assert done == {f"i{n}": Acted(str(name)) for n, name in enumerate(names)}


def test_a_circle_is_gone_through_again_and_ends() -> None:
    found, _ = through(
        [
            story("in", UserUttered("i"), Checkpoint("k", {})),
            story("again", Checkpoint("k", {}), UserUttered("j"), Checkpoint("k", {})),
            story("out", Checkpoint("k", {}), UserUttered("o"), Acted("a")),
        ]
    )
    assert {"".join(map(str, said(way))) for way in found} == {"io", "ijo", "ijjo", "ijjjo"}
