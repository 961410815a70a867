from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cueline.server.limits import Limits, RateLimit
from tests.server.test_app import opened, serving


@given(
    st.lists(st.tuples(st.floats(0, 3), st.integers(1, 9)), max_size=30),
    st.integers(1, 5),
    st.integers(1, 10),
)
def test_over_any_time_no_more_is_taken_than_rate_and_burst_allow(
    calls: list[tuple[float, int]], rate: int, burst: int
) -> None:
    now, taken, last = 0.0, 0, 0
    bucket = RateLimit(rate, burst, clock=lambda: now)
    for pause, tokens in calls:
        now += pause
        if bucket.wait("a") == 0:
            bucket.charge("a", tokens - 1)  # what it costs is known only once it is in
            taken, last = taken + tokens, tokens
        assert taken - last < burst + rate * now + 1e-6 or taken == last


def test_a_turn_costs_the_same_alone_and_in_a_batch() -> None:
    with serving(Limits(rate=0.001, burst=10)) as client:
        dialogue = opened(client)
        batch = [{"dialogue": dialogue, "user": "yes"}] * 9
        assert client.post("/v1/turns", json=batch).status_code == 200
        assert client.get("/healthz").status_code == 429
