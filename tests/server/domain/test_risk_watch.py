"""The promise is kept in all but delta of streams, and a risk that rises is found."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from cueline.server.domain.risk_watch import LEVELS, RiskWatch

PROMISED, DELTA, STREAMS, LENGTH = 0.1, 0.2, 150, 400
Risk = Callable[[int, RiskWatch], float]
"""The chance that the next turn is wrong; who sets it sees all that the watch does."""

STREAMS_OF: dict[str, Risk] = {
    "just above": lambda t, _: 0.11,
    "at the promise, then above": lambda t, _: 0.1 if t < 100 else 0.2,
    "good until trusted": lambda t, watch: 0.0 if watch.threshold is None else 0.35,
    "barely hidden": lambda t, watch: 0.02 if watch.threshold is None else 0.12,
    "good, bad, good": lambda t, _: 0.7 if 150 < t < 200 else 0.03,
    "bad by turns": lambda t, _: 0.3 if t // 20 % 2 else 0.0,
}


def breaks(risk: Risk, random: np.random.Generator) -> bool:
    """Whether a level answers while the mean risk since it was begun is above the promise."""
    watch, expected = RiskWatch(PROMISED, DELTA), [0.0] * len(LEVELS)
    for t in range(LENGTH):
        confidence, mean = 0.85 + 0.15 * random.random(), risk(t, watch)
        watch.audited(confidence, bool(random.random() < mean))
        for place, (least, level) in enumerate(zip(LEVELS, watch.levels, strict=True)):
            if confidence < least:
                continue
            expected[place] = expected[place] + mean if level.audits else 0.0
            if level.answers and expected[place] > PROMISED * level.audits + 1e-9:
                return True
    return False


@pytest.mark.parametrize("risk", STREAMS_OF.values(), ids=STREAMS_OF.keys())
def test_the_promise_is_broken_in_at_most_delta_of_streams(risk: Risk) -> None:
    random = np.random.default_rng(3)
    broken = sum(breaks(risk, random) for _ in range(STREAMS))
    assert broken <= binom.ppf(1 - 1e-6, STREAMS, DELTA)


def fed(watch: RiskWatch, confidence: float, *wrong: bool) -> RiskWatch:
    for one in wrong:
        watch.audited(confidence, one)
    return watch


def test_a_policy_shows_its_worth_before_it_answers() -> None:
    watch = RiskWatch(0.05)
    assert not watch.answers(0.995)
    assert not watch.refuses(0.995), "nothing stands against it either"
    assert watch.standing == "unproven" and watch.threshold is None
    fed(watch, 0.995, *[False] * 200)
    assert watch.answers(0.995) and watch.standing == "answers"
    assert watch.upper_bound <= 0.05


def test_a_risk_that_rises_is_found_at_once_and_forgiven_with_evidence() -> None:
    watch = fed(RiskWatch(0.05), 0.995, *[False] * 2_000)
    count = 0
    while watch.answers(0.995):
        fed(watch, 0.995, True, False)
        count += 2
    assert count <= 20, "2,000 good ones do not hide what is bad now"
    assert watch.standing == "broken" and watch.refuses(0.995)
    fed(watch, 0.995, *[False] * 300)
    assert watch.answers(0.995)


def test_the_threshold_moves_before_all_is_deferred() -> None:
    watch = RiskWatch(0.05)
    for _ in range(200):
        fed(watch, 0.995, *[False] * 5)
        fed(watch, 0.92, False, True)
    assert watch.answers(0.995) and watch.answers(0.98)
    assert not watch.answers(0.92)
    assert watch.threshold == 0.97
    assert not watch.refuses(0.995)
    assert watch.refuses(0.92)


def test_a_level_does_not_answer_for_a_stricter_one_that_is_broken() -> None:
    watch = RiskWatch(0.05)
    fed(watch, 0.5, *[False] * 3_000)
    assert watch.answers(0.995), "it is one of those that have been good"
    for _ in range(30):
        fed(watch, 0.5, *[False] * 40)
        fed(watch, 0.995, True)
    assert watch.answers(0.5)
    assert not watch.answers(0.995)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=60), st.floats(0, 1))
def test_the_same_audits_make_the_same_watch(
    audits: list[tuple[float, bool]], promised: float
) -> None:
    watches = RiskWatch(promised), RiskWatch(promised)
    for watch in watches:
        for confidence, wrong in audits:
            watch.audited(confidence, wrong)
    assert watches[0].standings() == watches[1].standings()
    assert watches[0].audits == len(audits)
    for confidence in LEVELS:
        assert not (watches[0].answers(confidence) and watches[0].refuses(confidence))


def test_what_may_go_wrong_is_divided_among_levels_and_beginnings() -> None:
    watch = RiskWatch(0.05, 0.04)
    level, parts = watch.levels[0], list[float]()
    for _ in range(5):
        parts.append(level.delta)
        while level.delta == parts[-1]:
            watch.audited(0.5, True)
    assert parts == pytest.approx([0.04 / len(LEVELS) / (n * (n + 1)) for n in range(1, 6)])
