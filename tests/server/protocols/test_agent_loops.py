"""Agents of others, over real HTTP, in front of a policy that learned their calls from transcripts.

What is sure is called by the policy; the words after it are the upstream's, and where there is no
upstream the loop ends in an error, never in an answer that is empty.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any, NamedTuple

import anthropic
import openai
import pytest
from agents import (
    Agent,
    ModelRefusalError,
    ModelSettings,
    OpenAIChatCompletionsModel,
    OpenAIResponsesModel,
    Runner,
    function_tool,
)
from agents.run import RunConfig
from anthropic import beta_tool
from starlette.responses import JSONResponse

from tests.server.protocols.parcels import SAID, learned
from tests.server.serving import Served
from tests.server.upstream.scripted import Scripted

pytestmark = pytest.mark.slow
ASKED = "where is my parcel 777?"


class Desk(NamedTuple):
    """A policy served alone, one in front of an upstream, and that upstream."""

    alone: str
    fronted: str
    upstream: Scripted


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("parcels")
    learned(folder)
    policy: Any = folder / "policy"
    with (
        Scripted() as upstream,
        Served(policy, folder / "log", store="memory:") as alone,
        Served(policy, folder / "log", store="memory:", upstream=upstream.url) as fronted,
    ):
        yield Desk(alone.url, fronted.url, upstream)


class Loop:
    """An agent of OpenAI's SDK, and the calls that it made."""

    def __init__(self) -> None:
        self.made: list[tuple[str, int]] = []

    def ask(self, url: str, model: Any, text: str = ASKED, **settings: Any) -> Any:
        """What comes of a question."""

        @function_tool
        def track(parcel: int) -> str:
            self.made.append(("track", parcel))
            return '{"status": "done"}'

        @function_tool
        def cancel(order: int) -> str:
            self.made.append(("cancel", order))
            return '{"status": "done"}'

        async def asking() -> Any:
            async with openai.AsyncOpenAI(
                base_url=f"{url}/v1", api_key="none", max_retries=0
            ) as client:
                agent = Agent(
                    name="desk",
                    instructions="Be kind.",
                    tools=[track, cancel],
                    model=model("any", client),
                    model_settings=ModelSettings(**settings),
                )
                quiet = RunConfig(tracing_disabled=True)
                return await Runner.run(agent, text, run_config=quiet)

        return asyncio.run(asking())


def says(content: dict[str, Any]) -> Any:
    """What the upstream answers: words, in the protocol that it is asked in."""
    if "messages" in content:
        return SAID["track"]
    part = {"type": "output_text", "text": SAID["track"], "annotations": []}
    message = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed"}
    answer = {
        "id": "resp_upstream",
        "object": "response",
        "created_at": 1,
        "status": "completed",
        "model": "big",
        "output": [message | {"content": [part]}],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
    }
    return JSONResponse(answer)


@pytest.mark.parametrize("model", [OpenAIChatCompletionsModel, OpenAIResponsesModel])
def test_the_policy_calls_and_the_upstream_speaks(desk: Desk, model: Any) -> None:
    desk.upstream.script = says
    before, loop = len(desk.upstream.got), Loop()
    result = loop.ask(desk.fronted, model)
    assert loop.made == [("track", 777)]
    assert result.final_output == SAID["track"]
    (got,) = desk.upstream.got[before:]  # the first turn never went there, and all of it did now
    assert ASKED in got.body.decode()
    assert "777" in got.body.decode()
    assert '"previous_response_id":"' not in got.body.decode()


@pytest.mark.parametrize("model", [OpenAIChatCompletionsModel, OpenAIResponsesModel])
@pytest.mark.parametrize("text", [ASKED, "sing me a song"])
def test_without_an_upstream_a_loop_never_ends_in_an_empty_answer(
    desk: Desk, model: Any, text: str
) -> None:
    loop = Loop()
    with pytest.raises(ModelRefusalError, match="another model"):
        loop.ask(desk.alone, model, text)
    assert loop.made == ([("track", 777)] if text == ASKED else [])


@pytest.mark.parametrize("model", [OpenAIChatCompletionsModel, OpenAIResponsesModel])
def test_where_a_call_is_required_it_is_made_or_the_loop_breaks(desk: Desk, model: Any) -> None:
    loop = Loop()
    with pytest.raises(openai.BadRequestError, match="a call is required"):
        loop.ask(desk.alone, model, "sing me a song", tool_choice="required")
    assert loop.made == []


def test_a_conversation_that_the_policy_began_goes_upstream_whole(desk: Desk) -> None:
    desk.upstream.script = says
    tool: Any = {
        "type": "function",
        "name": "track",
        "parameters": {"type": "object", "properties": {"parcel": {"type": "integer"}}},
    }
    with openai.OpenAI(base_url=f"{desk.fronted}/v1", api_key="none", max_retries=0) as client:
        first = client.responses.create(model="any", input=ASKED, tools=[tool])
        (call,) = first.output
        result: Any = {"type": "function_call_output", "call_id": call.call_id, "output": "sent"}
        second = client.responses.create(
            model="any", input=[result], tools=[tool], previous_response_id=first.id
        )
    assert second.output_text == SAID["track"]
    sent = desk.upstream.got[-1].content
    assert [item.get("type", item.get("role")) for item in sent["input"]] == [
        "user",
        "function_call",
        "function_call_output",
    ]
    assert sent["previous_response_id"] is None


def test_anthropics_own_loop_ends_in_a_refusal(desk: Desk) -> None:
    made: list[int] = []

    @beta_tool
    def track(parcel: int) -> str:
        """Where a parcel is."""
        made.append(parcel)
        return "sent"

    with anthropic.Anthropic(base_url=desk.alone, api_key="none", max_retries=0) as client:
        runner = client.beta.messages.tool_runner(
            model="any",
            max_tokens=99,
            tools=[track],
            messages=[{"role": "user", "content": ASKED}],
        )
        last = runner.until_done()
    assert made == [777]
    assert last.stop_reason == "refusal"
    assert last.content[0].text
