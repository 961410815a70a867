"""LiteLLM, which many agents call models through, in OpenAI's and in Anthropic's words."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest

from tests.server.acting import ACTIONS
from tests.server.protocols.agents import HELLO, Agents, decided

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # else it asks the internet for prices
litellm = pytest.importorskip("litellm")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),  # its own, and those of what it is made of
]

TOOLS: list[Any] = [
    {"type": "function", "function": {"name": name, "parameters": {"type": "object"}}}
    for name in ACTIONS
    if name != "respond"
]
MODELS = ["openai/any", "anthropic/any"]


def ask(agents: Agents, model: str, kind: str = "sure", **more: Any) -> Any:
    at = agents.url(kind) + ("/v1" if model.startswith("openai") else "")
    asked = {"model": model, "messages": HELLO, "tools": TOOLS, "api_base": at, "api_key": "none"}
    return litellm.completion(**asked | {"num_retries": 0, "max_retries": 0} | more)


def called(answer: Any) -> list[tuple[str, Any]]:
    calls = answer.choices[0].message.tool_calls or ()
    return [(call.function.name, json.loads(call.function.arguments)) for call in calls]


@pytest.mark.parametrize("model", MODELS)
def test_tools_are_called_as_the_policy_decides(agents: Agents, model: str) -> None:
    answer = ask(agents, model)
    assert called(answer) == [(name, {}) for name in decided("find me a table").actions]
    assert answer.choices[0].finish_reason == "tool_calls"


@pytest.mark.parametrize("model", MODELS)
def test_a_stream_says_the_same(agents: Agents, model: str) -> None:
    parts = list(ask(agents, model, stream=True))
    whole = litellm.stream_chunk_builder(parts, messages=HELLO)
    assert called(whole) == called(ask(agents, model))


@pytest.mark.parametrize("model", MODELS)
def test_where_a_call_is_required_it_is_made_or_it_is_an_error(agents: Agents, model: str) -> None:
    with pytest.raises(litellm.BadRequestError, match="a call is required"):
        ask(agents, model, "unsure", tool_choice="required")
    for name in ("offer", "book"):
        choice = {"type": "function", "function": {"name": name}}
        try:
            answer = ask(agents, model, tool_choice=choice)
        except litellm.BadRequestError:
            continue
        assert [one for one, _ in called(answer)] == [name]


@pytest.mark.parametrize("model", MODELS)
def test_what_is_not_sure_is_no_empty_answer(agents: Agents, model: str) -> None:
    answer = ask(agents, model, "unsure")
    (choice,) = answer.choices
    assert called(answer) == []
    said = choice.message.content or choice.message.provider_specific_fields["refusal"]
    assert "not decide" in said


def test_it_falls_back_to_another_model_where_there_is_no_call(agents: Agents) -> None:
    fallback = {"model": "openai/other", "api_base": agents.url("sure") + "/v1", "api_key": "none"}
    answer = ask(agents, "openai/any", "unsure", tool_choice="required", fallbacks=[fallback])
    assert called(answer)
