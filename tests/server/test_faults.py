"""Whatever breaks and is mended, what was acknowledged is there once, and the service well again.

`python -m benchmarks.service.faults` does the same for longer.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import aclosing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.server.conftest import absent
from tests.server.faults import mutants, served
from tests.server.faults.campaign import campaign, together
from tests.server.faults.history import Talk, Turn, found_wrong
from tests.server.faults.injected import FAULTS
from tests.server.faults.preload import compiler
from tests.server.servers import Postgres, Redis

PRELOADED = {"clock ahead", "clock behind", "disk full", "I/O errors"}
FELT = {
    "server killed",
    "store killed",
    "connections cut",
    "answers lost",
    "half-open",
    "disk full",
}
"""What no client can fail to notice; though what PostgreSQL writes at first needs no room."""
QUICK = [
    ("sqlite", "server killed"),
    ("sqlite", "store paused"),
    ("sqlite", "clock behind"),
    ("sqlite", "disk full"),
    ("postgres", "answers lost"),
    ("redis", "half-open"),
]
ALL = [(store, name) for name, fault in FAULTS.items() for store in fault.stores]


def look_for(store: str, name: str) -> None:
    """Skip, or fail, where something is not installed."""
    if (store == "postgres" and not Postgres.binaries()) or (
        store == "redis" and not Redis.binary()
    ):
        absent(f"no {store} here: install Debian's package")
    if name in PRELOADED and compiler() is None:
        absent("no C compiler here, so no clock can be set wrong and no disk be filled")


def check(store: str, name: str, tries: int) -> None:
    look_for(store, name)
    # A store is given up sooner than usual, so that it is within the seconds of a test.
    outcome = asyncio.run(together(store, name, tries, seed=0, **{served.DEADLINE: "1.0"}))
    outcome.wrong.pop("slow", None)  # on a busy machine it may be
    assert not outcome.wrong, outcome.told
    assert outcome.tries == tries
    assert outcome.calls > 10 * tries
    assert outcome.felt or name not in FELT or (store, name) == ("postgres", "disk full")


@pytest.mark.parametrize(("store", "name"), QUICK)
def test_what_is_broken_and_mended_is_as_it_was(store: str, name: str) -> None:
    check(store, name, 2)


@pytest.mark.slow
@pytest.mark.parametrize(("store", "name"), ALL)
def test_so_is_whatever_breaks_wherever(store: str, name: str) -> None:
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
    look_for("sqlite", name)

    async def found() -> bool:
        broken = {served.MUTANT: mutant.__name__}  # type: ignore[attr-defined]
        async with aclosing(campaign("sqlite", name, 4, 0, broken)) as outcomes:
            async for outcome in outcomes:
                if outcome.wrong.keys() & finding:
                    return True
        return False

    assert asyncio.run(found())


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
