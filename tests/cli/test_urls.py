"""Commands take corpora by their URLs, and give what they give for files here."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cueline.corpus import read_all
from cueline.corpus.formats import jsonl
from tests.cli.commands import run
from tests.policies import contents
from tests.training.test_trainer import dialogues

upath = pytest.importorskip("upath")
SMALL = ("network.embedding=4", "network.units=4", "training.epochs=1")


@pytest.fixture
def here(tmp_path: Path) -> Path:
    jsonl.write(tmp_path / "corpus.jsonl", dialogues())
    return tmp_path / "corpus.jsonl"


@pytest.fixture
def url(here: Path) -> Iterator[str]:
    """The same corpus in a store."""
    there = upath.UPath("memory://shop/corpus.jsonl")
    there.parent.mkdir(parents=True, exist_ok=True)
    there.write_bytes(here.read_bytes())
    yield str(there)
    there.fs.store.clear()
    there.fs.pseudo_dirs[:] = [""]


def test_check_and_convert(
    here: Path, url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("check", url) == run("check", here)
    there, _, locally = capsys.readouterr().out.partition(str(here))
    assert there.removeprefix(url) == locally
    assert run("convert", url, tmp_path / "out.jsonl") == 0
    assert read_all(tmp_path / "out.jsonl") == dialogues()


def test_what_else_is_loaded_changes_nothing(url: str) -> None:
    pytest.importorskip("pydantic")  # by which cyclopts checks arguments too, where it is loaded
    assert run("check", url) == 0


def test_a_file_is_written_here(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("convert", here, "memory://shop/out.jsonl") == 2
    assert "memory://shop/out.jsonl: name a file to write that is here" in capsys.readouterr().err


def test_what_is_missing_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "s3fs", None)
    assert run("check", "s3://shop/corpus.jsonl") == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "s3://shop/corpus.jsonl: Install s3fs to access S3" in line


@pytest.mark.slow
def test_train_and_evaluate(
    here: Path, url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = []
    for corpus, out in ((here, tmp_path / "here"), (url, tmp_path / "there")):
        settings = [word for one in SMALL for word in ("--set", one)]
        assert run("train", corpus, "--valid", corpus, "--out", out, *settings) == 0
        capsys.readouterr()
        assert run("evaluate", out, corpus) == 0
        said.append(capsys.readouterr().out)
    assert contents(tmp_path / "here") == contents(tmp_path / "there")
    assert said[0] == said[1]
