"""Intervals: as wide as they should be, by dialogue, and the same every time."""

from __future__ import annotations

import numpy as np

from cueline.actions import ActionSpace
from cueline.baselines import DecisionArrays
from cueline.dataset.targets import turn_targets
from cueline.dialogue import Dialogue, Turn
from cueline.evaluation.answers import Answers
from cueline.evaluation.metrics.bootstrap import intervals, resamples
from cueline.evaluation.metrics.scores import figures
from cueline.evaluation.metrics.tally import Tally

ACTIONS = ("ask", "book")


def simulated(dialogues: int, seed: int, turns: int = 8) -> Tally:
    """Dialogues that are easy or hard as a whole: 0.95 or 0.35 of their turns are right."""
    rng = np.random.default_rng(seed)
    easy = rng.random(dialogues) < 0.5
    right = rng.random((dialogues, turns)) < np.where(easy, 0.95, 0.35)[:, None]
    corpus = [
        Dialogue(str(number), tuple(Turn("hi", actions=("ask",)) for _ in range(turns)))
        for number in range(dialogues)
    ]
    answers = Answers.of(corpus, ActionSpace(ACTIONS), turn_targets)
    bits = np.stack([right.ravel(), ~right.ravel()], axis=1)
    confidence = np.full(len(bits), 0.65, np.float32)
    return Tally.of(DecisionArrays(bits, confidence, bits.argmax(axis=1)), answers)


def test_they_hold_the_truth_95_times_in_100() -> None:
    held = []
    for seed in range(200):
        low, high = intervals(simulated(60, seed), single=True)["exact"]
        held.append(low <= 0.65 <= high)
    assert 0.90 <= np.mean(held) <= 0.99  # turns resampled by themselves would hold it 6 in 10


def test_four_times_the_dialogues_halve_them() -> None:
    (low, high), (lower, higher) = (
        intervals(simulated(size, seed=0), single=True)["exact"] for size in (200, 800)
    )
    assert 1.7 < (high - low) / (higher - lower) < 2.3


def test_rare_actions_that_are_often_not_drawn_do_not_move_them() -> None:
    rare, often = ([f"{kind} {n}" for n in range(30)] for kind in ("rare", "often"))
    corpus = [
        Dialogue(name, (Turn("hi", actions=(name,)), Turn("bye", actions=(often[number % 10],))))
        for number, name in enumerate(rare)
    ]
    answers = Answers.of(corpus, ActionSpace([*often, *rare]), turn_targets)
    bits = answers.bits.copy()
    bits[::2] = False  # all the rare ones are missed: without some of them all looks better
    bits[1] = False
    decided = DecisionArrays(bits, np.full(len(bits), 0.6, np.float32), bits.argmax(axis=1))
    tally = Tally.of(decided, answers)
    figure = figures(tally.total(), single=True)["macro_f1"][0]
    low, high = intervals(tally, single=True)["macro_f1"]
    assert 0.05 < high - low < 0.3
    assert abs((low + high) / 2 - figure) < 0.02


def test_they_hold_the_figures_themselves() -> None:
    tally = simulated(50, seed=1)
    for name, (low, high) in intervals(tally, single=True).items():
        assert low <= figures(tally.total(), single=True)[name][0] <= high


def test_a_corpus_without_an_error_has_intervals_of_no_width() -> None:
    tally = simulated(20, seed=0)
    flawless = tally._replace(exact=tally.turns)
    assert intervals(flawless, single=True)["exact"] == (1.0, 1.0)


def test_draws_in_which_nothing_was_asked_say_nothing() -> None:
    tally = simulated(5, seed=0)
    only = Tally(*(counts * np.eye(5, dtype=np.float32)[:, :1] for counts in tally))
    right = only._replace(exact=only.turns)
    assert intervals(right, single=True)["exact"] == (1.0, 1.0)


def test_the_same_seed_draws_the_same() -> None:
    first, again = (np.concatenate(list(resamples(7, 50, seed=3))) for _ in range(2))
    assert np.array_equal(first, again)
    assert first.shape == (50, 7)
    assert not np.array_equal(first, np.concatenate(list(resamples(7, 50, seed=4))))
    large = list(resamples(3_000_000, 3, seed=0))
    assert [part.shape for part in large] == [(1, 3_000_000)] * 3
