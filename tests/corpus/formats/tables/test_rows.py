from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cueline.corpus import read_all
from cueline.corpus.account import Account
from cueline.corpus.formats.tables import csv as csv_table
from cueline.corpus.formats.tables import parquet as parquet_table
from cueline.corpus.formats.tables.columns import Columns
from cueline.corpus.formats.tables.rows import REMEMBERED
from cueline.corpus.options import ReadingOptions
from cueline.dialogue import Dialogue, Turn
from cueline.errors import CorpusError
from tests.corpus.damage import damaged, read_bytes, refusal, survives
from tests.corpus.formats.tables.writing import write_xlsx

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


def rows(text: str, *columns: str, **options: Any) -> list[Dialogue]:
    return read_bytes(_With(ReadingOptions(columns=columns, **options)), text.encode(), "t.csv")


class _With:
    """CSV with these options, as a format."""

    def __init__(self, options: ReadingOptions) -> None:
        self.options = options

    def recognises(self, path: Path, head: str) -> bool:
        return True

    def read(self, path: Path, account: Account | None = None) -> Any:
        return csv_table.read(path, Account(self.options))


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
    (dialogue,) = rows(text, *given)
    assert dialogue == Dialogue("7", (Turn("hi", {"x": 2}, actions=("go",)),), {"source": "t.csv"})


BITS = {
    "a list of bits": ('dialogue,actions\nd,"[0, 1, 1]"\n', [], ("action_1", "action_2")),
    "a list of bits with names": (
        'dialogue,actions\nd,"[0, 1, 1]"\n',
        ["names=a,b,c"],
        ("b", "c"),
    ),
    "a list of no bits": ('dialogue,actions\nd,"[]"\n', [], ()),
    "a list of names": ('dialogue,actions\nd,"[""b"", ""a""]"\n', [], ("b", "a")),
    "one column a bit": ("dialogue,action:a,action:b,action:c\nd,1,0,1\n", [], ("a", "c")),
    "one column a bit, named": ("dialogue,y_a,y_b\nd,,True\n", ["bits=y_*"], ("b",)),
}


@pytest.mark.parametrize("case", BITS)
def test_bits_are_read_as_the_bit_vector_that_they_are(case: str) -> None:
    text, columns, actions = BITS[case]
    assert rows(text, *columns)[0].turns[0].actions == actions


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
    (one,), (other,) = rows(listed, f"names={','.join(names)}"), rows(apart)
    assert one.turns == other.turns
    assert len(one.turns[0].actions or ()) == sum(bits)


BAD = {
    "no such column": (
        "id,actions\n1,x\n",
        "t.csv:1: no column for `dialogue`; name it, --column dialogue=COLUMN; the columns are id,",
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
    "a bad byte": (
        "dialogue,actions\nd,\udcff\n",
        "t.csv:2: the byte 0xff is not UTF-8; name",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_a_malformed_table_is_refused_with_the_line(case: str) -> None:
    text, message = BAD[case]
    content = text.encode("utf-8", errors="surrogateescape")
    assert refusal(csv_table, content, "t.csv").startswith(message)


def test_names_must_fit_the_bits() -> None:
    with pytest.raises(CorpusError, match="3 bits, but 1 names for them"):
        rows('dialogue,actions\nd,"[0, 1, 1]"\n', "names=a")


def test_what_is_asked_of_columns_must_make_sense() -> None:
    with pytest.raises(CorpusError, match="'act=x' is not role=column; the roles are dialogue, t"):
        Columns.parse(["act=x"])
    with pytest.raises(CorpusError, match="no such file or folder"):
        read_all(["absent.csv"], ReadingOptions(columns=("user=x",)))


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
    assert read_all([parquet_path]) == [
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
    assert read_all([parquet_path], ReadingOptions(columns=("drop=*",)))[0].turns[0].features == {}


@given(st.data())
def test_damaged_parquet_is_read_or_refused(parquet_path: Path, data: st.DataObject) -> None:
    survives(parquet_table, data.draw(damaged(parquet_path.read_bytes())), "t.parquet")


BROKEN = """\
dialogue,turn,user,actions,city
a,1,hi,x,
b,1,hi,x,
b,2,hm
b,3,bye,y,
c,1,hi,x,
c,2,\udcff,x,
d,1,hi,x,
d,0,bye,y,
,1,hi,x,
e,1,hi,x,
f,1,hi,x,"[1, true]"
g,1,hi,x,
a,2,bye,y,
h,1,hi,x,
"""


def test_a_dialogue_with_a_broken_row_is_left_out_as_a_whole(tmp_path: Path) -> None:
    """A row that may belong to either neighbour breaks both."""
    path, account = tmp_path / "t.csv", Account()
    path.write_bytes(BROKEN.encode(errors="surrogateescape"))
    dialogues = read_all([path], ReadingOptions(skip_bad=True), account)
    assert [dialogue.id for dialogue in dialogues] == ["a", "g", "h"]
    assert account.bad.count == 6
    with pytest.raises(CorpusError, match=r"t.csv:4: 3 cells, but 5 columns"):
        read_all([path])


def test_a_table_says_its_delimiter_and_may_begin_late() -> None:
    assert rows("sep=;\n\ndialogue;user, too;actions\nd;a,b;x\n")[0].turns == (
        Turn(None, {"user, too": "a,b"}, actions=("x",)),
    )


def test_a_column_without_a_name_is_counted_and_two_of_one_name_are_refused(
    tmp_path: Path,
) -> None:
    path, account = tmp_path / "t.csv", Account()
    path.write_text(",dialogue,user,actions,\n0,d,a,x,\n")
    assert read_all([path], account=account)[0].turns == (Turn("a", {}, actions=("x",)),)
    assert account.ignored["columns without a name"].count == 1
    assert "two columns are called 'user'" in refusal(
        csv_table, b"dialogue,user,user,actions\n", "t.csv"
    )


def test_actions_that_could_be_in_two_columns_are_asked_for() -> None:
    message = refusal(csv_table, b"dialogue,user,action,next_action\n", "t.csv")
    assert "`action`, `next_action` could each be `actions`" in message


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_its_mark_is_named(encoding: str, tmp_path: Path) -> None:
    content = "dialogue,actions\nd,x\n".encode(encoding)
    assert f"--encoding {encoding}" in refusal(csv_table, content, "t.csv")
    (tmp_path / "t.csv").write_bytes(content)
    assert read_all([tmp_path / "t.csv"], ReadingOptions(encoding=encoding))[0].id == "d"
    with pytest.raises(CorpusError, match="no encoding 'klingon'"):
        read_all([tmp_path / "t.csv"], ReadingOptions(encoding="klingon"))


def test_a_wrong_encoding_is_never_read_in_silence(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    for encoding, named in (("utf-8", "cp1252"), ("cp1252", None), ("cp1252", "utf-8")):
        path.write_bytes("dialogue,user,actions\nd,Zürich ß,x\n".encode(encoding))
        with pytest.raises(CorpusError, match="--encoding"):
            read_all([path], ReadingOptions(encoding=named))
    path.write_bytes("dialogue,user,actions\nd,Zürich ß,x\n".encode("utf-16"))
    assert read_all([path], ReadingOptions(encoding="cp1252"))[0].turns[0].user == "Zürich ß"


def test_sheets_without_the_columns_are_counted(tmp_path: Path) -> None:
    pytest.importorskip("python_calamine")
    path, account = tmp_path / "book.xlsx", Account()
    table = [{"dialogue": 1, "turn": 1, "user": None, "actions": "x", "n": 2}]
    write_xlsx(path, [{"a": "note"}], table, [{**table[0], "dialogue": "second"}])
    first, second = read_all([path], account=account)
    assert (first.id, second.id) == ("1", "second")
    assert first.turns == (Turn(None, {"n": 2}, actions=("x",)),)
    assert account.left_out["sheets without the columns of a table"].count == 1


@given(st.data())
def test_damaged_spreadsheets_are_read_or_refused(data: st.DataObject) -> None:
    xlsx = pytest.importorskip("cueline.corpus.formats.tables.xlsx")
    pytest.importorskip("python_calamine")
    book = io.BytesIO()
    write_xlsx(book, [{"dialogue": "d", "user": "a", "actions": "x"}])
    survives(xlsx, data.draw(damaged(book.getvalue())), "t.xlsx")


def test_parquet_of_a_data_frame_has_no_index_for_a_feature(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    pyarrow = pytest.importorskip("pyarrow")
    columns = {"dialogue": ["d"], "actions": ["x"], "at": [None], "__index_level_0__": [7]}
    parquet.write_table(pyarrow.table(columns), tmp_path / "t.parquet")
    account = Account()
    assert read_all([tmp_path / "t.parquet"], account=account)[0].turns[0].features == {}
    assert account.ignored["the index of a data frame"].count == 1
