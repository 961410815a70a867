"""`cueline curve`: trains for real, stops when asked, and goes on where it stood."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from cueline.cli import main
from cueline.corpus.formats.jsonl import write
from cueline.training import callbacks as watching
from tests.evaluation.conftest import ordering

CONFIG = """
[features]
min_count = 1
[network]
memory = "none"
embedding = 8
units = 8
[training]
epochs = 2
batch = 8
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write(tmp_path / "train.jsonl", ordering(24, seed=1))
    write(tmp_path / "test.jsonl", ordering(6, seed=2))
    (tmp_path / "config.toml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(out: str, *arguments: str) -> int:
    always = ["--test", "test.jsonl", "--config", "config.toml", "--out", out, *arguments]
    with pytest.raises(SystemExit) as stopped:
        main(["curve", "train.jsonl", *always])
    return int(str(stopped.value.code))


@pytest.mark.slow
def test_it_is_stopped_and_goes_on_to_the_same_figures(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("whole.json", "--halvings", "1") == 0
    whole = json.loads((place / "whole.json").read_text())
    assert [(one["share"], one["dialogues"]) for one in whole["points"]] == [(0.5, 11), (1.0, 22)]
    assert all(0 <= one["linear"] <= 1 for one in whole["points"])
    told = capsys.readouterr().out
    assert all(len(line) <= 80 for line in told.splitlines())
    assert "the last doubling brought" in told

    half = {**whole, "points": whole["points"][:1]}
    (place / "curve.json").write_text(json.dumps(half))
    begin = watching.TrainingLoop.on_epoch_begin

    def interrupt(self: watching.TrainingLoop, epoch: int, logs: object = None) -> None:
        begin(self, epoch, logs)
        if epoch == 1:
            signal.raise_signal(signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    with monkeypatch.context() as patch:
        patch.setattr(watching.TrainingLoop, "on_epoch_begin", interrupt)
        assert run("curve.json", "--halvings", "1") == 130
    assert signal.getsignal(signal.SIGINT) is before
    assert json.loads((place / "curve.json").read_text()) == half
    assert run("curve.json", "--halvings", "1") == 0
    assert "resuming after epoch 1" in capsys.readouterr().err
    assert json.loads((place / "curve.json").read_text()) == whole
    assert sorted(path.name for path in place.glob("*curve*")) == ["curve.json"]


def test_what_is_wrong_is_one_line(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, message in (
        (("test.jsonl",), "test.jsonl"),  # as the file to write: it is a corpus
        (("curve.json", "--valid", "missing.jsonl"), "missing.jsonl: no such file"),
        (("curve.json", "--halvings", "-1"), "halvings"),
    ):
        assert run(*arguments) == 2
        error = capsys.readouterr().err
        assert message in error and error.count("\n") == 1
    assert not (place / "curve.json").exists()
