"""`cueline cascade`: from transcripts as an API writes them to what would have been saved."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import cueline
from cueline.cli import main
from cueline.evaluation.rendering.savings import answered
from cueline.evaluation.savings import savings
from cueline.policy.calibration.risk_control import RiskCurve
from cueline.policy.reading import read_for
from cueline.settings import NetworkSettings, Settings, TrainingSettings
from tests.policies import random_policy

POLICY = random_policy(
    NetworkSettings(embedding=5, units=7), 1, risk_curve=RiskCurve([0.3, 0.0], [0.01, 0.1])
)


def transcript(number: int) -> dict[str, Any]:
    """A dialogue as OpenAI's chat has it."""
    function = {"name": "book", "arguments": json.dumps({"n": number})}
    return {
        "messages": [
            {"role": "user", "content": "find a table in paris"},
            {
                "role": "assistant",
                "tool_calls": [{"id": "c", "type": "function", "function": function}],
            },
            {"role": "tool", "tool_call_id": "c", "content": "done"},
            {"role": "assistant", "content": "It is booked."},
        ]
    }


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    POLICY.save(tmp_path / "policy")
    lines = [json.dumps(transcript(number)) for number in range(8)]
    (tmp_path / "traces.jsonl").write_text("\n".join(lines))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as stopped:
        main(["cascade", "policy", *arguments])
    return int(str(stopped.value.code))


def test_the_json_is_what_is_printed(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ("--price", "2.5", "10", "--json", "out.json", "--html", "out.html")
    assert run("traces.jsonl", *options) == 0
    found = savings(POLICY, list(read_for(POLICY, "traces.jsonl")), (2.5, 10))
    assert found.turns == 16
    assert found.without_calls == 8
    written = json.loads((place / "out.json").read_text())
    assert written == json.loads(json.dumps(found.as_json()))
    said, page = capsys.readouterr().out, (place / "out.html").read_text()
    assert found.risks[-1].turns.answered > 0
    for row in answered(found):
        assert all(cell in said and f">{cell}</t" in page for cell in row)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "name at least one corpus"),
        (("missing.jsonl",), "missing.jsonl: no such file"),
        (("empty.jsonl",), "empty.jsonl"),
        (("traces.jsonl", "--price", "-1", "2"), "--price -1 2"),
        (("traces.jsonl", "--price", "1"), "--price"),
    ],
)
def test_what_is_wrong_is_one_line_and_exit_code_2(
    place: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], message: str
) -> None:
    (place / "empty.jsonl").write_text("")
    assert run(*arguments) == 2
    said = capsys.readouterr().err.strip()
    assert message in said
    assert "\n" not in said


@pytest.mark.slow
def test_on_the_examples_most_is_answered_and_every_promise_kept(
    examples: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "policy"
    config = Settings(training=TrainingSettings(epochs=40))
    cueline.train(examples / "train.jsonl", out, valid=examples / "valid.jsonl", config=config)
    with pytest.raises(SystemExit) as stopped:
        main(["cascade", str(out), str(examples / "test.jsonl"), "--json", f"{tmp_path}/out.json"])
    assert stopped.value.code == 0
    risks = json.loads((tmp_path / "out.json").read_text())["risks"]
    for one in risks:
        if one["turns"]["answered"]:
            assert one["turns"]["risk_interval"][0] <= one["promised"]
    (five,) = (one for one in risks if one["promised"] == 0.05)
    assert five["turns"]["share"] > 0.6
    assert five["dialogues"]["answered"] > 0
