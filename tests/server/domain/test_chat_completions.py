"""OpenAI's own client, pointed here, gets tool calls; what is not sure is refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import openai
import pytest

from cueline.dialogue import Turn
from tests.server.acting import ACTIONS, policy
from tests.server.serving import Served

TOOLS = [
    {"type": "function", "function": {"name": name, "parameters": {"type": "object"}}}
    for name in ACTIONS
    if name != "respond"
]


def served(folder: Path, sure_from: float) -> Iterator[openai.OpenAI]:
    policy(0, sure_from=sure_from).save(folder / "policy")
    with (
        Served(folder / "policy", folder / "log", store="memory:") as server,
        openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def sure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[openai.OpenAI]:
    yield from served(tmp_path_factory.mktemp("sure"), 0.0)


@pytest.fixture(scope="module")
def unsure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[openai.OpenAI]:
    yield from served(tmp_path_factory.mktemp("unsure"), 1.1)


HELLO = [{"role": "user", "content": "find me a table"}]


def test_tools_are_called_as_the_policy_decides(sure: openai.OpenAI) -> None:
    answer = sure.chat.completions.create(model="any", messages=HELLO, tools=TOOLS)
    choice = answer.choices[0]
    called = [call.function.name for call in choice.message.tool_calls or ()]
    decision, _ = policy().act(Turn(user="find me a table"), policy().start())
    assert called == [name for name in decision.actions if name != "respond"]
    assert all(call.function.arguments == "{}" for call in choice.message.tool_calls or ())
    assert choice.finish_reason == "tool_calls"
    assert answer.model == policy().hash
    assert answer.model_extra["cueline"]["actions"] == list(decision.actions)


def test_the_dialogue_so_far_counts(sure: openai.OpenAI) -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "book", "arguments": "{}"}}
    messages = [
        *HELLO,
        {"role": "assistant", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": '{"status": "done"}'},
        {"role": "assistant", "content": "Booked."},
        {"role": "user", "content": "thanks"},
    ]
    answer = sure.chat.completions.create(model="any", messages=messages)
    state = policy().start()
    for turn in (
        Turn("find me a table", actions=("book",)),
        Turn(None, {"answered": ("book",), "result": ("object",)}, actions=("respond",)),
    ):
        _, state = policy().act(turn, state)
    decision, _ = policy().act(Turn("thanks"), state)
    assert answer.model_extra["cueline"]["probabilities"] == decision.probabilities


def test_only_tools_that_are_offered_are_called(sure: openai.OpenAI) -> None:
    for tool in TOOLS:
        answer = sure.chat.completions.create(model="any", messages=HELLO, tools=[tool])
        calls = answer.choices[0].message.tool_calls or ()
        assert {call.function.name for call in calls} <= {tool["function"]["name"]}
    answer = sure.chat.completions.create(
        model="any", messages=HELLO, tools=TOOLS, tool_choice="none"
    )
    assert answer.choices[0].message.tool_calls is None
    assert answer.choices[0].finish_reason == "stop"
    answer = sure.chat.completions.create(
        model="any", messages=HELLO, tools=TOOLS, parallel_tool_calls=False
    )
    assert len(answer.choices[0].message.tool_calls or ()) <= 1


def test_what_is_not_sure_is_refused(unsure: openai.OpenAI) -> None:
    answer = unsure.chat.completions.create(model="any", messages=HELLO, tools=TOOLS)
    choice = answer.choices[0]
    assert choice.finish_reason == "stop"
    assert choice.message.content is None
    assert choice.message.tool_calls is None
    assert "not decide" in (choice.message.refusal or "")


def test_a_stream_says_the_same(sure: openai.OpenAI, unsure: openai.OpenAI) -> None:
    whole = sure.chat.completions.create(model="any", messages=HELLO, tools=TOOLS)
    chunks = list(
        sure.chat.completions.create(model="any", messages=HELLO, tools=TOOLS, stream=True)
    )
    deltas = [call for chunk in chunks for call in chunk.choices[0].delta.tool_calls or ()]
    called = [call.function.name for call in whole.choices[0].message.tool_calls or ()]
    assert [delta.function.name for delta in deltas if delta.function] == called
    assert chunks[-1].choices[0].finish_reason == "tool_calls"
    (chunk,) = unsure.chat.completions.create(model="any", messages=HELLO, stream=True)
    assert chunk.choices[0].delta.refusal


def test_what_is_wrong_is_raised_with_its_reason(sure: openai.OpenAI) -> None:
    with pytest.raises(openai.UnprocessableEntityError, match=r"\$\.messages"):
        sure.chat.completions.create(model="any", messages=[])
