"""The tools that a turn could call are those of its own request, however often a log repeats it."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cueline.corpus import read_all

Record = dict[str, Any]
Tell = Callable[[int, list[Record], Record, list[str]], Record]


def tools(names: list[str]) -> list[Record]:
    return [{"type": "function", "function": {"name": name}} for name in names]


def request(at: int, asked: list[Record], answer: Record, names: list[str]) -> Record:
    return {
        "request": {"messages": asked, "tools": tools(names)},
        "response": {"choices": [{"message": answer}]},
    }


def snapshot(at: int, asked: list[Record], answer: Record, names: list[str]) -> Record:
    return {"messages": [*asked, answer], "tools": tools(names)}


def in_session(at: int, asked: list[Record], answer: Record, names: list[str]) -> Record:
    return {"session_id": "s", **request(at, asked, answer, names)}


def span(at: int, asked: list[Record], answer: Record, names: list[str]) -> Record:
    return {
        "traceId": f"t{at}",
        "spanId": f"s{at}",
        "startTimeUnixNano": at,
        "attributes": {
            "gen_ai.input.messages": json.dumps(asked),
            "gen_ai.output.messages": json.dumps([answer]),
            "gen_ai.tool.definitions": json.dumps(tools(names)),
        },
    }


def span_of_a_trace(at: int, asked: list[Record], answer: Record, names: list[str]) -> Record:
    return {**span(at, asked, answer, names), "traceId": "t"}


IN_ORDER: list[Tell] = [request, snapshot, in_session]
IN_TIME: list[Tell] = [span, span_of_a_trace]
offers = st.lists(st.lists(st.sampled_from("abc"), unique=True), min_size=1, max_size=4)


@pytest.mark.parametrize("tell", [*IN_ORDER, *IN_TIME])
@given(offered=offers, data=st.data())
def test_each_turn_has_the_tools_of_its_own_request(
    tell: Tell, offered: list[list[str]], data: st.DataObject
) -> None:
    asked: list[Record] = []
    records: list[Record] = []
    for at, names in enumerate(offered, start=1):
        asked = [*asked, {"role": "user", "content": f"asked {at}"}]
        answer = {"role": "assistant", "content": f"said {at}"}
        records.append(tell(at, asked, answer, names))
        asked = [*asked, answer]
    if tell in IN_TIME:
        records = data.draw(st.permutations(records))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "log.jsonl")
        path.write_text("\n".join(map(json.dumps, records)))
        (dialogue,) = read_all(path)
    assert [turn.user for turn in dialogue.turns] == [f"asked {n + 1}" for n in range(len(offered))]
    assert [turn.available for turn in dialogue.turns] == [(*names, "respond") for names in offered]
