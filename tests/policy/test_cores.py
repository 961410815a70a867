"""Spread over the cores, what comes back stands in the order it was given."""

from __future__ import annotations

from cueline.policy.cores import on_all_cores


def test_what_comes_back_is_in_order() -> None:
    for count in (0, 1, 100):
        assert on_all_cores(lambda n: n * n, range(count)) == [n * n for n in range(count)]
