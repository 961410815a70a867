"""OpenAI's own client, pointed here, gets tool calls; what is not sure is refused."""

from __future__ import annotations

import json
from typing import Any

import openai
import pytest

from cueline.dialogue import Turn
from tests.server.acting import ACTIONS, policy
from tests.server.protocols.agents import HELLO, Agents, decided

TOOLS: list[Any] = [
    {"type": "function", "function": {"name": name, "parameters": {"type": "object"}}}
    for name in ACTIONS
    if name != "respond"
]


NO_TOOLS = {"mode": "auto", "tools": []}


def named(name: str) -> Any:
    return {"type": "function", "function": {"name": name}}


def functions(choice: Any) -> list[tuple[str, str]]:
    calls = choice.message.tool_calls or ()
    return [(call.function.name, call.function.arguments) for call in calls]


def called(answer: Any) -> list[str]:
    return [name for name, _ in functions(answer.choices[0])]


@pytest.fixture(scope="module")
def sure(agents: Agents) -> openai.OpenAI:
    return agents.openai("sure")


@pytest.fixture(scope="module")
def unsure(agents: Agents) -> openai.OpenAI:
    return agents.openai("unsure")


def test_tools_are_called_as_the_policy_decides(sure: openai.OpenAI) -> None:
    answer = sure.chat.completions.create(model="any", messages=HELLO, tools=TOOLS)
    choice = answer.choices[0]
    decision = decided("find me a table")
    assert called(answer) == [name for name in decision.actions if name != "respond"]
    assert all(call.function.arguments == "{}" for call in choice.message.tool_calls or ())
    assert choice.finish_reason == "tool_calls"
    assert answer.model == policy().hash
    assert answer.model_extra["cueline"]["actions"] == list(decision.actions)
    assert answer.model_extra["cueline"]["abstained"] is None


def test_the_dialogue_so_far_counts(sure: openai.OpenAI) -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "book", "arguments": "{}"}}
    messages: list[Any] = [
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
        assert set(called(answer)) <= {tool["function"]["name"]}
    answer = sure.chat.completions.create(model="any", messages=HELLO)
    assert called(answer) == []
    assert answer.model_extra["cueline"]["abstained"] == "not_offered"


def test_none_of_them_is_called_where_that_is_asked_for(sure: openai.OpenAI) -> None:
    answer = sure.chat.completions.create(
        model="any", messages=HELLO, tools=TOOLS, tool_choice="none"
    )
    assert called(answer) == []
    assert answer.choices[0].finish_reason == "stop"
    assert answer.choices[0].message.refusal


@pytest.mark.parametrize("name", [name for name in ACTIONS if name != "respond"])
def test_the_tool_that_is_named_is_called_or_none_is(sure: openai.OpenAI, name: str) -> None:
    try:
        answer = sure.chat.completions.create(
            model="any", messages=HELLO, tools=TOOLS, tool_choice=named(name)
        )
    except openai.BadRequestError as refused:
        assert "a call is required" in refused.message
    else:
        assert called(answer) == [name]
        assert answer.choices[0].finish_reason == "tool_calls"


@pytest.mark.parametrize("mode", ["auto", "required"])
def test_of_allowed_tools_one_is_called_or_none_is(sure: openai.OpenAI, mode: str) -> None:
    allowed = {"mode": mode, "tools": [named("ask_people"), named("offer")]}
    choice: Any = {"type": "allowed_tools", "allowed_tools": allowed}
    try:
        answer = sure.chat.completions.create(
            model="any", messages=HELLO, tools=TOOLS, tool_choice=choice
        )
    except openai.BadRequestError as refused:
        assert mode == "required"
        assert "a call is required" in refused.message
    else:
        assert set(called(answer)) <= {"ask_people", "offer"}
        assert called(answer) or answer.choices[0].message.refusal


def test_where_a_call_is_required_no_answer_is_without_one(
    sure: openai.OpenAI, unsure: openai.OpenAI
) -> None:
    with pytest.raises(openai.BadRequestError, match="a call is required.*not decide"):
        unsure.chat.completions.create(
            model="any", messages=HELLO, tools=TOOLS, tool_choice="required"
        )
    for text in ("", "find me a table", "thanks", "no", "🍜", "book"):
        messages: list[Any] = [{"role": "user", "content": text}]
        try:
            answer = sure.chat.completions.create(
                model="any", messages=messages, tools=TOOLS, tool_choice="required"
            )
        except openai.BadRequestError:
            continue
        assert called(answer)
        assert answer.choices[0].finish_reason == "tool_calls"


@pytest.mark.parametrize(
    ("choice", "tools", "said"),
    [
        (named("fly"), TOOLS, "no tool 'fly'"),
        ("required", openai.NOT_GIVEN, "no tools are given"),
        ({"type": "function"}, TOOLS, "'name'"),
        (
            {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": []}},
            TOOLS,
            "length",
        ),
        ("always", TOOLS, "tool_choice"),
        ("auto", [*TOOLS, TOOLS[0]], "two are called 'ask_area'"),
    ],
)
def test_a_choice_that_cannot_be_is_refused(
    sure: openai.OpenAI, choice: Any, tools: Any, said: str
) -> None:
    with pytest.raises(openai.BadRequestError, match=said):
        sure.chat.completions.create(model="any", messages=HELLO, tools=tools, tool_choice=choice)


def test_there_is_one_call_where_calls_are_not_to_be_parallel(sure: openai.OpenAI) -> None:
    several = 0
    for text in ("find me a table", "thanks", "no", "yes", "book a table in paris"):
        messages: list[Any] = [{"role": "user", "content": text}]
        asked: Any = {"model": "any", "messages": messages, "tools": TOOLS}
        several += len(called(sure.chat.completions.create(**asked))) > 1
        answer = sure.chat.completions.create(**asked, parallel_tool_calls=False)
        chances = decided(text, tuple(one["function"]["name"] for one in TOOLS)).probabilities
        made = called(answer)
        assert made == ([max(chances, key=lambda name: chances[name])] if made else [])
    assert several


def test_what_is_not_sure_is_refused(unsure: openai.OpenAI) -> None:
    answer = unsure.chat.completions.create(model="any", messages=HELLO, tools=TOOLS)
    choice = answer.choices[0]
    assert choice.finish_reason == "stop"
    assert choice.message.content is None
    assert choice.message.tool_calls is None
    assert "not decide" in (choice.message.refusal or "")
    assert answer.model_extra["cueline"]["abstained"] == "unsure"


@pytest.mark.parametrize(
    "schema", [{"required": ["city"]}, {"type": "nonsense"}, {"$ref": "http://x"}]
)
def test_arguments_that_do_not_fit_are_not_sure(sure: openai.OpenAI, schema: Any) -> None:
    tools: list[Any] = [
        {"type": "function", "function": {"name": name, "parameters": schema}} for name in ACTIONS
    ]
    answer = sure.chat.completions.create(model="any", messages=HELLO, tools=tools)
    assert called(answer) == []
    decision = answer.model_extra["cueline"]
    assert (decision["abstained"], decision["sure"]) == ("arguments", False)


def test_what_it_does_not_read_it_does_not_decide(sure: openai.OpenAI) -> None:
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}
    shown: Any = {"role": "user", "content": [{"type": "text", "text": "find me this"}, image]}
    answer = sure.chat.completions.create(model="any", messages=[shown], tools=TOOLS)
    assert answer.model_extra["cueline"]["abstained"] == "unread"
    later: list[Any] = [shown, {"role": "assistant", "content": "I see."}, *HELLO]
    answer = sure.chat.completions.create(model="any", messages=later, tools=TOOLS)
    assert answer.model_extra["cueline"]["abstained"] is None


def test_a_tool_that_takes_a_text_gets_one_or_is_not_called(sure: openai.OpenAI) -> None:
    tools: list[Any] = [
        {"type": "custom", "custom": {"name": name, "format": {"type": "text"}}} for name in ACTIONS
    ]
    answer = sure.chat.completions.create(model="any", messages=HELLO, tools=tools)
    assert answer.choices[0].message.tool_calls is None
    assert answer.model_extra["cueline"]["abstained"] == "arguments"


@pytest.mark.parametrize("text", ["find me a table", "book"])
def test_a_stream_says_the_same(agents: Agents, text: str) -> None:
    for kind in ("sure", "unsure"):
        asked: Any = {
            "model": "any",
            "messages": [{"role": "user", "content": text}],
            "tools": TOOLS,
            "n": 2,
        }
        client = agents.openai(kind)
        whole = client.chat.completions.create(**asked)
        with client.chat.completions.stream(**asked) as stream:
            joined = stream.get_final_completion()
        for one, other in zip(whole.choices, joined.choices, strict=True):
            assert one.finish_reason == other.finish_reason
            assert one.message.refusal == other.message.refusal
            assert functions(one) == functions(other)
        ids = [call.id for choice in joined.choices for call in choice.message.tool_calls or ()]
        assert len(set(ids)) == len(ids)


def test_a_stream_ends_with_the_tokens_where_they_are_asked_for(sure: openai.OpenAI) -> None:
    asked: Any = {"model": "any", "messages": HELLO, "tools": TOOLS, "stream": True}
    *parts, last = sure.chat.completions.create(**asked, stream_options={"include_usage": True})
    assert last.choices == []
    assert last.usage.total_tokens == 0
    assert all("usage" in part.model_fields_set and part.usage is None for part in parts)
    parts = list(sure.chat.completions.create(**asked))
    assert parts[-1].choices[0].finish_reason == "tool_calls"
    assert not any("usage" in part.model_fields_set for part in parts)


def test_fields_that_do_not_matter_here_are_taken(sure: openai.OpenAI) -> None:
    messages: list[Any] = [
        {"role": "developer", "content": "Be kind."},
        {**HELLO[0], "mood": "good"},
    ]
    answer = sure.chat.completions.create(
        model="any",
        messages=messages,
        tools=TOOLS,
        max_tokens=5,
        max_completion_tokens=5,
        temperature=0.3,
        store=True,
        metadata={"a": "b"},
        seed=7,
        user="u",
        extra_body={"what_is_this": {"and": ["that"]}},
    )
    assert answer.choices[0].finish_reason == "tool_calls"


@pytest.mark.parametrize(
    ("messages", "said"),
    [
        ([], r"\$\.messages"),
        ([{"role": "user"}], r"\$\.messages\[0\]: a message of 'user' without content"),
        ([{"role": "pilot", "content": "hi"}], "'pilot'"),
        ([*HELLO, {"role": "tool", "tool_call_id": "c9", "content": "7"}], "send the call"),
        ([{"role": "user", "content": [{"type": "smell", "smell": "of tea"}]}], "'smell'"),
    ],
)
def test_what_is_wrong_is_raised_with_its_reason(
    sure: openai.OpenAI, messages: Any, said: str
) -> None:
    with pytest.raises(openai.BadRequestError, match=said):
        sure.chat.completions.create(model="any", messages=messages)


def test_a_thousand_tools_of_any_name_are_taken(sure: openai.OpenAI) -> None:
    described = "ц" * 500
    properties = {"größe": {"type": "string", "description": described}}
    parameters = {"type": "object", "properties": properties}
    tools: list[Any] = [
        {"type": "function", "function": {"name": f"ツール🍜{n}", "parameters": parameters}}
        for n in range(1000)
    ]
    answer = sure.chat.completions.create(model="any", messages=HELLO, tools=[*tools, *TOOLS])
    assert called(answer) == list(decided("find me a table").actions)
    assert json.loads(answer.choices[0].message.tool_calls[0].function.arguments) == {}
