"""`cueline shapes`: with a corpus and without, on real dialogues, and as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rich.cells import cell_len

from cueline.cli import main
from cueline.lessons import QUESTION, heading, lesson_steps, step_text
from cueline.settings import NetworkSettings
from tests.policies import random_policy
from tests.policy.tagging.test_tagger import random_tagger

CORPUS = """\
{"id": "a", "turns": [{"user": "hi", "actions": ["greet"]}]}
{"id": "b", "turns": [
 {"user": "a table", "features": {"city": "Rome"}, "actions": ["ask", "offer"]},
 {"user": null, "actions": []}]}
""".replace("\n ", "")


def printed(capsys: pytest.CaptureFixture[str], *arguments: object, code: int = 0) -> str:
    """What the command says; on stderr where it fails."""
    with pytest.raises(SystemExit) as stopped:
        main(["shapes", *map(str, arguments)])
    assert stopped.value.code == code
    said = capsys.readouterr()
    return said.err if code else said.out


def fits(said: str) -> None:
    assert max(map(cell_len, said.splitlines())) <= 80


def test_without_a_corpus_it_is_the_question_s_dialogue_and_always_the_same(
    capsys: pytest.CaptureFixture[str],
) -> None:
    said = printed(capsys)
    steps = enumerate(lesson_steps(QUESTION, [QUESTION]), start=1)
    parts = [heading(QUESTION, 3), *(step_text(number, step) for number, step in steps)]
    assert said == "\n".join(parts) + "\n"
    assert "Do you know an apple?" in said
    fits(said)


def test_a_dialogue_of_the_corpus_and_all_its_numbers_as_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    corpus, numbers = tmp_path / "corpus.jsonl", tmp_path / "b.json"
    corpus.write_text(CORPUS)
    said = printed(capsys, corpus, "--dialogue", "b", "--json", numbers)
    assert said.startswith("dialogue b: 2 turns, 2 actions\n")
    assert "2 of the 2 first dialogues, this one among them" in " ".join(said.split())
    fits(said)
    written = json.loads(numbers.read_text())
    assert written["dialogue"] == "b" and written["actions"] == ["ask", "offer"]
    titles = [step["title"] for step in written["steps"]]
    assert titles[-1] == "Fitted to your dialogues"
    assert all(title in said for title in titles)


def test_a_sentence_by_the_words_of_a_policy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    policy = random_policy(NetworkSettings(embedding=5, units=7))
    policy.with_words(random_tagger(1), None).save(tmp_path / "policy")
    numbers = tmp_path / "said.json"
    said = printed(capsys, tmp_path / "policy", "--say", "a table for six", "--json", numbers)
    assert said.startswith("sentence: a table for six\n")
    fits(said)
    written = json.loads(numbers.read_text())
    assert [len(one["variants"]) for one in written["steps"]] == [1, 2, 2, 2]
    scores = written["steps"][2]["variants"][0]
    assert scores["shape"] == "(1, 4, 5) sentence, word, tag"
    assert scores["rows"] == ["a", "table", "for", "six"]


def test_what_is_not_there_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    corpus = tmp_path / "corpus.jsonl"
    corpus.write_text(CORPUS)
    policy = tmp_path / "z"
    random_policy(NetworkSettings(embedding=5, units=7)).save(policy)
    for arguments in (
        (corpus, "--dialogue", "z"),
        ("--dialogue", "z"),
        ("--say", "z"),
        (policy, "--dialogue", "z"),
        (corpus, "--dialogue", "z", "--say", "a"),
    ):
        error = printed(capsys, *arguments, code=2)
        assert error.startswith("cueline: ") and "z" in error and error.count("\n") == 1


@pytest.mark.slow
def test_it_is_readable_on_babi(corpora: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = printed(capsys, corpora / "babi" / "dialog-babi-task5-full-dialogs-dev.txt")
    assert "=> At turn 1 and later: by 0 in silos" in said
    fits(said)


@pytest.mark.slow
def test_it_is_readable_on_the_example_corpus(
    examples: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    corpus = examples / "test.jsonl"
    if not corpus.is_file():
        pytest.skip("the example corpus has not been written; python examples/make_corpus.py")
    fits(printed(capsys, corpus))
