from __future__ import annotations

import json
import re
import tempfile
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cueline.corpus import json_stream as json_items
from cueline.corpus.json_stream import items
from cueline.errors import CorpusError

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text('a"\\{}[],\n\t é', max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


def read(content: str | bytes, name: str = "x.json", chunk: int = 7) -> list[tuple[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        found = items(path, chunk)
        return [(str(place).partition(name)[2], json.loads(text)) for place, text in found]


@settings(max_examples=300)
@given(st.lists(values, max_size=5), st.integers(1, 40), st.sampled_from([None, 1, "\t"]))
@example(["x" * 200, "\\" * 9], 1, None)
def test_an_array_gives_its_items(array: list[Any], chunk: int, indent: int | str | None) -> None:
    text = json.dumps(array, indent=indent, ensure_ascii=False)
    found = read(text, chunk=chunk)
    assert [value for _, value in found] == array
    assert [place.partition("$")[2] for place, _ in found] == [f"[{i}]:" for i in range(len(array))]


@given(st.lists(values, max_size=5))
def test_json_lines_give_their_lines(lines: list[Any]) -> None:
    text = "".join(json.dumps(line) + "\n" for line in lines)
    expected = [(f":{number}:", line) for number, line in enumerate(lines, start=1)]
    assert read(text, "x.jsonl") == expected


@given(st.dictionaries(st.text(max_size=3), values), st.sampled_from([None, 2]))
def test_an_object_is_one_item(value: dict[str, Any], indent: int | None) -> None:
    assert read(json.dumps(value, indent=indent)) == [(":1:", value)]


def test_lines_of_objects_are_json_lines_under_any_name() -> None:
    assert read('\ufeff\n{"a": 1}\n\n{"b": 2}\n') == [(":2:", {"a": 1}), (":4:", {"b": 2})]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_may_end_in_any_way(end: str) -> None:
    assert read(end.join(['{"a": 1}', "[2]", ""]), "x.jsonl") == [(":1:", {"a": 1}), (":2:", [2])]


def test_an_array_is_one_whatever_the_file_is_called() -> None:
    assert [value for _, value in read("[\n1,\n2]\n", "x.jsonl")] == [1, 2]


def test_the_place_is_the_line_where_the_item_begins() -> None:
    text = '\n[\n 1,\n\n {"a":\n 2},\n"x\\n"\n]\n'
    assert [place for place, _ in read(text)] == [":3: $[0]:", ":5: $[1]:", ":7: $[2]:"]


@pytest.mark.parametrize("text", ["", " \n", "\ufeff", "[]", "[ \n ]"])
def test_nothing_is_nothing(text: str) -> None:
    assert read(text) == []


BAD = {
    "[1, 2": r"x.json:1: \$\[1\]: the array does not end after this; is the file cut off\?",
    '[1,\n "a': r"x.json:2: \$\[1\]: the array does not end.*",
    '[{"a": [1]': r"x.json:1: \$\[0\]: the array does not end.*",
    "[": r"x.json:1: \$\[0\]: the array does not end.*",
    "[1,, 2]": r"x.json:1: \$\[1\]: an item is missing; remove the comma",
    "[1,\n]": r"x.json:2: \$\[1\]: an item is missing; remove the comma",
    "[,1]": r"x.json:1: \$\[0\]: an item is missing; remove the comma",
    "[1]\n[2]": r"x.json:1: something follows the array; remove it",
}


@pytest.mark.parametrize("text", BAD)
@pytest.mark.parametrize("chunk", [1, 1000])
def test_a_broken_array_is_named_with_its_place(text: str, chunk: int) -> None:
    with pytest.raises(CorpusError) as caught:
        read(text, chunk=chunk)
    message = str(caught.value)
    assert re.fullmatch(BAD[text], message[message.index("x.json") :])


def test_an_item_without_end_stops_early(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_items, "LARGEST", 50)
    for endless in ('[1, "' + "a" * 100, '{"a": "' + "a" * 100):
        with pytest.raises(CorpusError, match="a quote or a bracket is missing"):
            read(endless)


def test_items_come_before_the_end_is_read() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "x.json")
        path.write_text("[1, 2, ")
        found = items(path, 1)
        assert [next(found).text, next(found).text] == [b"1", b"2"]


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    item = json.dumps({"messages": ["x" * 1000] * 10})
    path.write_text("[" + ", ".join([item] * 1200) + "]")
    assert path.stat().st_size > 12_000_000
    tracemalloc.start()
    count = sum(1 for _ in items(path))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 1200
    assert peak < 5_000_000
