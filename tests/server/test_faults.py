"""Whatever breaks and is mended, what was acknowledged is there once, and the service well again.

`python -m benchmarks.service.faults` does the same for longer.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.server.faults import mutants, served
from tests.server.faults.campaign import Outcome, together
from tests.server.faults.history import Talk, Turn, found_wrong
from tests.server.faults.injected import FAULTS
from tests.server.faults.preload import compiler
from tests.server.servers import Postgres, Redis

PRELOADED = {"clock ahead", "clock behind", "disk full", "I/O errors"}
QUICK = [
    ("sqlite", "server killed"),
    ("sqlite", "store paused"),
    ("sqlite", "clock behind"),
    ("sqlite", "disk full"),
    ("postgres", "answers lost"),
    ("redis", "half-open"),
]
ALL = [(store, name) for name, fault in FAULTS.items() for store in fault.stores]


def tried(store: str, name: str, tries: int, **environment: str) -> Outcome:
    if name in PRELOADED and compiler() is None:
        pytest.skip("no C compiler here, so no clock can be set wrong and no disk be filled")
    return asyncio.run(together(store, name, tries, seed=0, **environment))


def there(store: str, request: pytest.FixtureRequest) -> None:
    """Skip, or fail, where the store's server is not installed."""
    if (store == "postgres" and Postgres.binaries() is None) or (
        store == "redis" and Redis.binary() is None
    ):
        request.getfixturevalue(f"{store}_server")


def check(store: str, name: str, tries: int) -> None:
    # A store is given up sooner than usual, so that it is within the seconds of a test.
    outcome = tried(store, name, tries, **{served.DEADLINE: "1.0"})
    outcome.wrong.pop("slow", None)  # on a busy machine it may be
    assert not outcome.wrong, outcome.told
    assert outcome.tries == tries
    assert outcome.calls > 10 * tries


@pytest.mark.parametrize(("store", "name"), QUICK)
def test_what_is_broken_and_mended_is_as_it_was(
    store: str, name: str, request: pytest.FixtureRequest
) -> None:
    there(store, request)
    check(store, name, 2)


@pytest.mark.slow
@pytest.mark.parametrize(("store", "name"), ALL)
def test_so_is_whatever_breaks_wherever(
    store: str, name: str, request: pytest.FixtureRequest
) -> None:
    there(store, request)
    check(store, name, 3)


@pytest.mark.parametrize(
    ("mutant", "name", "finding"),
    [
        (mutants.answers_before_the_commit, "server killed", {"lost", "refused"}),
        (mutants.forgets_keys, "answers lost", {"doubled", "refused"}),
        (mutants.keeps_what_was_erased, "connections cut", {"resurrected", "refused"}),
        (mutants.goes_by_the_wall_clock, "clock behind", {"lost", "replay"}),
    ],
)
def test_a_server_that_breaks_a_promise_is_found_out(
    mutant: object, name: str, finding: set[str]
) -> None:
    broken = {served.MUTANT: mutant.__name__}  # type: ignore[attr-defined]
    outcome = tried("sqlite", name, 4, **broken)
    assert outcome.wrong.keys() & finding, outcome


def turn(number: int, policy: str = "p") -> Turn:
    return Turn(f"text {number}", {"policy": policy})


def talk(*numbers: int, **more: object) -> Talk:
    return Talk("d", [turn(number) for number in numbers], **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("told", "stored", "wrong"),
    [
        (talk(0, 1), [0, 1], {}),
        (talk(), [], {}),
        (talk(0, erased=True), None, {}),
        (talk(0, 1), [0], {"lost": 1}),
        (talk(0, 1), None, {"lost": 2}),
        (talk(), None, {"lost": 1}),
        (talk(0, 1), [0, 1, 1], {"doubled": 1}),
        (talk(0, 1), [1, 0], {"reordered": 1}),
        (talk(0), [0, 7], {"invented": 1}),
        (talk(0, erased=True), [0], {"resurrected": 1}),
        (talk(0, gone={"text 7"}), [7, 0], {"resurrected": 1}),
    ],
)
def test_a_history_says_what_is_wrong(
    told: Talk, stored: list[int] | None, wrong: dict[str, int]
) -> None:
    found = found_wrong(told, None if stored is None else [turn(number) for number in stored])
    assert found == Counter(wrong)


@given(st.lists(st.integers(0, 5), unique=True), st.lists(st.integers(0, 5), max_size=7))
def test_nothing_is_wrong_only_where_all_is_as_it_was_told(
    told: Sequence[int], stored: Sequence[int]
) -> None:
    found = found_wrong(talk(*told), [turn(number) for number in stored])
    assert (not found) == (list(told) == list(stored))


def test_a_decision_that_is_another_is_changed() -> None:
    assert found_wrong(talk(0), [turn(0, "q")]) == Counter(changed=1)
