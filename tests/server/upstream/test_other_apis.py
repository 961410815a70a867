"""Responses and Anthropic's messages go upstream as well, and what was done there is kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import anthropic
import openai
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from cueline.dialogue import Dialogue
from tests.server.acting import policy
from tests.server.serving import Served
from tests.server.upstream.scripted import Got, Scripted
from tests.server.upstream.test_recorder import collected, is_clean, serving

CALLED = {"city": "Bath", "people": 2}
FUNCTION = {"type": "object", "properties": {"city": {"type": "string"}}}


class OtherApis(Scripted):
    """Calls a tool for what users say, and says something of what it returned."""

    async def _chat(self, request: Request) -> Response:
        got = Got(request.url.path, dict(request.headers), await request.body())
        self.got.append(got)
        asked = got.content
        messages = "messages" in asked
        last = asked["messages" if messages else "input"][-1]
        says = "tool_result" in json.dumps(last) or last.get("type") == "function_call_output"
        answer = (message if messages else response)(says)
        if not asked.get("stream"):
            return JSONResponse(answer)
        events = (message_events if messages else response_events)(answer)
        data = "".join(f"event: {one['type']}\ndata: {json.dumps(one)}\n\n" for one in events)
        return Response(data, media_type="text/event-stream")


def response(says: bool) -> dict[str, Any]:
    text = {"type": "output_text", "text": "Booked.", "annotations": []}
    said = {
        "type": "message",
        "id": "m1",
        "role": "assistant",
        "status": "completed",
        "content": [text],
    }
    call = {
        "type": "function_call",
        "id": "f1",
        "call_id": "c1",
        "name": "book",
        "arguments": json.dumps(CALLED),
        "status": "completed",
    }
    return {
        "id": "resp_up",
        "object": "response",
        "created_at": 1,
        "status": "completed",
        "model": "big",
        "output": [said if says else call],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
    }


def response_events(answer: dict[str, Any]) -> Iterator[dict[str, Any]]:
    begun = answer | {"status": "in_progress", "output": []}
    yield {"type": "response.created", "sequence_number": 0, "response": begun}
    yield {"type": "response.completed", "sequence_number": 1, "response": answer}


def message(says: bool) -> dict[str, Any]:
    said = {"type": "text", "text": "Booked."}
    call = {"type": "tool_use", "id": "c1", "name": "book", "input": CALLED}
    return {
        "id": "msg_up",
        "type": "message",
        "role": "assistant",
        "model": "big",
        "content": [said if says else call],
        "stop_reason": "end_turn" if says else "tool_use",
        "stop_sequence": None,
        "usage": {"input_tokens": 1, "output_tokens": 1},
    }


def message_events(answer: dict[str, Any]) -> Iterator[dict[str, Any]]:
    (block,) = answer["content"]
    yield {"type": "message_start", "message": answer | {"content": [], "stop_reason": None}}
    if block["type"] == "text":
        begun, deltas = block | {"text": ""}, [{"type": "text_delta", "text": block["text"]}]
    else:
        begun, text = block | {"input": {}}, json.dumps(block["input"])
        parts = (text[:7], text[7:])
        deltas = [{"type": "input_json_delta", "partial_json": part} for part in parts]
    yield {"type": "content_block_start", "index": 0, "content_block": begun}
    for delta in deltas:
        yield {"type": "content_block_delta", "index": 0, "delta": delta}
    yield {"type": "content_block_stop", "index": 0}
    ended = {"stop_reason": answer["stop_reason"], "stop_sequence": None}
    yield {"type": "message_delta", "delta": ended, "usage": {"output_tokens": 1}}
    yield {"type": "message_stop"}


class Kept(NamedTuple):
    """What came of two turns of an agent."""

    upstream: OtherApis
    dialogue: Dialogue


def kept(saved: Path, agent: Any, **options: Any) -> Kept:
    environment = {"CUELINE_UPSTREAM_KEY": "sk-upstream"}
    with OtherApis() as upstream:
        server = serving(saved, upstream, environment=environment, **options)
        with server:
            agent(server)
    (dialogue,) = collected(saved)
    assert is_clean(saved)
    return Kept(upstream, dialogue)


def is_what_was_done(dialogue: Dialogue) -> bool:
    first, second = dialogue.turns
    assert (first.user, first.actions) == ("a table in Bath", ("book",))
    assert first.arguments == {"book": (CALLED,)}
    assert (second.user, second.actions, second.system) == (None, ("respond",), "Booked.")
    assert second.results == {"book": ({"done": 1},)}
    return True


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    policy(0, sure_from=1.1).save(tmp_path / "policy")
    return tmp_path / "policy"


@pytest.mark.parametrize("stream", [False, True])
def test_responses(saved: Path, stream: bool) -> None:
    tools: Any = [{"type": "function", "name": "book", "parameters": FUNCTION}]

    def agent(server: Served) -> None:
        client = openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0)
        items: list[Any] = [{"role": "user", "content": "a table in Bath"}]
        for _ in range(2):
            if stream:
                events = list(client.responses.create(input=items, tools=tools, stream=True))
                answer = events[-1].response
            else:
                answer = client.responses.create(input=items, tools=tools)
                assert answer.model_extra["cueline"]["answered_by"] == "upstream"
            items += [item.model_dump(exclude_none=True) for item in answer.output]
            done = {"type": "function_call_output", "call_id": "c1", "output": '{"done": 1}'}
            items.append(done)

    found = kept(saved, agent)
    assert is_what_was_done(found.dialogue)
    assert found.upstream.got[0].path == "/v1/responses"
    assert found.upstream.got[0].headers["authorization"] == "Bearer sk-upstream"


@pytest.mark.parametrize("stream", [False, True])
def test_messages(saved: Path, stream: bool) -> None:
    tools: Any = [{"name": "book", "input_schema": FUNCTION}]

    def agent(server: Served) -> None:
        client = anthropic.Anthropic(base_url=server.url, api_key="sk-caller", max_retries=0)
        messages: list[Any] = [{"role": "user", "content": "a table in Bath"}]
        for _ in range(2):
            asked: Any = {"model": "big", "max_tokens": 9, "messages": messages, "tools": tools}
            if stream:
                with client.messages.stream(**asked) as answers:
                    answer = answers.get_final_message()
            else:
                answer = client.messages.create(**asked)
            content = [block.model_dump(exclude_none=True) for block in answer.content]
            messages.append({"role": "assistant", "content": content})
            done = {"type": "tool_result", "tool_use_id": "c1", "content": '{"done": 1}'}
            messages.append({"role": "user", "content": [done]})

    found = kept(saved, agent)
    assert is_what_was_done(found.dialogue)
    got = found.upstream.got[0]
    assert (got.path, got.headers["x-api-key"]) == ("/v1/messages", "sk-upstream")
    assert "anthropic-version" in got.headers


def test_another_model_is_asked_for_and_all_else_stays(saved: Path) -> None:
    body = b'{ "model":"small","input":[{"role":"user","content":"a\\u00e9 1.50"}], "x":1.50 }'

    def agent(server: Served) -> None:
        import httpx

        where, headers = f"{server.url}/v1/responses", {"content-type": "application/json"}
        assert httpx.post(where, content=body, headers=headers).status_code == 200

    found = kept(saved, agent, upstream_model="huge")
    sent = found.upstream.got[0].body
    assert sent == body.replace(b"{ ", b"{").replace(b" }", b"}").replace(b", ", b",").replace(
        b'"small"', b'"huge"'
    )
