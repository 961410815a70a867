"""The history of a watched promise names every change, and stays short."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from cueline.server.domain.risk_watch import RiskWatch
from cueline.server.domain.watch_history import MAX_POINTS, WatchHistory, WatchPoint

streams = st.lists(st.tuples(st.integers(1, 700), st.sampled_from([0.0, 0.01, 0.5])), max_size=5)


@settings(max_examples=15)
@given(streams, st.randoms(use_true_random=False))
def test_every_change_is_a_point_and_points_are_few(
    parts: list[tuple[int, float]], draw: object
) -> None:
    watch, history, changes = RiskWatch(0.05), WatchHistory(), []
    state, at = (watch.threshold, watch.standing), 0
    for length, risk in parts:
        for _ in range(length):
            at += 1
            watch.audited(0.995, draw.random() < risk)  # type: ignore[attr-defined]
            history.add(watch, float(at))
            before, state = state, (watch.threshold, watch.standing)
            if at > 1 and state != before:
                changes.append(WatchPoint.of(watch, float(at)))
    assert [point for point in history.points if point in changes] == changes
    assert len(history.points) <= MAX_POINTS
    audits = [point.audits for point in history.points]
    assert audits == sorted(set(audits))
    if at:
        gaps = [after - before for before, after in pairwise([0, *audits, at])]
        assert max(gaps) <= max(2, 4 * at / MAX_POINTS), "no long time of which nothing is said"
