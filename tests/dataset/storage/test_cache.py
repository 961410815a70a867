"""Entries are there as a whole or not at all, few, private, and made once."""

from __future__ import annotations

import os
import stat
import time
from pathlib import Path

import pytest

from cueline.dataset.storage import cache
from cueline.dataset.storage.mmap_dataset import IncompleteError
from cueline.errors import CacheError


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CUELINE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


class Maker:
    """Fills entries with a word, and counts how often."""

    def __init__(self, word: str = "hello") -> None:
        self.word, self.filled = word, 0

    def fill(self, folder: Path) -> None:
        self.filled += 1
        (folder / "word").write_text(self.word)

    def opened(self, folder: Path) -> str:
        word = (folder / "word").read_text()
        if word != self.word:
            raise IncompleteError(folder)
        return word


def made(key: str, maker: Maker | None = None) -> Maker:
    maker = maker or Maker()
    assert cache.entry(key, maker.fill, maker.opened) == maker.word
    return maker


def names(place: Path) -> set[str]:
    return {path.name for path in place.iterdir()}


def test_it_is_made_once_and_then_found(place: Path) -> None:
    assert made("a", made("a")).filled == 1
    assert names(place) == {f"a{cache.ENTRY}"}


def test_the_user_alone_can_read_it(place: Path) -> None:
    made("a")
    for path in (place, place / f"a{cache.ENTRY}"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700


def test_one_that_is_not_whole_is_made_anew(place: Path) -> None:
    maker = made("a")
    (place / f"a{cache.ENTRY}" / "word").write_text("hel")
    assert made("a", maker).filled == 2
    (place / f"a{cache.ENTRY}" / "word").unlink()
    assert made("a", maker).filled == 3
    assert names(place) == {f"a{cache.ENTRY}"}


def test_of_two_runs_the_first_to_be_ready_is_kept(place: Path) -> None:
    first, second = Maker(), Maker()

    def slow(folder: Path) -> None:
        second.fill(folder)
        made("a", first)
        (place / f"a{cache.ENTRY}" / "first").touch()

    assert cache.entry("a", slow, second.opened) == "hello"
    assert (first.filled, second.filled) == (1, 1)
    assert (place / f"a{cache.ENTRY}" / "first").exists()
    assert names(place) == {f"a{cache.ENTRY}"}


def test_interrupted_it_leaves_nothing(place: Path) -> None:
    def fill(folder: Path) -> None:
        (folder / "word").write_text("hel")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cache.entry("a", fill, Maker().opened)
    assert names(place) == set()


def test_those_used_last_are_kept(place: Path) -> None:
    for number in range(cache.MAX_ENTRIES):
        made(str(number))
        os.utime(place / f"{number}{cache.ENTRY}", (number, number))
    (place / "notes").mkdir()  # not ours
    made("0")
    made("new")
    kept = {"0", "new", *map(str, range(2, cache.MAX_ENTRIES))}
    assert names(place) == {"notes", *(f"{name}{cache.ENTRY}" for name in kept)}


def test_what_killed_runs_left_is_cleared_away_after_a_day(place: Path) -> None:
    old, new = (place / f"{cache.UNFINISHED}{name}" for name in ("old", "new"))
    for path in (old, new):
        path.mkdir(parents=True)
        (path / "half").touch()
    past = time.time() - cache.ABANDONED_AFTER - 1
    for path in (old / "half", old):
        os.utime(path, (past, past))
    made("a")
    assert names(place) == {new.name, f"a{cache.ENTRY}"}


def test_a_place_that_cannot_be_used_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("CUELINE_CACHE", str(tmp_path / "file"))
    with pytest.raises(CacheError, match=r"/file: .* File exists; set CUELINE_CACHE to") as found:
        cache.folder()
    assert "\n" not in str(found.value)


def test_one_that_never_stays_is_given_up() -> None:
    def opened(folder: Path) -> None:
        raise IncompleteError(folder)

    with pytest.raises(CacheError, match="gone as soon as it is made; set CUELINE_CACHE"):
        cache.entry("a", Maker().fill, opened)


def test_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cache.folder() == tmp_path / "cache"
    monkeypatch.setenv("CUELINE_CACHE", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache.folder() == tmp_path / "xdg" / "cueline"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert cache.folder() == tmp_path / "home" / ".cache" / "cueline"
