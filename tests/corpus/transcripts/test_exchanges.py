"""A question and its answer are read alike wherever a record holds them, and neither alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from cueline.corpus import read_all
from cueline.dialogue import Turn
from cueline.errors import CorpusError

Record = dict[str, Any]
PAST = [
    {"role": "user", "content": "Where is my parcel?"},
    {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "c", "type": "function", "function": {"name": "track"}}],
    },
    {"role": "tool", "tool_call_id": "c", "content": "sent"},
]
WORDS = "It is on its way."
ANSWER = {"role": "assistant", "content": WORDS}
ASKED: dict[str, Callable[[Any], Record]] = {
    "prompt": lambda asked: {"prompt": asked},
    "input": lambda asked: {"input": asked},
    "input with messages": lambda asked: {"input": {"messages": asked}},
    "request": lambda asked: {"request": {"model": "m", "messages": asked}},
    "request with input": lambda asked: {"request": {"model": "m", "input": asked}},
    "request with prompt": lambda asked: {"request": {"prompt": asked}},
    "request with body": lambda asked: {"request": {"body": {"messages": asked}}},
    "request as JSON": lambda asked: {"request": json.dumps({"messages": asked})},
    "request_body": lambda asked: {"request_body": {"messages": asked}},
}
LISTED: dict[str, Callable[[Any], Record]] = {
    "messages": lambda asked: {"messages": asked},
    "messages as JSON": lambda asked: {"messages": json.dumps(asked)},
    "conversation": lambda asked: {"conversation": asked},
}
ANSWERED: dict[str, Callable[[Any], Record]] = {
    "completion": lambda answer: {"completion": [answer]},
    "completion in words": lambda answer: {"completion": answer["content"]},
    "output": lambda answer: {"output": [answer]},
    "output in words": lambda answer: {"output": answer["content"]},
    "chosen": lambda answer: {"chosen": [answer], "rejected": [{**answer, "content": "No."}]},
    "preferred_output": lambda answer: {"preferred_output": [answer]},
    "response in words": lambda answer: {"response": answer["content"]},
    "response without a role": lambda answer: {"response": {"content": answer["content"]}},
    "choices": lambda answer: {"choices": [{"index": 0, "message": answer}]},
    "response": lambda answer: {"response": {"choices": [{"message": answer}]}},
    "response with body": lambda answer: {"response": {"body": {"choices": [{"message": answer}]}}},
    "response as JSON": lambda answer: {"response": json.dumps({"choices": [{"message": answer}]})},
    "response_body": lambda answer: {"response_body": {"choices": [{"message": answer}]}},
}
IN_WORDS = ("prompt", "input", "request with input", "request with prompt")
"""Where words of the user may stand."""


def turns(folder: Path, record: Record) -> list[Turn]:
    path = folder / "log.jsonl"
    path.write_text(json.dumps(record))
    (dialogue,) = read_all(path)
    return list(dialogue.turns)


@pytest.mark.parametrize(("asked", "answered"), list(product(ASKED | LISTED, ANSWERED)))
def test_an_exchange_is_read_wherever_a_record_holds_it(
    tmp_path: Path, asked: str, answered: str
) -> None:
    expected = turns(tmp_path, {"messages": [*PAST, ANSWER]})
    record = (ASKED | LISTED)[asked](PAST) | ANSWERED[answered](ANSWER)
    assert turns(tmp_path, record) == expected


@pytest.mark.parametrize(("asked", "answered"), list(product(IN_WORDS, ANSWERED)))
def test_what_was_asked_in_words_is_heard(tmp_path: Path, asked: str, answered: str) -> None:
    (turn,) = turns(tmp_path, ASKED[asked]("Hello?") | ANSWERED[answered](ANSWER))
    assert (turn.user, turn.actions, turn.system) == ("Hello?", ("respond",), WORDS)


@pytest.mark.parametrize("answered", ANSWERED)
@pytest.mark.parametrize(
    "beside", [{}, {"question": "Hello?"}, {"request": {"model": "m"}}, {"input": {"q": "Hello?"}}]
)
def test_an_answer_is_refused_where_nobody_knows_what_was_asked(
    tmp_path: Path, answered: str, beside: Record
) -> None:
    with pytest.raises(CorpusError, match="an answer without what it answers"):
        turns(tmp_path, {"id": "r1", **beside, **ANSWERED[answered](ANSWER)})


@pytest.mark.parametrize("silent", ["", []])
def test_a_record_may_say_that_nothing_was_asked(tmp_path: Path, silent: Any) -> None:
    (turn,) = turns(tmp_path, {"input": silent, "output": [ANSWER]})
    assert turn.user is None


@pytest.mark.parametrize("listed", LISTED)
@pytest.mark.parametrize("answered", ANSWERED)
def test_an_answer_that_is_told_twice_counts_once(
    tmp_path: Path, listed: str, answered: str
) -> None:
    whole = LISTED[listed]([*PAST, ANSWER])
    assert turns(tmp_path, whole | ANSWERED[answered](ANSWER)) == turns(tmp_path, whole)


def test_of_two_lists_of_messages_nobody_knows_which_is_the_talk(tmp_path: Path) -> None:
    talk = [*PAST, ANSWER]
    with pytest.raises(CorpusError, match=r"\$\.conversation: a second list of messages"):
        turns(tmp_path, {"messages": talk, "conversation": talk})


@pytest.mark.parametrize(
    "answer",
    [
        'data: {"choices": [{"delta": {"content": "It"}}]}\n\ndata: [DONE]',
        [{"choices": [{"index": 0, "delta": {"content": "It"}}]}],
        [{"type": "response.output_text.delta", "delta": "It"}],
    ],
)
def test_an_answer_in_chunks_is_refused(tmp_path: Path, answer: Any) -> None:
    with pytest.raises(CorpusError, match="chunks of a stream"):
        turns(tmp_path, {"request": {"messages": PAST}, "response": answer})


def test_a_task_beside_its_input_is_no_question(tmp_path: Path) -> None:
    for answer in ("output", "response"):
        record = {"instruction": "Translate.", "input": "Hello?", answer: "Hallo?"}
        with pytest.raises(CorpusError, match="instructions with answers"):
            turns(tmp_path, record)
