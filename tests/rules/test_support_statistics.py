"""What is counted of a corpus is what going through it one by one counts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cueline.actions import ActionSpace
from cueline.dialogue import Dialogue, Feature, Turn
from cueline.rules import Precondition, Preconditions
from cueline.rules.conditions import Compares, Equals, Has, IsKnown, IsTrue, WasDone
from cueline.rules.occurrences import Occurrences
from cueline.rules.precondition import Fact
from cueline.rules.support_statistics import Support, SupportStatistics
from tests.policies import dialogues

corpora = st.lists(dialogues, min_size=1, max_size=6)


def seen(corpus: list[Dialogue]) -> Occurrences:
    occurrences = Occurrences()
    for dialogue in corpus:
        occurrences.add(dialogue)
    return occurrences


def by_text(
    action: str, only: bool, asked: list[Fact], kept: Support
) -> dict[str, tuple[float, ...]]:
    """Each precondition with its dialogues, those that keep it, and the share by chance."""
    return {
        Precondition(action, only, asked[item]).text: tuple(row)
        for item, *row in zip(*(column.tolist() for column in kept), strict=True)
    }


def could_break(one: Precondition, dialogue: Dialogue) -> bool:
    done = {name for turn in dialogue.turns for name in turn.actions or ()}
    other = one.fact.action in done if isinstance(one.fact, WasDone) and not one.only else True
    return one.action in done and other


def could_break_in(one: Precondition, corpus: list[Dialogue]) -> bool:
    return any(could_break(one, dialogue) for dialogue in corpus)


@given(corpora)
def test_what_is_kept_is_what_no_turn_violates(corpus: list[Dialogue]) -> None:
    occurrences, space = seen(corpus), ActionSpace.of(corpus)
    keeping = SupportStatistics(occurrences, 1)
    done, facts = [WasDone(name) for name in occurrences.actions], list(occurrences.facts)
    for number, action in enumerate(occurrences.actions):
        for only, asked, kept in (
            (True, done, keeping.only_after(number)),
            (False, done, keeping.never_after(number)),
            (True, facts, keeping.only_if(number)),
        ):
            assert (kept.by_chance >= 0).all()
            assert (kept.by_chance <= 1 + 1e-9).all()
            if asked is done:
                asking = [Precondition(action, only, fact) for fact in done]
                breakable = {i for i, one in enumerate(asking) if could_break_in(one, corpus)}
                assert set(kept.items.tolist()) == breakable - ({number} if only else set())
            for item, n, good, _ in zip(*(column.tolist() for column in kept), strict=True):
                one = Precondition(action, only, asked[item])
                masks = Preconditions([one], space)
                breakable = [dialogue for dialogue in corpus if could_break(one, dialogue)]
                broken = sum(bool(masks.violations(dialogue).any()) for dialogue in corpus)
                assert (n, good) == (len(breakable), len(breakable) - broken), one.text


@given(corpora)
def test_chance_is_the_share_of_dialogues_at_the_same_turn(corpus: list[Dialogue]) -> None:
    occurrences = seen(corpus)
    keeping = SupportStatistics(occurrences, 1)
    done, facts = [WasDone(name) for name in occurrences.actions], list(occurrences.facts)

    def acts(dialogue: Dialogue, action: str) -> list[int]:
        return [n for n, turn in enumerate(dialogue.turns) if action in (turn.actions or ())]

    for number, action in enumerate(occurrences.actions):
        firsts = [turns[0] for dialogue in corpus if (turns := acts(dialogue, action))]
        at = {n: [d for d in corpus if len(d.turns) > n] for n in firsts}
        after = by_text(action, True, done, keeping.only_after(number))
        for other in occurrences.actions:
            if other != action:
                shares = [np.mean([min([99, *acts(d, other)]) < n for d in at[n]]) for n in firsts]
                text = Precondition(action, True, WasDone(other)).text
                assert after[text][2] == pytest.approx(np.mean(shares))
        conditions = by_text(action, True, facts, keeping.only_if(number))
        for fact in facts:
            shares = [np.mean([fact.holds(d.turns[n].features) for d in at[n]]) for n in firsts]
            text = Precondition(action, True, fact).text
            assert conditions[text][2] == pytest.approx(np.mean(shares))


def test_never_after_by_chance_is_what_is_done_up_to_then() -> None:
    # `a` at each of three turns alike, `b` always at the second: by chance `a` falls on the first
    # two turns in about two of three dialogues, and is done again after the first in about a third.
    corpus = [
        Dialogue(f"{n}", tuple(Turn(None, actions=done) for done in turns))
        for n, turns in enumerate(
            [(("a",), ("b",), ())] * 100
            + [((), ("b", "a"), ())] * 100
            + [((), ("b",), ("a",))] * 100
        )
    ]
    occurrences = seen(corpus)
    number = occurrences.actions["a"]
    kept = SupportStatistics(occurrences, 1).never_after(number)
    found = by_text("a", False, [WasDone(name) for name in occurrences.actions], kept)
    n, good, by_chance = found["a never after b"]
    assert (n, good) == (300, 200)
    assert by_chance == pytest.approx((1 - (2 / 3) ** 2) * (2 / 3) / (1 - (2 / 3) ** 3))
    n, good, by_chance = found["a never twice"]
    assert (n, good) == (300, 300)
    assert by_chance == pytest.approx(((2 / 3) ** 2 + 2 / 3 + 1) / 3)


def test_what_is_true_is_no_number_though_python_has_them_equal() -> None:
    values: list[Feature] = [True, 1, 1.0, True, "1", ("1",), False, 0]
    turns = tuple(Turn(None, {"f": value}, actions=()) for value in values)
    occurrences = seen([Dialogue("d", turns)])
    facts = list(occurrences.facts)
    held = {fact: [] for fact in facts}
    for _, turn, fact in occurrences.held.T.tolist():
        held[facts[fact]].append(turn)
    assert held == {
        IsKnown("f"): list(range(8)),
        IsTrue("f", True): [0, 3],
        Compares("f", ">", 0.0): [1, 2],
        Equals("f", "1"): [4],
        Has("f", "1"): [5],
        IsTrue("f", False): [6],
    }


def test_what_implies_what() -> None:
    corpus = [
        Dialogue(
            "1", (Turn(None, features={"f": "x"}, actions=("a",)), Turn(None, actions=("b", "c")))
        ),
        Dialogue(
            "2", (Turn(None, features={"f": "y"}, actions=("c", "b")), Turn(None, actions=("b",)))
        ),
    ]
    occurrences = seen(corpus)
    keeping = SupportStatistics(occurrences, 1)
    names, facts = list(occurrences.actions), list(occurrences.facts)
    by_then = keeping.done_by_then(np.arange(3))
    pairs = {(names[i], names[j]) for i, j in np.argwhere(by_then).tolist() if i != j}
    assert pairs == {("b", "c"), ("c", "b")}
    too = keeping.held_too(np.arange(len(facts)))
    assert [bool(too[i, facts.index(IsKnown("f"))]) for i in range(len(facts))] == [True] * 3
    assert too.sum() == 5
    for nothing in (keeping.done_by_then(np.arange(0)), keeping.held_too(np.arange(0))):
        assert (nothing.shape, nothing.dtype) == ((0, 0), bool)
