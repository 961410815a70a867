"""OpenAI's own client of the Responses API: calls, refusals, and conversations that are kept."""

from __future__ import annotations

import json
from typing import Any

import openai
import pytest

from cueline.dialogue import Turn
from tests.server.acting import ACTIONS, policy
from tests.server.protocols.agents import Agents, decided

TOOLS: list[Any] = [
    {"type": "function", "name": name, "parameters": {"type": "object"}, "strict": False}
    for name in ACTIONS
    if name != "respond"
]
NAMES = tuple(ACTIONS)
HELLO = "find me a table"


@pytest.fixture(scope="module")
def sure(agents: Agents) -> openai.OpenAI:
    return agents.openai("sure")


@pytest.fixture(scope="module")
def unsure(agents: Agents) -> openai.OpenAI:
    return agents.openai("unsure")


def ask(client: openai.OpenAI, input: Any = HELLO, **more: Any) -> Any:
    return client.responses.create(**{"model": "any", "input": input, "tools": TOOLS} | more)


def called(answer: Any) -> list[str]:
    return [item.name for item in answer.output if item.type == "function_call"]


def refusal(answer: Any) -> str:
    (item,) = answer.output
    return item.content[0].refusal


def probabilities(answer: Any) -> Any:
    return answer.model_extra["cueline"]["probabilities"]


def test_tools_are_called_as_the_policy_decides(sure: openai.OpenAI) -> None:
    answer = ask(sure)
    assert called(answer) == list(decided(HELLO).actions)
    assert all(item.arguments == "{}" and item.status == "completed" for item in answer.output)
    assert answer.status == "completed"
    assert answer.output_text == ""
    assert answer.tools[0].name == TOOLS[0]["name"]
    assert answer.usage.total_tokens == 0


def test_what_is_not_sure_is_refused(sure: openai.OpenAI, unsure: openai.OpenAI) -> None:
    assert "not decide" in refusal(ask(unsure))
    assert "neither" in refusal(ask(sure, tool_choice="none"))
    assert "not offered" in refusal(ask(sure, tools=[]))
    with pytest.raises(openai.BadRequestError, match="a call is required.*not decide"):
        ask(unsure, tool_choice="required")


@pytest.mark.parametrize("mode", ["auto", "required"])
def test_a_choice_of_tools_holds(sure: openai.OpenAI, mode: str) -> None:
    tools = [{"type": "function", "name": name} for name in ("ask_people", "offer")]
    for choice in ({"type": "allowed_tools", "mode": mode, "tools": tools}, *tools):
        try:
            answer = ask(sure, tool_choice=choice)
        except openai.BadRequestError as refused:
            assert "a call is required" in refused.message
        else:
            assert set(called(answer)) <= {"ask_people", "offer"}
            assert called(answer) or refusal(answer)
    assert len(called(ask(sure, parallel_tool_calls=False))) == 1


def test_an_answer_is_gone_on_from(sure: openai.OpenAI) -> None:
    first = ask(sure)
    results = [
        {"type": "function_call_output", "call_id": item.call_id, "output": '{"status": "done"}'}
        for item in first.output
    ]
    second = ask(sure, results, previous_response_id=first.id)
    third = ask(sure, "thanks", previous_response_id=second.id)
    branch = ask(sure, "no", previous_response_id=first.id)
    assert second.previous_response_id == first.id

    said = {"role": "user", "content": HELLO}
    items = [said, *[item.model_dump() for item in first.output], *results]
    assert probabilities(second) == probabilities(ask(sure, items, store=False))
    items += [*[item.model_dump() for item in second.output], {"role": "user", "content": "thanks"}]
    assert probabilities(third) == probabilities(ask(sure, items))
    state = policy().start()
    for turn in (Turn(HELLO, actions=decided(HELLO).actions), Turn("no", available=NAMES)):
        decision, state = policy().act(turn, state)
    assert probabilities(branch) == decision.probabilities


def test_answers_are_read_again_and_erased_with_their_conversation(sure: openai.OpenAI) -> None:
    first = ask(sure, user="customer-7")
    second = ask(sure, "thanks", previous_response_id=first.id)
    again = sure.responses.retrieve(second.id)
    assert again.model_dump() == second.model_dump()
    sure.responses.delete(first.id)
    for gone in (first.id, second.id):
        with pytest.raises(openai.NotFoundError):
            sure.responses.retrieve(gone)
        with pytest.raises(openai.NotFoundError, match="no response"):
            ask(sure, "yes", previous_response_id=gone)


def test_a_users_conversations_are_erased_with_all_that_is_theirs(
    agents: Agents, sure: openai.OpenAI
) -> None:
    answer = ask(sure, user="customer-8")
    assert sure.delete("/users/customer-8", cast_to=object) == {"erased": 1}
    with pytest.raises(openai.NotFoundError):
        sure.responses.retrieve(answer.id)


@pytest.mark.parametrize("unknown", ["resp_1", "resp_" + "a" * 32, "ответ", "resp_" + "-" * 200])
def test_what_was_never_kept_is_not_found(sure: openai.OpenAI, unknown: str) -> None:
    with pytest.raises(openai.NotFoundError, match="no response"):
        ask(sure, previous_response_id=unknown)


def test_what_is_not_to_be_stored_is_not(sure: openai.OpenAI) -> None:
    answer = ask(sure, store=False)
    assert answer.store is False
    with pytest.raises(openai.NotFoundError):
        ask(sure, "thanks", previous_response_id=answer.id)


@pytest.mark.parametrize("kind", ["sure", "unsure"])
def test_a_stream_says_the_same(agents: Agents, kind: str) -> None:
    client = agents.openai(kind)
    with client.responses.stream(model="any", input=HELLO, tools=TOOLS) as stream:
        events = list(stream)
        final = stream.get_final_response()
    whole = ask(client)
    assert [item.type for item in final.output] == [item.type for item in whole.output]
    assert called(final) == called(whole)
    kinds = [event.type for event in events]
    assert kinds[:2] == ["response.created", "response.in_progress"]
    assert kinds[-1] == "response.completed"
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert client.responses.retrieve(final.id).id == final.id


def test_tools_of_the_platform_are_not_called_and_those_of_a_text_only_with_one(
    sure: openai.OpenAI,
) -> None:
    custom = [{"type": "custom", "name": name} for name in ACTIONS if name != "respond"]
    assert "arguments" in refusal(ask(sure, tools=custom))
    server = {"type": "mcp", "server_label": "shop", "server_url": "https://shop.example"}
    assert called(ask(sure, tools=[server, *TOOLS])) == called(ask(sure))
    assert "not offered" in refusal(ask(sure, tools=[server]))


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"input": [{"type": "smell"}]}, r"\$\.input\[0\]: an item of the unknown type 'smell'"),
        ({"tool_choice": {"type": "function", "name": "fly"}}, "no tool 'fly'"),
        ({"tool_choice": {"type": "function"}}, "without a name"),
        ({"tool_choice": {"type": "allowed_tools"}}, "`tools`"),
        ({"tools": [{"type": "function"}]}, "without a name"),
        ({"tools": [TOOLS[0], TOOLS[0]]}, "two are called 'ask_area'"),
        ({"conversation": "conv_1"}, "previous_response_id"),
        ({"input": 7}, r"\$\.input"),
        (
            {"input": [{"type": "function_call_output", "call_id": "c", "output": "7"}]},
            "send the call",
        ),
    ],
)
def test_what_is_wrong_is_raised_with_its_reason(
    sure: openai.OpenAI, more: dict[str, Any], said: str
) -> None:
    with pytest.raises(openai.BadRequestError, match=said):
        ask(sure, **more)


def test_fields_that_do_not_matter_here_are_taken(sure: openai.OpenAI) -> None:
    message = {"role": "user", "content": [{"type": "input_text", "text": HELLO}], "mood": "good"}
    answer = ask(
        sure,
        [message],
        instructions="Be kind.",
        max_output_tokens=20,
        temperature=0.5,
        metadata={"a": "b"},
        include=["reasoning.encrypted_content"],
        truncation="auto",
        background=False,
        extra_body={"what_is_this": {"and": ["that"]}},
    )
    assert called(answer) == list(decided(HELLO).actions)
    assert (answer.instructions, answer.metadata) == ("Be kind.", {"a": "b"})
    assert json.loads(answer.model_dump_json())["temperature"] == 0.5
