"""A spool gives back what was put in, as often as it is asked, and hashes what is said."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cueline.dataset.storage.dialogue_spool import DialogueSpool
from cueline.dialogue import Dialogue, Turn
from cueline.errors import CacheError
from tests.policies import dialogues

corpora = st.lists(dialogues, max_size=6)


@given(corpora)
def test_what_was_put_in_comes_out_time_and_again(some: list[Dialogue]) -> None:
    with DialogueSpool.of(iter(some)) as spool:
        assert list(spool) == list(spool) == some
        assert len(spool) == len(some)


@given(corpora)
def test_two_who_go_through_it_at_once_do_not_disturb_each_other(some: list[Dialogue]) -> None:
    with DialogueSpool.of(some) as spool:
        assert list(zip(spool, spool, strict=True)) == list(zip(some, some, strict=True))


@given(corpora, st.data())
def test_parted_it_is_two_spools_of_what_went_where(
    some: list[Dialogue], data: st.DataObject
) -> None:
    second = data.draw(st.lists(st.booleans(), min_size=len(some), max_size=len(some)))
    kept = [d for d, other in zip(some, second, strict=True) if not other]
    others = [d for d, other in zip(some, second, strict=True) if other]
    with DialogueSpool.of(some) as spool, DialogueSpool.of(kept) as alone:
        one, two = spool.split(np.array(second, bool))
        assert (list(one), list(two)) == (kept, others)
        assert one.digest == alone.digest


@given(corpora, corpora)
def test_the_digest_tells_apart_what_says_something_else(
    some: list[Dialogue], other: list[Dialogue]
) -> None:
    with DialogueSpool.of(some) as one, DialogueSpool.of(other) as two:
        assert (one.digest == two.digest) == (some == other)


ODD = {
    "wide": 10**30,
    "NumPy": np.float64(0.5),
    "zero": -0.0,
    "whole": 3,
    "broken": 3.0,
    "true": True,
}


def test_features_of_every_kind_come_back_as_what_they_count_as() -> None:
    turn = Turn("hi", MappingProxyType(ODD), actions=())
    with DialogueSpool.of(
        [Dialogue("d", (turn,), {"number": 10**30, "day": date(2024, 2, 29)})]
    ) as spool:
        (back,) = spool
    assert repr(dict(back.turns[0].features)) == repr({**ODD, "wide": 1e30, "NumPy": 0.5})
    assert back.meta == {"number": str(10**30), "day": "2024-02-29"}


def test_nothing_is_left_whether_it_ends_well_or_not(cache: Path) -> None:
    def stream() -> Iterator[Dialogue]:
        yield Dialogue("d", (Turn("hi", actions=()),))
        raise KeyboardInterrupt

    before = set(cache.iterdir())
    with pytest.raises(KeyboardInterrupt):
        DialogueSpool.of(stream())
    with DialogueSpool.of([replace(Dialogue("d", (Turn("hi", actions=()),)))]):
        assert set(cache.iterdir()) == before


def test_a_full_disk_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    device = Path("/dev/full")
    if not device.exists():
        pytest.skip("no device that is always full")
    full = device.open("r+b", buffering=0)
    monkeypatch.setattr("tempfile.TemporaryFile", lambda **_: full)
    with pytest.raises(CacheError, match="No space left on device; set CUELINE_CACHE"):
        DialogueSpool.of([Dialogue("d", (Turn("hi", actions=()),))])
    assert full.closed
