"""`cueline convert` and `cueline check`."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path

import pytest

from cueline.actions import ActionSpace
from cueline.corpus import read_all
from cueline.corpus.formats import jsonl
from cueline.corpus.registry import VIEWS
from cueline.dialogue import Dialogue, Turn
from cueline.rules.grammar import read_rules
from cueline.rules.masks import check_kept
from tests.cli.commands import run
from tests.rules.test_mining import orders

TALK = {
    "messages": [
        {"role": "user", "content": "Mail ann@example.org, order AB123456."},
        {
            "role": "assistant",
            "tool_calls": [
                {"function": {"name": "look", "arguments": "{}"}},
                {"function": {"name": "mail", "arguments": "{}"}},
            ],
        },
    ]
}
TABLE = "talk,said,next\nd,hi,greet\n"


@pytest.fixture
def talk(tmp_path: Path) -> Path:
    (tmp_path / "talk.json").write_text(json.dumps(TALK))
    return tmp_path / "talk.json"


def test_convert_writes_what_reading_reads(
    talk: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.jsonl"
    assert run("convert", talk, talk, out) == 0
    assert read_all([out]) == read_all([talk, talk])
    read, written = capsys.readouterr().out.splitlines()
    assert read.endswith(" records read: 2 dialogues, 2 turns")
    assert written == f"{out}: 2 dialogues, 2 turns"


def test_convert_in_steps_and_scrubbed(talk: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    own = "order=[A-Z]{2}[0-9]{6}"
    assert run("convert", talk, out, "--steps", "--scrub", "--pattern", own) == 0
    (dialogue,) = read_all([out])
    assert [(turn.user, turn.actions) for turn in dialogue.turns] == [
        ("Mail email_1, order order_1.", ("look",)),
        (None, ("mail",)),
        (None, ()),
    ]


def test_convert_a_table_whose_columns_have_other_names(tmp_path: Path) -> None:
    table, out = tmp_path / "t.csv", tmp_path / "out.jsonl"
    table.write_text(TABLE)
    columns = ["--column", "dialogue=talk", "user=said", "actions=next"]
    assert run("convert", table, out, *columns) == 0
    assert read_all([out])[0].turns[0].user == "hi"


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["talk.json"], "name at least one corpus, then the file to write, OUT.jsonl"),
        (["talk.json", "talk.json"], "name at least one corpus, then the file to write"),
        (["talk.json", "o.jsonl", "--format", "x"], "no format 'x'; the formats are"),
        (["talk.json", "o.jsonl", "--pattern", "x"], "--pattern takes NAME=REGEX"),
        (["talk.json", "o.jsonl", "--column", "x"], "'x' is not role=column"),
        (["absent.json", "o.jsonl"], "absent.json: no such file or folder"),
    ],
)
def test_what_cannot_be_converted_is_said_in_one_line_and_nothing_is_written(
    arguments: list[str],
    message: str,
    talk: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("convert", *arguments) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["talk.json"]


def test_check_tells_a_person_and_a_program(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    corpus, out = tmp_path / "c.jsonl", tmp_path / "report.json"
    corpus.write_text('{"id": "a", "turns": [{"user": "a", "available": ["x"], "actions": ["y"]}]}')
    assert run("check", corpus, "--json", out) == 1
    said = capsys.readouterr().out
    assert f"{corpus}: 1 dialogues, 1 turns, 1 actions in 1 sets" in said
    assert "ERROR   `available` leaves out what the system did, at 1 turns  [forbidden]" in said
    told = json.loads(out.read_text())
    assert told["sound"] is False
    assert told["findings"][0]["examples"] == ["a turn 0: y"]


def test_check_of_a_sound_corpus_is_0(
    talk: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("check", talk) == 0
    assert not capsys.readouterr().out.endswith("nothing found\n"), "one dialogue is too few"
    words = ("a", "b", "c", "d", "e", "f")
    turns = [
        tuple(Turn(word, actions=(f"say_{word}",)) for word in w) for w in product(words, repeat=3)
    ]
    jsonl.write(tmp_path / "words.jsonl", [Dialogue(str(n), t) for n, t in enumerate(turns)])
    assert run("check", tmp_path / "words.jsonl") == 0
    assert capsys.readouterr().out.endswith("\nnothing found\n")


def test_check_needs_a_corpus(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check") == 2
    assert "name at least one corpus" in capsys.readouterr().err


def test_check_writes_rules_that_the_corpus_keeps(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    corpus, rules = tmp_path / "corpus.jsonl", tmp_path / "rules.txt"
    dialogues = orders()
    dialogues[0] = Dialogue("rude", (Turn("now!", {"found": True}, actions=("refund",)),))
    jsonl.write(corpus, dialogues)
    assert run("check", corpus, "--rules", rules) == 0
    assert "preconditions are kept throughout" in capsys.readouterr().out
    kept = [written.precondition.text for written in read_rules(rules)]
    assert "refuse only after look_up" in kept
    assert "refund only after look_up" not in kept
    assert "\n# refund only after look_up  # " in rules.read_text()
    check_kept(read_rules(rules), ActionSpace.of(dialogues), dialogues)


def test_check_writes_the_rules_of_the_first_corpus(tmp_path: Path) -> None:
    for name, dialogues in (("train", orders()[:5]), ("test", orders())):
        jsonl.write(tmp_path / name, dialogues)
    rules = tmp_path / "rules.txt"
    run("check", tmp_path / "train", tmp_path / "test", "--format", "jsonl", "--rules", rules)
    assert read_rules(rules) == []


def test_formats_lists_every_name_that_can_be_asked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run("formats") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == sorted(VIEWS)
    assert all(len(line.split()) > 2 for line in lines)


def test_convert_says_what_it_left_out_and_where(
    talk: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "t.csv"
    rows = ["d,a,b,", "d,b,b,x", "d,c,,", "e,a,b,x", "e,a,b"]
    table.write_text("\n".join(["dialogue,user,system,actions", *rows, ""]))
    assert run("convert", table, tmp_path / "o.jsonl", "--skip-bad", "--blank", "skip") == 0
    said = capsys.readouterr().out
    assert f"left out, 2 times: turns whose actions are blank\n  {table}:2\n  {table}:4\n" in said
    assert f"1 records could not be read\n  {table}:6: 3 cells, but 4 columns" in said
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "README").write_text("# Logs")
    table.rename(tmp_path / "logs" / "t.csv")
    options = ["--skip-bad", "--blank", "none"]
    assert run("convert", tmp_path / "logs", tmp_path / "o.jsonl", *options) == 0
    said = capsys.readouterr().out
    assert f"passed over: {tmp_path / 'logs' / 'README'}: " in said
    assert "without an action: 2 turns" in said
