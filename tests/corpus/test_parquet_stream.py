"""Transcripts in Parquet read as they do in JSON Lines."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cueline.corpus import read_all
from cueline.dialogue import Dialogue
from cueline.errors import CorpusError

pyarrow = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")

texts = st.text("ab é\n", min_size=1, max_size=6)
users = st.builds(lambda text: [{"role": "user", "content": text}], texts)
answers = st.builds(lambda text: [{"role": "assistant", "content": text}], texts)


@st.composite
def calls(draw: st.DrawFn) -> list[dict[str, Any]]:
    number = draw(st.integers(0, 10**6))
    name = draw(st.sampled_from(["track", "find"]))
    function = {"name": name, "arguments": json.dumps({"n": number})}
    call = {"id": f"c{number}", "type": "function", "function": function}
    return [
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": f"c{number}", "content": draw(texts)},
    ]


talks = st.lists(users | answers | calls(), min_size=1, max_size=5).map(
    lambda parts: {"messages": [*sum(parts, []), {"role": "assistant", "content": "bye"}]}
)


def read(name: str, records: list[Any], folder: Path) -> list[Dialogue]:
    path = folder / name
    if name.endswith(".parquet"):
        parquet.write_table(pyarrow.Table.from_pylist(records), path)
    else:
        path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return [replace(dialogue, meta={**dialogue.meta, "source": ""}) for dialogue in read_all(path)]


@given(st.lists(talks, min_size=1, max_size=4))
def test_transcripts_in_parquet_read_as_in_json_lines(records: list[Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        lines, rows = (read(name, records, Path(folder)) for name in ("a.jsonl", "a.parquet"))
    assert rows == lines


def test_what_is_wrong_is_said_with_the_row(tmp_path: Path) -> None:
    good = {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}
    with pytest.raises(CorpusError, match=r"a.parquet: \$\[1\]\.messages"):
        read("a.parquet", [good, {"messages": [{"role": "user", "content": None}]}], tmp_path)
    with pytest.raises(CorpusError, match="b.parquet: no column for `dialogue`"):
        read("b.parquet", [{"x": 1}], tmp_path)
