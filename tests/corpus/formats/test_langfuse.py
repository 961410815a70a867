"""Langfuse's exports hold the same traces in pages, in lists, with and without their trace."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cueline.corpus import read_all
from cueline.dialogue import Turn
from cueline.errors import CorpusError

ASKED, SAID = {"role": "user", "content": "where?"}, {"role": "assistant", "content": "here"}
TOOL = {"type": "function", "function": {"name": "track", "parameters": {}}}
WHEN = "2026-01-05T10:00:01.000Z"
MODEL = {
    "id": "o1",
    "traceId": "t1",
    "type": "GENERATION",
    "startTime": WHEN,
    "input": [ASKED],
    "output": SAID,
}
TRACE = {"id": "t1", "sessionId": "s", "timestamp": WHEN, "observations": [MODEL]}
ALONE = {**MODEL, "sessionId": "s"}


def turns(folder: Path, value: Any) -> list[Turn]:
    (folder / "export.json").write_text(json.dumps(value))
    (dialogue,) = read_all(folder / "export.json")
    return list(dialogue.turns)


@pytest.mark.parametrize(
    "value",
    [
        TRACE,
        [TRACE],
        {"data": [TRACE], "meta": {"page": 1}},
        {"trace": {k: v for k, v in TRACE.items() if k != "observations"}, "observations": [MODEL]},
        ALONE,
        [ALONE],
        {"data": [ALONE], "meta": {"page": 1}},
        {**TRACE, "observations": [], "input": "where?", "output": "here"},
        {**TRACE, "observations": ["o1"], "input": "where?", "output": "here"},
        {**TRACE, "observations": ["o1"], "input": [ASKED], "output": SAID},
        {
            "id": "s",
            "traces": [{**TRACE, "observations": ["o1"], "input": [ASKED], "output": SAID}],
        },
        {**TRACE, "observations": [{**MODEL, "type": "SPAN"}]},
        {
            **TRACE,
            "observations": [{**MODEL, "input": json.dumps([ASKED]), "output": json.dumps(SAID)}],
        },
    ],
)
def test_every_export_tells_the_same(tmp_path: Path, value: Any) -> None:
    assert turns(tmp_path, value) == [Turn("where?", {}, None, ("respond",), "here")]


def test_tools_that_stand_among_the_messages_are_offered(tmp_path: Path) -> None:
    definition = {"role": "tool", "content": TOOL}
    observed = {**MODEL, "input": [definition, ASKED]}
    (turn,) = turns(tmp_path, {**TRACE, "observations": [observed]})
    assert set(turn.available or ()) == {"respond", "track"}


@pytest.mark.parametrize(
    ("value", "what"),
    [
        ({**TRACE, "id": ""}, "a trace without its `id`"),
        (
            {**TRACE, "observations": [{**MODEL, "type": "DREAM"}]},
            "an observation of the unknown type 'DREAM'",
        ),
    ],
)
def test_what_langfuse_does_not_write_is_refused(tmp_path: Path, value: Any, what: str) -> None:
    with pytest.raises(CorpusError, match=rf"export\.json:1: .*{what}"):
        turns(tmp_path, value)


def test_traces_of_a_session_are_one_dialogue_in_order_of_time(tmp_path: Path) -> None:
    later = {**TRACE, "id": "t2", "timestamp": "2026-01-05T10:05:00.000Z", "observations": ["o2"]}
    first = {**TRACE, "observations": ["o1"], "input": "where?", "output": "here"}
    listed = {"data": [{**later, "input": "and now?", "output": "there"}, first]}
    assert [turn.user for turn in turns(tmp_path, listed)] == ["where?", "and now?"]
