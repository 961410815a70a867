"""A rules file: what is written is what is read, and an error names its line."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cueline.actions import ActionSpace
from cueline.errors import SettingsError
from cueline.rules import Precondition
from cueline.rules.conditions import Compares, Equals, Has, IsKnown, IsTrue, WasDone
from cueline.rules.grammar import check_names, parse, read_rules
from tests.rules.drawn import any_precondition

LINES = {
    "refund only after look_up_order": Precondition("refund", True, WasDone("look_up_order")),
    "refund never twice": Precondition("refund", False, WasDone("refund")),
    "cancel never after refund": Precondition("cancel", False, WasDone("refund")),
    "offer only if db_count > 0": Precondition("offer", True, Compares("db_count", ">", 0)),
    "offer only if db_count <= 2.5": Precondition("offer", True, Compares("db_count", "<=", 2.5)),
    "offer only if area is known": Precondition("offer", True, IsKnown("area")),
    "ask never if area is known": Precondition("ask", False, IsKnown("area")),
    "call only if known has food": Precondition("call", True, Has("known", "food")),
    'book only if city is "New York"': Precondition("book", True, Equals("city", "New York")),
    "book only if count is 3": Precondition("book", True, Equals("count", 3)),
    'book only if code is "3"': Precondition("book", True, Equals("code", "3")),
    "book only if open is true": Precondition("book", True, IsTrue("open", True)),
    'book only if sign is "true"': Precondition("book", True, Equals("sign", "true")),
    'book only if sign is "false"': Precondition("book", True, Equals("sign", "false")),
    'book only if sign is "known"': Precondition("book", True, Equals("sign", "known")),
    'book only if "café noir" has "crème brûlée"': Precondition(
        "book", True, Has("café noir", "crème brûlée")
    ),
    "book only if n > 999999999999999": Precondition("book", True, Compares("n", ">", 1e15 - 1)),
    "book only if n > 1000000000000000.0": Precondition("book", True, Compares("n", ">", 1e15)),
    "only only after after": Precondition("only", True, WasDone("after")),
    '"say so" never if "so far" is ""': Precondition("say so", False, Equals("so far", "")),
}


@pytest.mark.parametrize("line", LINES)
def test_a_line_says_what_it_reads(line: str) -> None:
    precondition = parse(line)
    assert precondition is not None
    assert precondition == LINES[line]
    assert precondition.text == LINES[line].text == line


@given(any_precondition)
def test_what_is_printed_is_read_again(precondition: Precondition) -> None:
    assert parse(precondition.text) == precondition
    assert parse(f"  {precondition.text}\t# why") == precondition


@given(st.lists(any_precondition))
def test_what_is_written_to_a_file_is_read_again(preconditions: list[Precondition]) -> None:
    with TemporaryDirectory() as folder:
        rules = Path(folder, "rules.txt")
        rules.write_text("\n\n".join(one.text for one in preconditions), "utf-8")
        written = read_rules(rules)
    assert [one.precondition for one in written] == preconditions
    assert [one.place.line for one in written] == [2 * n + 1 for n in range(len(preconditions))]


@given(any_precondition)
def test_what_is_stored_is_read_again(precondition: Precondition) -> None:
    stored = msgspec.json.encode(precondition)
    assert msgspec.json.decode(stored, type=Precondition) == precondition


def test_a_name_in_quotes_may_have_a_tab_in_it_and_a_file_its_mark(tmp_path: Path) -> None:
    line = 'book only if city is "New\tYork"'
    assert parse(line) == Precondition("book", True, Equals("city", "New\tYork"))
    (tmp_path / "rules.txt").write_text(line, "utf-8-sig")
    assert [one.precondition for one in read_rules(tmp_path / "rules.txt")] == [parse(line)]


def test_never_after_itself_is_never_twice() -> None:
    assert parse("refund never after refund") == parse("refund never twice")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (" refund", "not a precondition: refund; say `ACTION only after ACTION`, "),
        ("refund after look_up", "not a precondition"),
        ("refund only twice", "not a precondition"),
        ('refund "never" twice', "not a precondition"),
        ("refund only after look up", "in quotes"),
        ("refund only if", "not a condition: nothing"),
        ("refund only if open", "not a condition: open; say `FEATURE is known`"),
        ('refund only if it is "so" or not', "not a condition: it is so or not; say"),
        ("refund only if count>0", "not a condition"),
        ("refund only if count > many", "takes a number"),
        ("refund only if count > 1e999", "takes a number"),
        ("refund only if count > 1 2", "not a condition"),
        ('refund only if city is "New York', "quotes go around a whole name"),
        ('refund only if city is New"York"', "quotes go around a whole name"),
        (r'refund only if city is "\q"', "JSON"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(tmp_path: Path, line: str, told: str) -> None:
    rules = tmp_path / "rules.txt"
    rules.write_text(f"# rules\n\n{line}\n")
    with pytest.raises(SettingsError, match="rules.txt:3: .*") as error:
        read_rules(rules)
    assert told in str(error.value)


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no such file"):
        read_rules(tmp_path / "rules.txt")
    (tmp_path / "rules.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="UTF-8"):
        read_rules(tmp_path / "rules.txt")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("refnd never twice", "no action 'refnd'; the nearest is 'refund'"),
        ("refund only after look_up", "no action 'look_up'; the nearest is 'look_up_order'"),
        ("refund only if cuont > 0", "no feature 'cuont'; the nearest is 'count'"),
        ("refund only if count is true", "'count' is a number in the corpus, never a boolean"),
        ("refund only if count has food", "'count' is a number in the corpus, never a category"),
        ("refund only if city > 0", "'city' is a category in the corpus, never a number"),
        ("refund only if open is 1", "'open' is a boolean in the corpus, never a number"),
        ("refund only if open > 1", "'open' is a boolean in the corpus, never a number"),
        ("zzz never twice", "no action 'zzz'; the nearest is '"),
        (
            "refund only if both is true",
            "the feature 'both' is a category or a number in the corpus, never a boolean; "
            "ask for what it is",
        ),
    ],
)
def test_a_name_that_the_corpus_does_not_have_is_told(tmp_path: Path, line: str, told: str) -> None:
    rules = tmp_path / "rules.txt"
    rules.write_text(f"refund never twice\n{line} # why")
    kinds = {("count", "number"), ("city", "category"), ("open", "boolean")}
    kinds |= {("both", "number"), ("both", "category")}
    with pytest.raises(SettingsError) as error:
        check_names(read_rules(rules), ActionSpace(["look_up_order", "refund"]), kinds)
    assert str(error.value).startswith(f"{rules}:2: ")
    assert told in str(error.value)


def test_of_a_corpus_without_features_none_can_be_asked(tmp_path: Path) -> None:
    rules = tmp_path / "rules.txt"
    rules.write_text("refund only if count is known\n")
    with pytest.raises(SettingsError, match="no feature 'count'; it has none$"):
        check_names(read_rules(rules), ActionSpace(["refund"]), set())


def test_names_that_it_has_are_taken(tmp_path: Path) -> None:
    rules = tmp_path / "rules.txt"
    asked = (
        "count > 0",
        "count is 3",
        "count is known",
        "open is true",
        "city is Rome",
        "city has x",
    )
    rules.write_text("".join(f"refund only if {condition}\n" for condition in asked))
    kinds = {("count", "number"), ("open", "boolean"), ("city", "category"), ("city", "number")}
    check_names(read_rules(rules), ActionSpace(["refund"]), kinds)
