"""Every command that reads a corpus reads it alike, and a policy keeps how its own was read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import cueline
from cueline.corpus import read_all
from cueline.corpus.options import ReadingOptions
from cueline.errors import CuelineWarning
from cueline.policy import Policy
from cueline.policy.reading import read_for
from tests.cli.commands import run

COLUMNS = ["--column", "dialogue=anruf", "role=wer", "text=was", "actions=code", "agent=Müller"]
CONFIG = "[training]\nepochs = 1\nbatch = 4\n[network]\nembedding = 4\nunits = 4\nturn_units = 4\n"


def log(dialogues: int = 12) -> str:
    lines = ["anruf;wer;was;code"]
    for number in range(dialogues):
        kind = ("tee", "saft")[number % 2]
        lines += [
            f"d{number};Kundin;{kind} für {number};",
            f"d{number};Müller;Gern.;bring_{kind}",
            f"d{number};Kundin;tschüs;",
            f"d{number};Müller;Auf Wiedersehen.;{'' if number % 3 else 'close'}",
        ]
    return "\n".join(lines) + "\nkaputt;x\n"


OPTIONS = [*COLUMNS, "--encoding", "cp1252", "--blank", "respond", "--skip-bad"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table that nothing but all options reads, and a policy trained on it."""
    folder = tmp_path_factory.mktemp("reading")
    (folder / "log.csv").write_bytes(log().encode("cp1252"))
    (folder / "whole.csv").write_bytes(log().replace("kaputt;x\n", "").encode("cp1252"))
    (folder / "config.toml").write_text(CONFIG)
    log_, policy = folder / "log.csv", folder / "policy"
    training = ["--valid", log_, "--config", folder / "config.toml", *OPTIONS]
    assert run("train", log_, "--out", policy, *training) == 0
    return folder


def test_train_reads_the_corpus_and_that_to_stop_by_alike(folder: Path) -> None:
    policy = Policy.load(folder / "policy")
    assert policy.actions.names == ("bring_saft", "bring_tee", "close", "respond")
    assert policy.training["dialogues"] == 11
    assert policy.reading == ReadingOptions(None, tuple(COLUMNS[1:]), "cp1252", "respond")


@pytest.mark.parametrize("name", ["check", "shapes", "convert", "explain", "evaluate", "curve"])
def test_every_command_takes_the_same_options(name: str, folder: Path) -> None:
    table = folder / "log.csv"
    before = {"explain": [folder / "policy"], "evaluate": [folder / "policy"]}.get(name, [])
    curve = ["--test", table, "--out", folder / "curve.json", "--halvings", 0]
    after = {
        "convert": [folder / "out.jsonl"],
        "curve": [*curve, "--config", folder / "config.toml"],
    }.get(name, [])
    assert run(name, *before, table, *after, *OPTIONS) == 0
    if name not in ("explain", "shapes"):  # they read no further than the dialogue asked for
        assert run(name, *before, table, *after, *OPTIONS[:-1]) == 2, "the last row is broken"


@pytest.mark.parametrize("command", ["evaluate", "explain"])
def test_what_a_policy_learned_from_is_read_again_without_options(
    command: str, folder: Path
) -> None:
    assert run(command, folder / "policy", folder / "whole.csv") == 0
    if command == "evaluate":
        assert run(command, folder / "policy", folder / "log.csv") == 2, "bad rows are not kept"


def test_a_service_reads_what_it_shows_alike(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It does not start where the corpus cannot be read: the broken row was found by reading."""
    pytest.importorskip("starlette")
    served = ["serve", folder / "policy", "--store", "memory:", "--corpus", folder / "log.csv"]
    assert run(*served) == 2
    assert "log.csv:50: 2 cells, but 4 columns" in capsys.readouterr().err


def test_a_policy_is_trained_further_on_what_is_read_alike(folder: Path, tmp_path: Path) -> None:
    further = ["--from", folder / "policy", "--config", folder / "config.toml"]
    assert run("train", folder / "whole.csv", "--out", tmp_path / "more", *further) == 0
    assert Policy.load(tmp_path / "more").reading == Policy.load(folder / "policy").reading


def test_other_formats_are_recognised_all_the_same(folder: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.jsonl"
    own.write_text('{"id": "d", "turns": [{"user": "tee", "actions": ["bring_tee"]}]}\n')
    policy = Policy.load(folder / "policy")
    assert list(read_for(policy, own)) == read_all(own)
    assert cueline.evaluate(policy, own).turns == 1


def test_a_view_is_kept_and_goes_before_its_format(folder: Path, tmp_path: Path) -> None:
    sgd = tmp_path / "dialogues.json"
    turn = {"speaker": "SYSTEM", "utterance": "b", "actions": [{"act": "INFORM", "slot": "x"}]}
    talk = {"dialogue_id": "d", "turns": [{"speaker": "USER", "utterance": "a"}, turn]}
    sgd.write_text(json.dumps(talk))
    slots = ReadingOptions().preferring(ReadingOptions(format="sgd-slots"))
    assert read_all(sgd)[0].turns[0].actions == ("INFORM",)
    assert read_all(sgd, slots)[0].turns[0].actions == ("INFORM(x)",)
    assert read_all(sgd, ReadingOptions("sgd").preferring(slots.kept()))[0].turns[0].actions == (
        "INFORM",
    )


def test_targets_that_the_policy_does_not_know_are_said_loudly(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    policy, other = folder / "policy", tmp_path / "other.jsonl"
    turns = ", ".join(f'{{"user": "a", "actions": ["INFORM_{n}"]}}' for n in range(3))
    other.write_text(f'{{"id": "d", "turns": [{turns}, {{"user": "tee", "actions": ["close"]}}]}}')
    assert run("evaluate", policy, other) == 0
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(
        "cueline: warning: the policy does not know what the system does at 3 of"
    )
    assert "'INFORM_0'" in line and "'bring_saft'" in line and "--encoding cp1252" in line
    with pytest.warns(CuelineWarning, match="3 of 4 turns"):
        cueline.evaluate(Policy.load(policy), other)
    assert run("evaluate", policy, folder / "whole.csv") == 0
    assert capsys.readouterr().err == ""


EMPTY = {
    "no action": ('[{"user": "a", "actions": []}]', "the system does nothing at any of 1 turns"),
    "no word": ('[{"user": "", "actions": ["x"]}]', "the user says no word at any of 1 turns"),
    "silence": ('[{"user": null, "actions": ["x"]}]', "the user says no word at any of 1 turns"),
}


@pytest.mark.parametrize("case", EMPTY)
def test_a_corpus_of_nothing_is_an_error(
    case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    turns, message = EMPTY[case]
    corpus = tmp_path / "corpus.jsonl"
    corpus.write_text(f'{{"id": "d", "turns": {turns}}}\n')
    assert run("check", corpus) == 1
    assert f"ERROR   {message}" in capsys.readouterr().out
    assert run("train", corpus, "--out", tmp_path / "policy") == 2
    read = capsys.readouterr()
    assert message in read.err and read.err.count("\n") == 1
    assert "1 dialogues, 1 turns" in read.out
