"""Curves and confusions are what counting one by one gives."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cueline.dialogue import Dialogue, Turn
from cueline.evaluation.tally import BINS
from cueline.page.changes import changes
from cueline.page.confusion import confusion
from cueline.page.curves import POINTS, reliability, risk_coverage
from cueline.page.judged import Judged
from cueline.settings import NetworkSettings
from tests.policies import dialogues, networks, random_policy

decisions = st.lists(
    st.tuples(st.sampled_from([0.0, 0.3, 0.31, 0.9, 1.0]), st.booleans()), min_size=1
)
corpora = st.lists(dialogues, min_size=1, max_size=4)


def arrays(pairs: list[tuple[float, bool]]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([p for p, _ in pairs], np.float32), np.array([right for _, right in pairs])


@given(decisions)
def test_a_threshold_answers_what_is_as_sure_as_that(pairs: list[tuple[float, bool]]) -> None:
    confidence, right = arrays(pairs)
    points = risk_coverage(confidence, right)
    assert points[0].answered == len(pairs)
    assert [p.threshold for p in points] == sorted({round(float(c), 6) for c in confidence})
    for point in points:
        answered = confidence >= point.threshold - 1e-6
        assert point.answered == answered.sum()
        assert point.wrong == (answered & ~right).sum()


def test_a_curve_has_no_more_points_than_can_be_seen() -> None:
    confidence = np.random.default_rng(0).random(5_000)
    points = risk_coverage(confidence, confidence > 0.5)
    assert len(points) == POINTS
    assert (points[0].answered, points[-1].answered) == (5_000, 1)


@given(decisions)
def test_bins_of_confidence_hold_all_turns(pairs: list[tuple[float, bool]]) -> None:
    confidence, right = arrays(pairs)
    bins = reliability(confidence, right)
    assert sum(one.turns for one in bins) == len(pairs)
    assert abs(sum(one.turns * one.right for one in bins) - right.sum()) < 1e-3 * len(pairs)
    for one in bins:
        inside = np.minimum((confidence * BINS).astype(int), BINS - 1) == min(
            int(one.confidence * BINS), BINS - 1
        )
        assert inside.sum() == one.turns


@given(networks, corpora)
def test_confusions_are_what_was_missed_beside_what_was_wrongly_decided(
    network: NetworkSettings, corpus: list[Dialogue]
) -> None:
    policy = random_policy(network)
    judged = Judged.of(policy, corpus)
    found = confusion(judged)
    names = [*found.actions, None]
    expected = np.zeros((len(names), len(names)), int)
    rights = [set(turn.actions) for dialogue in corpus for turn in dialogue.turns]
    for right, bits in zip(rights, judged.decided.bits, strict=True):
        decided = set(policy.actions.named(bits))
        missed, extra = right - decided or {None}, decided - right or {None}
        pairs = {(a, b) for a in missed for b in extra if (a, b) != (None, None)}
        for a, b in pairs | {(name, name) for name in right & decided}:
            if a in names and b in names:
                expected[names.index(a), names.index(b)] += 1
    assert found.counts == expected.tolist()
    wrong = {
        name
        for right, bits in zip(rights, judged.decided.bits, strict=True)
        for name in right ^ set(policy.actions.named(bits))
    }
    assert set(found.actions) == wrong


@given(networks, corpora)
def test_what_another_policy_changes_is_told_turn_by_turn(
    network: NetworkSettings, corpus: list[Dialogue]
) -> None:
    before, after = (Judged.of(random_policy(network, seed), corpus) for seed in (0, 1))
    same = changes(before, before)
    assert (same.better, same.worse, same.other, same.changes) == (0, 0, 0, [])
    found = changes(before, after)
    assert found.better - found.worse == int(after.right.sum()) - int(before.right.sum())
    for one in found.changes:
        assert one.before != one.after
        assert set(corpus[one.number].turns[one.turn].actions) == set(one.expected)
    assert found.better + found.worse + found.other == len(found.changes)


def test_a_corpus_of_one_turn_is_judged_too() -> None:
    policy = random_policy(NetworkSettings(embedding=5, units=7, decisions="single"))
    judged = Judged.of(policy, [Dialogue("d", (Turn("find", actions=("fly",)),))])
    assert confusion(judged).actions[0] in ("fly", *policy.actions.names)
    assert risk_coverage(judged.decided.confidence, judged.right)[0].wrong == 1
