"""`cueline evaluate`: beside another policy, and through gates."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cueline.cli import main
from cueline.corpus.formats.jsonl import write
from cueline.evaluation import evaluate_dialogues
from cueline.settings import NetworkSettings
from tests.policies import corpus, random_policy

POLICY, OTHER = (random_policy(NetworkSettings(embedding=5, units=7), seed) for seed in (1, 2))


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two policies and a corpus, in the folder where the command runs."""
    POLICY.save(tmp_path / "policy")
    OTHER.save(tmp_path / "other")
    write(tmp_path / "test.jsonl", corpus())
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as stopped:
        main(["evaluate", "policy", "test.jsonl", *arguments])
    return int(str(stopped.value.code))


def test_the_json_is_the_report_with_the_comparison(place: Path) -> None:
    assert run("--against", "other", "--json", "report.json") == 0
    told = json.loads((place / "report.json").read_text())
    assert told == json.loads(json.dumps(evaluate_dialogues(POLICY, corpus(), OTHER).as_json()))
    assert told["against"]["policy"] == OTHER.hash


@pytest.mark.parametrize(
    ("gates", "code", "said"),
    [
        (("exact>=0", "free_running.exact<=1", "against.worse_dialogues<=3"), 0, ()),
        (("exact>=0", "turns<3"), 1, ("gate failed: turns<3; it is 6, against 3",)),
        (("turns<3", "dialogues>turns"), 1, ("turns<3; it is 6", "it is 3, against 6")),
    ],
)
def test_a_gate_that_fails_is_a_line_and_exit_code_1(
    place: Path,
    capsys: pytest.CaptureFixture[str],
    gates: tuple[str, ...],
    code: int,
    said: tuple[str, ...],
) -> None:
    options = [word for gate in gates for word in ("--gate", gate)]
    assert run("--against", "other", *options) == code
    lines = [line for line in capsys.readouterr().out.splitlines() if "gate failed" in line]
    assert len(lines) == len(said)
    assert all(part in line for part, line in zip(said, lines, strict=True))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--gate", "exact"], "is no condition"),
        (["--gate", "exat>0"], "no figure 'exat'; near it: exact"),
        (["--gate", "turns<3", "--gate", "exact>exat"], "no figure 'exat'"),
        (["--gate", "against.fixed_turns>0"], "'against' is null"),
        (["--against", "missing"], "missing/policy.json: no such file"),
        (["--curve", "curve.json"], "--html FILE"),
        (["--curve", "missing.json", "--html", "report.html"], "missing.json: no such file"),
        (["--curve", "test.jsonl", "--html", "report.html"], "test.jsonl"),
    ],
)
def test_a_wrong_name_is_one_line_and_exit_code_2(
    place: Path, capsys: pytest.CaptureFixture[str], options: list[str], message: str
) -> None:
    assert run(*options) == 2
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1
