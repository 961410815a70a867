"""Requests and responses of whatever API: the same exchange in every shape."""

from __future__ import annotations

from typing import Any

import pytest

from cueline.corpus.account import Account
from cueline.corpus.formats.any_request import (
    is_exchange,
    request_events,
    request_tools,
    response_events,
)
from cueline.corpus.transcripts.events import STEP_ENDED, Event, SystemSaid, ToolsOffered, UserSaid
from cueline.errors import CorpusError, Place

PLACE = Place("log.json", 3)
ASKED = {"role": "user", "content": "where?"}
SAID = {"role": "assistant", "content": "here"}


def words(events: list[Event]) -> list[str]:
    return [event.text for event in events if isinstance(event, UserSaid | SystemSaid)]


@pytest.mark.parametrize(
    "request_",
    [
        ASKED,
        [ASKED],
        [[ASKED]],
        "where?",
        {"messages": [ASKED], "model": "m"},
        {"messages": [[ASKED]]},
        {"messages": None, "contents": [{"role": "user", "parts": [{"text": "where?"}]}]},
        {"input": "where?"},
        {"prompt": "where?"},
        {"prompts": ["where?"]},
        {"chat_history": [ASKED]},
    ],
)
def test_what_was_asked_is_found_in_every_request(request_: Any) -> None:
    assert words(request_events(request_, PLACE, Account())) == ["where?"]


@pytest.mark.parametrize(
    "response",
    [
        SAID,
        [SAID],
        "here",
        {"choices": [{"message": SAID}]},
        {"choices": [{"text": "here"}]},
        {"generations": [[{"text": "here"}]]},
        {"candidates": [{"content": {"role": "model", "parts": [{"text": "here"}]}}]},
        {"message": SAID},
        {"output": {"response": "here"}},
        {"completion": "here"},
    ],
)
def test_what_was_answered_is_found_in_every_response(response: Any) -> None:
    assert words(response_events(response, PLACE, Account())) == ["here"]


@pytest.mark.parametrize("response", [None, {}, {"choices": []}, {"choices": [{"message": None}]}])
def test_no_answer_is_none(response: Any) -> None:
    assert [e for e in response_events(response, PLACE, Account()) if e != STEP_ENDED] == []


def test_of_several_answers_the_first_is_read_and_the_others_are_counted() -> None:
    account = Account()
    response = {"choices": [{"message": SAID}, {"message": ASKED}]}
    assert words(response_events(response, PLACE, account)) == ["here"]
    assert list(account.ignored) == ["further choices"]


@pytest.mark.parametrize(
    ("read", "value", "message"),
    [
        (request_events, {"model": "m"}, "a request without `messages`; it has the keys 'model'"),
        (request_events, {}, "a request without `messages`; it has no keys"),
        (response_events, {"usage": 3}, "a response without a message; it has the keys 'usage'"),
        (response_events, {"choices": ["a"]}, r"\$\.choices\[0\]: an answer that is a string"),
    ],
)
def test_what_is_neither_is_refused_with_its_place(read: Any, value: Any, message: str) -> None:
    with pytest.raises(CorpusError, match=rf"^log\.json:3: .*{message}"):
        read(value, PLACE, Account())


def test_tools_are_those_that_the_request_offers() -> None:
    tool = {"type": "function", "function": {"name": "track", "parameters": {}}}
    for key in ("tools", "functions"):
        given = {"messages": [ASKED], key: [tool if key == "tools" else tool["function"]]}
        assert request_tools(given, PLACE, Account()) == ToolsOffered(("track",))
    assert request_tools({"messages": [ASKED]}, PLACE, Account()) is None
    assert request_tools([ASKED], PLACE, Account()) is None


@pytest.mark.parametrize(
    ("value", "whether"),
    [
        (ASKED, True),
        ([ASKED, SAID], True),
        ([[ASKED]], True),
        ({"messages": [ASKED]}, True),
        ({"contents": [ASKED]}, True),
        ({"type": "human", "content": "hi"}, True),
        ({"lc": 1}, True),
        ([], False),
        ([ASKED, "so"], False),
        ({"messages": []}, False),
        ({"role": {"name": "user"}}, False),
        ("where?", False),
        (None, False),
    ],
)
def test_messages_are_told_from_other_data(value: Any, whether: bool) -> None:
    assert is_exchange(value) is whether
