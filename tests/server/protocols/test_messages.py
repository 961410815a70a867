"""Anthropic's own client, pointed here, gets uses of tools; what is not sure is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anthropic
import pytest

from cueline.dialogue import Turn
from cueline.server.command import key
from tests.server.acting import ACTIONS, policy
from tests.server.protocols.agents import HELLO, Agents, decided
from tests.server.serving import Served

TOOLS: list[Any] = [
    {"name": name, "input_schema": {"type": "object"}} for name in ACTIONS if name != "respond"
]
NAMES = [tool["name"] for tool in TOOLS]


@pytest.fixture(scope="module")
def sure(agents: Agents) -> anthropic.Anthropic:
    return agents.anthropic("sure")


@pytest.fixture(scope="module")
def unsure(agents: Agents) -> anthropic.Anthropic:
    return agents.anthropic("unsure")


def ask(client: anthropic.Anthropic, messages: Any = HELLO, **more: Any) -> Any:
    asked = {"model": "any", "max_tokens": 99, "messages": messages, "tools": TOOLS}
    return client.messages.create(**asked | more)


def used(answer: Any) -> list[str]:
    return [block.name for block in answer.content if block.type == "tool_use"]


def abstained(answer: Any) -> str:
    """Why there is no answer; it is in words, and no answer that ends a loop."""
    (block,) = answer.content
    assert block.text
    assert answer.stop_reason == "refusal"
    found: str = answer.model_extra["cueline"]["abstained"]
    return found


def test_tools_are_used_as_the_policy_decides(sure: anthropic.Anthropic) -> None:
    answer = ask(sure, system="Be kind.", metadata={"user_id": "u"})
    assert used(answer) == list(decided("find me a table").actions)
    assert all(block.input == {} for block in answer.content)
    assert answer.stop_reason == "tool_use"
    assert (answer.model, answer.usage.output_tokens) == (policy().hash, 0)


def test_the_dialogue_so_far_counts(sure: anthropic.Anthropic) -> None:
    result = {"type": "tool_result", "tool_use_id": "t1", "content": '{"status": "done"}'}
    messages = [
        *HELLO,
        {
            "role": "assistant",
            "content": [
                {"type": "text", "text": "Let me book."},
                {"type": "tool_use", "id": "t1", "name": "book", "input": {}},
            ],
        },
        {"role": "user", "content": [result]},
        {"role": "assistant", "content": "Booked."},
        {"role": "user", "content": [{"type": "text", "text": "thanks"}]},
    ]
    answer = ask(sure, messages, tools=anthropic.NOT_GIVEN)
    state = policy().start()
    for turn in (
        Turn("find me a table", actions=("book",), system="Let me book."),
        Turn(None, {"answered": ("book",), "result": ("object",)}, actions=("respond",)),
    ):
        _, state = policy().act(turn, state)
    decision, _ = policy().act(Turn("thanks"), state)
    assert answer.model_extra["cueline"]["probabilities"] == decision.probabilities


def test_fields_that_do_not_matter_here_are_taken(sure: anthropic.Anthropic) -> None:
    unknown = {"temperature": 0.5, "thinking": {"type": "adaptive"}, "what_is_this": [{"a": 1}]}
    message = {**HELLO[0], "mood": "good"}
    assert used(ask(sure, [message], extra_body=unknown)) == list(
        decided("find me a table").actions
    )


def test_a_choice_of_tools_holds_or_is_an_error(
    sure: anthropic.Anthropic, unsure: anthropic.Anthropic
) -> None:
    assert abstained(ask(sure, tool_choice={"type": "none"}))
    one = {"type": "auto", "disable_parallel_tool_use": True}
    for text in ("find me a table", "thanks", "no", "book"):
        said = [{"role": "user", "content": text}]
        assert len(used(ask(sure, said, tool_choice=one))) <= 1
    for name in NAMES:
        try:
            answer = ask(sure, tool_choice={"type": "tool", "name": name})
        except anthropic.BadRequestError as refused:
            assert "a call is required" in refused.message
        else:
            assert (used(answer), answer.stop_reason) == ([name], "tool_use")
    with pytest.raises(
        anthropic.BadRequestError, match="a call is required.*not decide"
    ) as refused:
        ask(unsure, tool_choice={"type": "any"})
    assert refused.value.body["error"]["type"] == "invalid_request_error"


def test_what_is_not_sure_is_refused(
    sure: anthropic.Anthropic, unsure: anthropic.Anthropic
) -> None:
    assert abstained(ask(unsure)) == "unsure"
    assert abstained(ask(sure, tools=[])) == "not_offered"
    strict = [{"name": name, "input_schema": {"required": ["city"]}} for name in NAMES]
    assert abstained(ask(sure, tools=strict)) == "arguments"
    source = {"type": "base64", "media_type": "image/png", "data": "AA=="}
    image = {"role": "user", "content": [{"type": "image", "source": source}]}
    assert abstained(ask(sure, [image])) == "unread"
    assert abstained(ask(sure, [*HELLO, {"role": "assistant", "content": "Sure, "}])) == "unread"


def test_tools_of_the_platform_are_not_used_here(sure: anthropic.Anthropic) -> None:
    search = {"type": "web_search_20250305", "name": "book"}
    for text in ("book", "find me a table"):
        said = [{"role": "user", "content": text}]
        answer = ask(sure, said, tools=[search])
        assert abstained(answer) in ("not_callable", "nothing", "words")
    editor = [{"type": "text_editor_20250728", "name": name} for name in NAMES]
    assert used(ask(sure, tools=editor)) == list(decided("find me a table").actions)


@pytest.mark.parametrize("kind", ["sure", "unsure"])
def test_a_stream_says_the_same(agents: Agents, kind: str) -> None:
    client = agents.anthropic(kind)
    asked: Any = {"model": "any", "max_tokens": 9, "messages": HELLO, "tools": TOOLS}
    with client.messages.stream(**asked) as stream:
        kinds = [event.type for event in stream]
        final = stream.get_final_message()
    whole = ask(client)
    assert used(final) == used(whole)
    assert final.stop_reason == whole.stop_reason
    if kind == "sure":
        assert [block.input for block in final.content] == [block.input for block in whole.content]
    else:
        assert final.content[0].text == whole.content[0].text
    raw = list(client.messages.create(**asked, stream=True))
    assert [event.type for event in raw][:2] == ["message_start", "content_block_start"]
    assert [event.type for event in raw][-3:] == [
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]
    assert kinds[0] == "message_start"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"messages": []}, r"\$\.messages"),
        ({"messages": [{"role": "user"}]}, "without content"),
        ({"messages": [{"role": "user", "content": [{"type": "smell"}]}]}, "'smell'"),
        ({"tool_choice": {"type": "tool", "name": "fly"}}, "no tool 'fly'"),
        ({"tool_choice": {"type": "tool"}}, "`name`"),
        ({"tool_choice": {"type": "any"}, "tools": []}, "no tools are given"),
        ({"tools": [TOOLS[0], TOOLS[0]]}, "two are called 'ask_area'"),
        (
            {
                "messages": [
                    {
                        "role": "user",
                        "content": [{"type": "tool_result", "tool_use_id": "t9", "content": "7"}],
                    }
                ]
            },
            "send the call",
        ),
    ],
)
def test_what_is_wrong_is_raised_with_its_reason(
    sure: anthropic.Anthropic, more: dict[str, Any], said: str
) -> None:
    with pytest.raises(anthropic.BadRequestError, match=said) as refused:
        ask(sure, **more)
    assert refused.value.body["type"] == "error"


def test_a_thread_is_refused_such_that_the_client_sends_all_of_it(
    sure: anthropic.Anthropic,
) -> None:
    thread = {"type": "continue", "previous_message_id": "msg_1"}
    with pytest.raises(anthropic.BadRequestError, match="send all messages") as refused:
        ask(sure, extra_body={"thread": thread})
    details = refused.value.body["error"]["details"]
    assert details["error_code"] == "thread_unsupported_request"
    assert used(ask(sure, extra_body={"thread": None}))


def test_a_key_comes_as_anthropics_clients_send_it(tmp_path: Path) -> None:
    policy().save(tmp_path / "policy")
    secret = key(tmp_path / "keys.json", "agent", ["act"])
    options: Any = {"keys": tmp_path / "keys.json", "store": "memory:"}
    with Served(tmp_path / "policy", tmp_path / "log", **options) as server:
        client = anthropic.Anthropic(base_url=server.url, api_key=secret, max_retries=0)
        assert used(ask(client))
        wrong = client.with_options(api_key="cue_wrong")
        with pytest.raises(anthropic.AuthenticationError) as refused:
            ask(wrong)
        assert refused.value.body["error"]["type"] == "authentication_error"
