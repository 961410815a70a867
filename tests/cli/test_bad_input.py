"""Bad input: one clear line that says what and where, exit code 2, and nothing half-written."""

from __future__ import annotations

import io
import json
import re
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from cueline.cli import main
from cueline.errors import CuelineWarning
from cueline.settings import NetworkSettings
from tests.policies import random_policy

GOOD = '{"id": "a", "turns": [{"user": "hi", "actions": ["x"]}, {"user": "so", "actions": ["y"]}]}'
CORPORA = {
    "broken JSON": (f"{GOOD}\n{{", r":2:"),
    "a wrong type": (
        '{"id": "a", "turns": [{"user": 7, "actions": []}]}',
        r":1: \$\.turns\[0\]\.user: ",
    ),
    "an unknown key": (
        '{"id": "a", "turns": [{"user": "hi", "action": []}]}',
        r":1: \$\.turns\[0\]: ",
    ),
    "no actions": ('{"id": "a", "turns": [{"user": "hi"}]}', r":1: \$\.turns\[0\]: "),
    "no turn": ('{"id": "a", "turns": []}', r":1: \$\.turns: "),
    "nothing": ("", r": the file is empty"),
    "nothing but lines": ("\n\n", r": the file is empty"),
    "one dialogue": (GOOD, r"at least two"),
    "the same answer always": (
        GOOD.replace('"y"', '"x"') + "\n" + GOOD.replace('"y"', '"x"').replace('"a"', '"b"'),
        r"nothing to learn",
    ),
}


def fails(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """The one line that the command says when it fails with exit code 2."""
    with pytest.raises(SystemExit) as stopped:
        main([str(argument) for argument in arguments])
    assert stopped.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith("cueline: ")
    assert error.count("\n") == 1
    return error


@pytest.mark.parametrize("name", CORPORA)
def test_a_corpus_that_cannot_be_used(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    text, message = CORPORA[name]
    corpus = tmp_path / "corpus.jsonl"
    corpus.write_text(text)
    error = fails(capsys, "train", corpus, "--out", tmp_path / "policy")
    assert re.search(message, error), error
    assert [path.name for path in tmp_path.iterdir()] == ["corpus.jsonl"]


def test_a_corpus_that_is_not_utf_8(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    corpus = tmp_path / "corpus.jsonl"
    corpus.write_bytes(GOOD.encode() + b'\n{"id": "\xff", "turns": []}\n')
    assert ":2: not UTF-8 at byte" in fails(capsys, "train", corpus, "--out", tmp_path / "policy")


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("[training]\nepoch = 3", "$.training"),
        ('[training]\nepochs = "three"', "$.training.epochs"),
        ("[training]\nbatch = 0", "$.training.batch"),
        ("epochs =", "config.toml"),
    ],
)
def test_settings_that_do_not_fit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], config: str, message: str
) -> None:
    corpus, settings = tmp_path / "corpus.jsonl", tmp_path / "config.toml"
    corpus.write_text(GOOD)
    settings.write_text(config)
    error = fails(capsys, "train", corpus, "--out", tmp_path / "policy", "--config", settings)
    assert message in error


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    path = tmp_path / "policy"
    random_policy(NetworkSettings(embedding=5, units=7)).save(path)
    return path


def _edit(path: Path, **fields: object) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **fields}))


def test_a_policy_folder_that_is_not_whole(
    policy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weights = policy / "weights.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    error = fails(capsys, "act", policy)
    assert "weights.safetensors" in error and "checksum" in error
    weights.unlink()
    assert "no such file" in fails(capsys, "act", policy)
    _edit(policy / "policy.json", format=999)
    assert "999 is newer" in fails(capsys, "act", policy)
    _edit(policy / "policy.json", format=1)
    assert "1 is older" in fails(capsys, "act", policy)
    (policy / "policy.json").write_text("{")
    assert "policy.json" in fails(capsys, "act", policy)
    assert "policy folder" in fails(capsys, "act", policy / "nowhere")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"user": 1}', "<stdin>:2: $.user: "),
        ('{"usr": "hi"}', "<stdin>:2: $: "),
        ("nonsense", "<stdin>:2: "),
    ],
)
def test_a_turn_that_cannot_be_read(
    policy: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    line: str,
    message: str,
) -> None:
    stdin = io.TextIOWrapper(io.BytesIO(f'{{"user": "hi"}}\n{line}\n'.encode()))
    monkeypatch.setattr(sys, "stdin", stdin)
    with pytest.raises(SystemExit) as stopped:
        main(["act", str(policy)])
    said = capsys.readouterr()
    assert stopped.value.code == 2
    assert message in said.err and said.err.count("\n") == 1
    assert len(said.out.splitlines()) == 1, "the turn before it was answered"


@pytest.mark.parametrize(
    "arguments",
    [["train"], ["nonsense"], ["evaluate"], ["train", "x", "--out", "y", "--seed", "z"]],
)
def test_bad_usage(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    fails(capsys, *arguments)


@pytest.mark.parametrize(
    "arguments",
    [["train", "--out", "o"], ["evaluate", "p"], ["curve", "--test", "t", "--out", "o"]],
)
def test_no_corpus_at_all(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    assert "name at least one corpus" in fails(capsys, *arguments)


def test_what_cannot_be_written_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("in the way")
    error = fails(capsys, "key", tmp_path / "file" / "keys.json", "shop")
    assert f"{tmp_path / 'file'}: " in error


def test_warnings_of_others_are_shown_as_python_shows_them(
    policy: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Warns(io.BytesIO):
        def __iter__(self) -> Iterator[bytes]:  # type: ignore[override]
            warnings.warn("of another library", DeprecationWarning, stacklevel=1)
            warnings.warn("of ours", CuelineWarning, stacklevel=1)
            return iter(())

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(Warns()))
    with pytest.warns() as shown, pytest.raises(SystemExit):
        main(["act", str(policy)])
    assert [str(warning.message) for warning in shown] == ["of another library"]
    assert capsys.readouterr().err == "cueline: warning: of ours\n"


@pytest.mark.parametrize("option", ["--risk", "--coverage"])
@pytest.mark.parametrize("command", ["act", "chat", "evaluate"])
def test_a_share_that_is_none(
    policy: Path, capsys: pytest.CaptureFixture[str], command: str, option: str
) -> None:
    corpus = ["nowhere.jsonl"] if command == "evaluate" else []
    error = fails(capsys, command, policy, *corpus, option, "1.5")
    assert f"{option[2:]} is a share" in error and "not 1.5" in error


def test_a_megabyte_in_one_turn_is_a_turn_like_any_other(policy: Path) -> None:
    from cueline.dialogue import Turn
    from cueline.policy import Policy

    acting = Policy.load(policy)
    for text in ("find " * 200_000, "x" * 1_000_000):
        decision, _ = acting.act(Turn(text), acting.start())
        assert len(decision.probabilities) == 4
