"""What is said of tables is obeyed, or refused where there is no table."""

from __future__ import annotations

from pathlib import Path

import pytest

from cueline.corpus import load, read_all
from cueline.corpus.checks import check
from cueline.corpus.options import ReadingOptions
from cueline.errors import CorpusError

TABLE = "call,user,action\nd1,hi,greet\n"
OWN = '{"id": "d1", "turns": [{"user": "hi", "actions": ["greet"]}]}\n'
OF_TABLES = {
    "--column dialogue=call": ReadingOptions(columns=("dialogue=call",)),
    "--encoding cp1252": ReadingOptions(encoding="cp1252"),
    "--blank skip": ReadingOptions(blank="skip"),
}


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "own" / "talks.jsonl"
    path.parent.mkdir()
    path.write_text(OWN)
    return path


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "calls.csv"
    path.write_text(TABLE)
    return path


@pytest.mark.parametrize("said", OF_TABLES)
def test_options_of_tables_are_refused_where_there_is_none(said: str, own: Path) -> None:
    for source in (own, own.parent, [own]):
        with pytest.raises(CorpusError, match=f"no table in it, so {said} says nothing"):
            read_all(source, OF_TABLES[said])


def test_one_table_among_several_corpora_is_enough(own: Path, table: Path) -> None:
    options = OF_TABLES["--column dialogue=call"]
    assert len(read_all([own, table], options)) == 2
    assert [size.dialogues for size in check([table, own], options).sizes] == [1, 1]


def test_columns_of_a_corpus_in_memory_are_those_of_a_table(own: Path, table: Path) -> None:
    assert len(load(table, columns={"dialogue": "call"})) == 1
    with pytest.raises(CorpusError, match="no table"):
        len(load(own, columns={"dialogue": "call"}))


def test_what_a_policy_kept_of_tables_holds_for_tables_alone(own: Path, table: Path) -> None:
    kept = OF_TABLES["--column dialogue=call"].kept()
    assert len(read_all(own, ReadingOptions().preferring(kept))) == 1
    assert len(read_all(table, ReadingOptions().preferring(kept))) == 1
    with pytest.raises(CorpusError, match="no table"):
        read_all(own, ReadingOptions(blank="none").preferring(kept))
