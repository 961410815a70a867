from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cueline.corpus import load
from cueline.corpus.formats.tables import csv as csv_table
from cueline.corpus.formats.tables import parquet as parquet_table
from cueline.corpus.formats.tables.columns import Columns
from cueline.corpus.formats.tables.rows import REMEMBERED
from cueline.corpus.loader import read_tables
from cueline.dialogue import Dialogue, Turn
from cueline.errors import CorpusError
from tests.corpus.damage import damaged, read_bytes, refusal, survives

CSV = """\
dialogue,turn,user,system,actions,available,city,count,open,likes
d1,1,find me a table,Where?,ask_people;offer,ask_people|offer|close,Rome,3,true,"[""a"", ""b""]"
d1,2,,,,,,0.5,,
d2,1,"bye,
all",,close,,3x,nan,False,[]
"""
DIALOGUES = [
    Dialogue(
        "d1",
        (
            Turn(
                "find me a table",
                {"city": "Rome", "count": 3, "open": True, "likes": ("a", "b")},
                ("ask_people", "offer", "close"),
                ("ask_people", "offer"),
                "Where?",
            ),
            Turn(None, {"count": 0.5}, None, ()),
        ),
        {"source": "t.csv"},
    ),
    Dialogue(
        "d2",
        (Turn("bye,\nall", {"city": "3x", "open": False, "likes": ()}, None, ("close",)),),
        {"source": "t.csv"},
    ),
]


def rows(text: str, **columns: Any) -> list[Dialogue]:
    return read_bytes(_With(Columns(**columns)), text.encode(), "t.csv")


class _With:
    """CSV with these columns, as a format."""

    def __init__(self, columns: Columns) -> None:
        self.columns = columns

    def recognises(self, path: Path, head: str) -> bool:
        return True

    def read(self, path: Path) -> Any:
        return csv_table.read(path, columns=self.columns)


def test_a_row_is_a_turn_and_what_is_not_named_is_a_feature() -> None:
    assert rows(CSV) == DIALOGUES


@pytest.mark.parametrize("delimiter", ["\t", ";", "|"])
def test_any_usual_delimiter_will_do(delimiter: str) -> None:
    text = "dialogue,user,actions\nd,a,x\nd,,y\n".replace(",", delimiter)
    (dialogue,) = rows(text)
    assert dialogue.turns == (Turn("a", {}, actions=("x",)), Turn(None, {}, actions=("y",)))


def test_columns_have_the_names_that_the_user_gives() -> None:
    text = "conv,n,text,next,x,note\n7,1,hi,go,2,secret\n"
    given = ["dialogue=conv", "turn=n", "user=text", "actions=next", "drop=note,z*"]
    (dialogue,) = rows(text, **{f: getattr(Columns.named(given), f) for f in Columns.__slots__})
    assert dialogue == Dialogue("7", (Turn("hi", {"x": 2}, actions=("go",)),), {"source": "t.csv"})


BITS = {
    "a list of bits": ('dialogue,actions\nd,"[0, 1, 1]"\n', {}, ("action_1", "action_2")),
    "a list of bits with names": (
        'dialogue,actions\nd,"[0, 1, 1]"\n',
        {"names": ("a", "b", "c")},
        ("b", "c"),
    ),
    "a list of no bits": ('dialogue,actions\nd,"[]"\n', {}, ()),
    "a list of names": ('dialogue,actions\nd,"[""b"", ""a""]"\n', {}, ("b", "a")),
    "one column a bit": ("dialogue,action:a,action:b,action:c\nd,1,0,1\n", {}, ("a", "c")),
    "one column a bit, named": ("dialogue,y_a,y_b\nd,,True\n", {"bits": "y_*"}, ("b",)),
}


@pytest.mark.parametrize("case", BITS)
def test_bits_are_read_as_the_bit_vector_that_they_are(case: str) -> None:
    text, columns, actions = BITS[case]
    assert rows(text, **columns)[0].turns[0].actions == actions


def test_a_bit_without_a_name_is_no_bit() -> None:
    assert [Columns().action(column) for column in ("action:", "action", "action:a")] == [
        None,
        None,
        "a",
    ]
    assert Columns(bits="y*y").action("y") is None


@given(st.lists(st.booleans(), min_size=1, max_size=12))
def test_both_ways_to_write_bits_say_the_same(bits: list[bool]) -> None:
    names = [f"a{n}" for n in range(len(bits))]
    listed = f'dialogue,actions\nd,"{[int(bit) for bit in bits]}"\n'
    head = ",".join(f"action:{name}" for name in names)
    apart = f"dialogue,{head}\nd,{','.join(str(int(bit)) for bit in bits)}\n"
    (one,), (other,) = rows(listed, names=tuple(names)), rows(apart)
    assert one.turns == other.turns
    assert len(one.turns[0].actions or ()) == sum(bits)


BAD = {
    "no such column": (
        "id,actions\n1,x\n",
        "t.csv:1: no column for `dialogue`; name it, dialogue=COLUMN; the columns are id, actions",
    ),
    "no actions": ("dialogue,user\n1,x\n", "t.csv:1: no column for `actions`"),
    "a cell too many": ("dialogue,actions\nd,x\nd,x,y\n", "t.csv:3: 3 cells, but 2 columns"),
    "a row without a dialogue": ("dialogue,actions\n,x\n", "t.csv:2: a row without a dialogue"),
    "a quote open": ('dialogue,actions\nd,x\nd,"y\n\n', "t.csv:3: unexpected end of data"),
    "mixed rows": (
        "dialogue,actions\na,x\nb,x\na,y\n",
        "t.csv:4: dialogue 'a' goes on after another one; sort by dialogue, then turn",
    ),
    "turns out of order": (
        "dialogue,turn,actions\na,10,x\na,9,x\n",
        "t.csv:3: turn 9.0 follows turn 10.0; sort by dialogue, turn",
    ),
    "no bit": ("dialogue,action:a\nd,2\n", "t.csv:2: action:a: expected a bit, 0 or 1, not '2'"),
    "neither bits nor names": (
        'dialogue,actions\nd,"[0, ""x""]"\n',
        "t.csv:2: expected names of actions, or bits",
    ),
    "a bad byte": ("dialogue,actions\nd,\udcff\n", "t.csv:2: not UTF-8 at byte 2"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_malformed_table_is_refused_with_the_line(case: str) -> None:
    text, message = BAD[case]
    content = text.encode("utf-8", errors="surrogateescape")
    assert refusal(csv_table, content, "t.csv").startswith(message)


def test_names_must_fit_the_bits() -> None:
    with pytest.raises(CorpusError, match="3 bits, but 1 names for them"):
        rows('dialogue,actions\nd,"[0, 1, 1]"\n', names=("a",))


def test_what_is_asked_of_columns_must_make_sense() -> None:
    with pytest.raises(CorpusError, match="'act=x' is not role=column; the roles are dialogue, t"):
        Columns.named(["act=x"])
    with pytest.raises(CorpusError, match="no such file; name the table itself"):
        list(read_tables(["absent.csv"], ["user=x"]))


@given(damaged(CSV.encode()))
def test_damaged_tables_are_read_or_refused(content: bytes) -> None:
    survives(csv_table, content, "t.csv")


def test_any_number_of_dialogues_may_follow_each_other() -> None:
    text = "dialogue,actions\n" + "".join(f"{n},x\n" for n in range(REMEMBERED + 5)) + "0,x\n"
    assert len(rows(text)) == REMEMBERED + 6


@pytest.fixture(scope="module")
def parquet_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    table = pyarrow.table(
        {
            "dialogue": [1, 1, 2],
            "user": ["a", None, ""],
            "actions": [["x", "y"], [], ["x"]],
            "count": [3, None, 1],
            "rate": [0.5, float("nan"), 1.0],
            "open": [True, False, None],
            "city": ["Rome", "true", None],
            "likes": [["p"], None, []],
            "action:z": [0, 1, 0],
        }
    )
    path = tmp_path_factory.mktemp("parquet") / "t.parquet"
    parquet.write_table(table, path)
    return path


def test_cells_of_parquet_have_their_kinds(parquet_path: Path) -> None:
    meta = {"source": "t.parquet"}
    assert load([parquet_path]) == [
        Dialogue(
            "1",
            (
                Turn(
                    "a",
                    {"count": 3, "rate": 0.5, "open": True, "city": "Rome", "likes": ("p",)},
                    actions=("x", "y"),
                ),
                Turn(None, {"open": False, "city": "true"}, actions=("z",)),
            ),
            meta,
        ),
        Dialogue("2", (Turn(None, {"count": 1, "rate": 1.0, "likes": ()}, actions=("x",)),), meta),
    ]
    assert list(read_tables([parquet_path], ["drop=*"]))[0].turns[0].features == {}


@given(st.data())
def test_damaged_parquet_is_read_or_refused(parquet_path: Path, data: st.DataObject) -> None:
    survives(parquet_table, data.draw(damaged(parquet_path.read_bytes())), "t.parquet")
