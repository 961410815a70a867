"""`cueline sweep`: learns for real, on a cluster alike, and goes on where it stood."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cueline.corpus.formats.jsonl import write
from tests.cli.commands import run
from tests.cli.test_curve import CONFIG
from tests.evaluation.conftest import ordering


@pytest.fixture
def arguments(tmp_path: Path) -> list[object]:
    write(tmp_path / "train.jsonl", ordering(24, seed=1))
    (tmp_path / "config.toml").write_text(CONFIG)
    return ["sweep", tmp_path / "train.jsonl", "--config", tmp_path / "config.toml", "--seeds", 2]


@pytest.mark.slow
def test_it_ranks_and_goes_on_with_more_to_try(
    arguments: list[object], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "sweep.json"
    assert run(*arguments, "--out", out, "--vary", "network.units=4") == 0
    first = json.loads(out.read_text())["results"]
    assert [one["trial"]["seed"] for one in first] == [0, 1]
    capsys.readouterr()
    assert run(*arguments, "--out", out, "--vary", "network.units=4,8", "--halvings", "1") == 0
    both = json.loads(out.read_text())["results"]
    assert both[:2] == first and len(both) == 8
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "8 to learn, 2 of them done before"
    table = said[said.index("right   +-      nll     seeds  dialogues  settings") + 1 :]
    right = [float(line.split()[0]) for line in table[:4]]
    assert right == sorted(right, reverse=True)
    assert {line.split()[-1] for line in table[:4]} == {"network.units=4", "network.units=8"}
    assert {path.name for path in tmp_path.iterdir()} == {"train.jsonl", "config.toml", out.name}


@pytest.mark.parametrize(
    ("vary", "said"),
    [
        ("network.units", "--vary network.units: expected NAME=VALUE,VALUE"),
        ("network.units=8,", "--vary network.units=8,: expected NAME=VALUE,VALUE"),
        (
            "network.unit=8",
            "--vary network.unit=8: $.network: Object contains unknown field `unit`",
        ),
    ],
)
def test_a_setting_that_is_none_is_said_before_anything_is_learned(
    vary: str,
    said: str,
    arguments: list[object],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(*arguments, "--out", tmp_path / "s.json", "--vary", vary) == 2
    assert said in capsys.readouterr().err
