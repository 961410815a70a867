"""UI messages of the AI SDK: tools in every state and of both versions, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cueline.corpus import read_all
from cueline.corpus.account import Account
from cueline.dialogue import Turn
from cueline.errors import CorpusError

ASKED = {"id": "u1", "role": "user", "parts": [{"type": "text", "text": "where?"}]}
CALL = {"toolCallId": "c1", "input": {"parcel": 7}}


def turns(path: Path, *messages: dict[str, Any], account: Account | None = None) -> list[Turn]:
    file = path / "chat.json"
    file.write_text(json.dumps({"id": "d", "messages": [ASKED, *messages]}))
    (dialogue,) = read_all(file, account=account or Account())
    return list(dialogue.turns)


def assistant(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"id": "a1", "role": "assistant", "parts": list(parts)}


ARGUMENTS = {"track": ({"parcel": 7},)}
SENT = [
    Turn("where?", {}, None, ("track",), arguments=ARGUMENTS),
    Turn(
        None,
        {"answered": ("track",), "result": ("object",)},
        None,
        ("respond",),
        "Sent.",
        results={"track": ({"status": "x"},)},
    ),
]


@pytest.mark.parametrize(
    "call",
    [
        {"type": "tool-track", "state": "output-available", **CALL, "output": {"status": "x"}},
        {
            "type": "dynamic-tool",
            "toolName": "track",
            "state": "output-available",
            **CALL,
            "output": {"status": "x"},
        },
        {
            "type": "tool-invocation",
            "toolInvocation": {
                "toolName": "track",
                "state": "result",
                "toolCallId": "c1",
                "args": {"parcel": 7},
                "result": {"status": "x"},
            },
        },
    ],
)
def test_a_tool_that_answered_is_known_at_the_words_after_it(
    tmp_path: Path, call: dict[str, Any]
) -> None:
    said = assistant({"type": "step-start"}, call, {"type": "text", "text": "Sent."})
    assert turns(tmp_path, said) == SENT


def test_invocations_beside_the_content_come_before_the_words(tmp_path: Path) -> None:
    invocation = {
        "toolName": "track",
        "state": "result",
        "toolCallId": "c1",
        "args": {"parcel": 7},
        "result": {"status": "x"},
    }
    said = {"role": "assistant", "content": "Sent.", "toolInvocations": [invocation]}
    assert turns(tmp_path, said) == SENT


@pytest.mark.parametrize("state", ["input-available", "approval-requested", "approval-responded"])
def test_a_call_without_an_answer_yet_is_a_call(tmp_path: Path, state: str) -> None:
    (turn,) = turns(tmp_path, assistant({"type": "tool-track", "state": state, **CALL}))
    assert turn == Turn("where?", {}, None, ("track",), arguments=ARGUMENTS)


@pytest.mark.parametrize("state", ["output-error", "output-denied"])
def test_a_call_that_failed_is_known_to_have_failed(tmp_path: Path, state: str) -> None:
    call = {"type": "tool-track", "state": state, **CALL, "errorText": "no such parcel"}
    first, second = turns(tmp_path, assistant(call, {"type": "text", "text": "Sorry."}))
    assert first.actions == ("track",)
    assert second.features["result"] == ("error",)


def test_what_was_not_written_to_its_end_is_counted_and_left_out(tmp_path: Path) -> None:
    account = Account()
    call = {"type": "tool-track", "state": "input-streaming", **CALL}
    data = {"type": "data-weather", "data": 3}
    (turn,) = turns(
        tmp_path, assistant(call, data, {"type": "text", "text": "Hm."}), account=account
    )
    assert turn.actions == ("respond",)
    assert {"call in the state `input-streaming`", "part `data-*`"} <= set(account.ignored)


@pytest.mark.parametrize(
    ("message", "what"),
    [
        (assistant({"type": "tool-", "state": "call"}), "a call without the name of its tool"),
        (
            assistant({"type": "tool-track", "state": "lost"}),
            "state: a call in a state of the unknown type 'lost'",
        ),
        ({"role": "assistant", "toolInvocations": []}, "a message without `parts`"),
    ],
)
def test_what_the_sdk_does_not_write_is_refused_with_its_place(
    tmp_path: Path, message: dict[str, Any], what: str
) -> None:
    with pytest.raises(CorpusError, match=rf"chat\.json:1: \$\.messages\[1\].*{what}"):
        turns(tmp_path, message)
