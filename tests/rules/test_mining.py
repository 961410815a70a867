"""What is proposed is kept by the corpus, and is neither chance nor said already."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from cueline.actions import ActionSpace
from cueline.corpus import read_all
from cueline.dialogue import Dialogue, Turn
from cueline.rules import Precondition, Preconditions
from cueline.rules.conditions import WasDone
from cueline.rules.mining import MIN_DIALOGUES, Mined, mine
from tests.policies import dialogues
from tests.rules.test_support_statistics import could_break, seen

NAMES = list("abcdefghijklmnopqrst")


def mined(corpus: list[Dialogue]) -> dict[str, Mined]:
    return {one.precondition.text: one for one in mine(seen(corpus))}


def exceptions(one: Mined, corpus: list[Dialogue]) -> int:
    masks = Preconditions([one.precondition], ActionSpace.of(corpus))
    return sum(bool(masks.violations(dialogue).any()) for dialogue in corpus)


@settings(max_examples=15)
@given(st.lists(dialogues, min_size=1, max_size=4), st.integers(0, 3))
def test_what_is_proposed_holds_but_for_the_exceptions_named(
    some: list[Dialogue], others: int
) -> None:
    corpus = some * 40 + some[:1] * 100 * others
    for one in mine(seen(corpus)):
        assert one.exceptions == exceptions(one, corpus)
        assert (
            one.dialogues == sum(could_break(one.precondition, d) for d in corpus) >= MIN_DIALOGUES
        )


@pytest.mark.parametrize("seed", range(5))
def test_of_chance_nothing_is_proposed(seed: int) -> None:
    # Actions of every frequency, some tied to the number of the turn; beside them features that
    # are true so often that thirty dialogues with an action may well all have them.
    random = np.random.default_rng(seed)
    rates, shares = random.random((12, len(NAMES))) ** 2, random.uniform(0.8, 0.9, 50)

    def turn(number: int) -> Turn:
        known = {f"f{n}": bool(true) for n, true in enumerate(random.random(50) < shares)}
        done = random.random(len(NAMES)) < rates[number]
        return Turn("well", known, actions=tuple(np.array(NAMES)[done].tolist()))

    lengths = random.integers(2, 12, 40).tolist()
    corpus = [Dialogue(f"{n}", tuple(map(turn, range(last)))) for n, last in enumerate(lengths)]
    assert mined(corpus) == {}


def orders(count: int = 200, seed: int = 0) -> list[Dialogue]:
    """Greet; look up at some turn; then, where something is found, refund once, or nothing."""
    random = np.random.default_rng(seed)
    made = []
    for number in range(count):
        chat = [Turn("well", actions=("chat",)) for _ in range(random.integers(12))]
        turns = [Turn("hi", actions=("greet",)), *chat]
        at = int(random.integers(1, len(turns) + 1))
        turns.insert(at, Turn("order 5", actions=("look_up", "wait")))
        found = bool(random.integers(2))
        then = "refund" if found else "refuse"
        late = int(random.integers(at + 1, len(turns) + 1))
        turns.insert(late, Turn(None, {"found": found}, actions=(then,)))
        made.append(Dialogue(f"d{number}", tuple(turns)))
    return made


def test_what_was_planted_is_found_and_nothing_that_follows_from_it() -> None:
    # That all is done after greeting, and that greeting is never done twice, the turn's number
    # says; that a refund is after `wait` says no more than after `look_up`, done with it.
    kept = mined(orders())
    assert {text: one.exceptions for text, one in kept.items()} == {
        "look_up never twice": 0,
        "refund never twice": 0,
        "refund only after look_up": 0,
        "refund only if found is true": 0,
        "refuse never twice": 0,
        "refuse only after look_up": 0,
        "refuse only if found is false": 0,
        "wait never twice": 0,
    }


def test_few_exceptions_are_counted_and_many_are_not_named() -> None:
    refund = Turn("refund!", {"found": True}, actions=("refund",))
    rude = Dialogue("rude", (Turn("hi", actions=("greet",)), refund))
    corpus = orders()
    refunds = sum("refund" in (t.actions or ()) for d in corpus for t in d.turns)
    few, many = mined([*corpus, rude]), mined([*corpus, *[rude] * 10])
    found = few["refund only after look_up"]
    assert (found.dialogues, found.exceptions) == (refunds + 1, 1)
    assert "refund only after look_up" not in many


def test_too_few_dialogues_prove_nothing() -> None:
    assert mined(orders(MIN_DIALOGUES - 1)) == {}
    assert mined([]) == {}
    assert set(mined(orders(MIN_DIALOGUES))) == {"look_up never twice", "wait never twice"}


@pytest.mark.parametrize(("exceptions", "named"), [(1, True), (2, False)])
def test_one_exception_in_a_hundred_is_borne(exceptions: int, named: bool) -> None:
    refunding = [
        dialogue
        for dialogue in orders(300)
        if any("refund" in (turn.actions or ()) for turn in dialogue.turns)
    ]
    rude = Dialogue("rude", (Turn("hi", actions=("greet",)), Turn("now!", actions=("refund",))))
    found = mined(refunding[: 100 - exceptions] + [rude] * exceptions)
    assert ("refund only after look_up" in found) is named


def paying(known: int, others: int = 0) -> list[Dialogue]:
    """Of 100 dialogues, 40 pay, all of them `known`; `known` of the 100 are. `others` are actions
    that have nothing to do with it."""
    beside = [f"other{n}" for n in range(others)]

    def first(number: int) -> Turn:
        done = [name for n, name in enumerate(beside) if (number + n) % 2]
        pays = ("pay",) if number < 40 else ()
        return Turn("well", {"known": number < known}, actions=(*pays, *done))

    return [Dialogue(f"{number}", (first(number),)) for number in range(100)]


def test_the_more_is_tested_the_surer_each_must_be() -> None:
    rule = "pay only if known is true"
    assert rule in mined(paying(known=75))
    assert rule not in mined(paying(known=75, others=40))
    assert rule in mined(paying(known=60, others=40))


@given(st.integers(1, 500), st.data(), st.floats(0.001, 0.999))
def test_chance_is_bounded_as_hoeffding_has_it(n: int, data: st.DataObject, p: float) -> None:
    broken = data.draw(st.integers(0, n))
    kept = 1 - broken / n
    one = Mined(Precondition("a", True, WasDone("b")), n, broken, p)
    exact = stats.binom.logsf(n - broken - 1, n, p)
    assert one.log_chance >= exact - 1e-9
    divergence = special.rel_entr(kept, p) + special.rel_entr(1 - kept, 1 - p)
    assert one.log_chance == pytest.approx(-n * divergence if kept > p else 0)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("train", "other"),
    [
        (
            "babi/dialog-babi-task5-full-dialogs-trn.txt",
            "babi/dialog-babi-task5-full-dialogs-dev.txt",
        ),
        ("sim_dialogue/sim-M/train.json", "sim_dialogue/sim-M/dev.json"),
    ],
)
def test_what_a_real_corpus_keeps_its_other_split_keeps(
    corpora: Path, train: str, other: str
) -> None:
    kept = mined(read_all([corpora / train])).values()
    assert len(kept) >= 9
    assert not any(
        exceptions(one, read_all([corpora / other])) for one in kept if not one.exceptions
    )
