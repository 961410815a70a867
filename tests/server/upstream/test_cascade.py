"""Sure turns are answered here, all others by the upstream as it is: with OpenAI's own client."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import openai
import pytest

from tests.server.acting import ACTIONS, policy
from tests.server.serving import Served
from tests.server.upstream.scripted import Scripted

TOOLS: list[Any] = [
    {"type": "function", "function": {"name": name, "parameters": {"type": "object"}}}
    for name in ACTIONS
    if name != "respond"
]
HELLO: list[Any] = [{"role": "user", "content": "find me a table"}]


class Cascaded(NamedTuple):
    """A served policy, the upstream behind it, and a client of it."""

    upstream: Scripted
    client: openai.OpenAI
    url: str
    log: Path


def cascaded(folder: Path, sure_from: float, **options: Any) -> Iterator[Cascaded]:
    policy(0, sure_from=sure_from).save(folder / "policy")
    environment = {"CUELINE_UPSTREAM_KEY": "sk-upstream"}
    with (
        Scripted() as upstream,
        Served(
            folder / "policy",
            folder / "log",
            store="memory:",
            upstream=upstream.url,
            environment=environment,
            **options,
        ) as server,
        openai.OpenAI(base_url=f"{server.url}/v1", api_key="sk-caller", max_retries=0) as client,
    ):
        yield Cascaded(upstream, client, server.url, folder / "log")


@pytest.fixture(scope="module")
def sure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cascaded]:
    yield from cascaded(tmp_path_factory.mktemp("sure"), 0.0)


@pytest.fixture(scope="module")
def unsure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cascaded]:
    yield from cascaded(tmp_path_factory.mktemp("unsure"), 1.1)


def post(url: str, body: bytes) -> tuple[dict[str, str], bytes]:
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{url}/v1/chat/completions", body, headers)
    with urllib.request.urlopen(request, timeout=20) as answer:
        return {name.lower(): value for name, value in answer.headers.items()}, answer.read()


def test_a_sure_turn_is_answered_here(sure: Cascaded) -> None:
    before = len(sure.upstream.got)
    raw = sure.client.chat.completions.with_raw_response.create(
        model="any", messages=HELLO, tools=TOOLS
    )
    assert raw.headers["cueline-answered-by"] == "policy"
    assert raw.headers["cueline-because"] == "sure"
    assert raw.headers["cueline-policy"] == policy(0, sure_from=0.0).hash
    assert raw.parse().choices[0].finish_reason == "tool_calls"
    assert len(sure.upstream.got) == before


def test_an_unsure_turn_goes_upstream_as_it_came(unsure: Cascaded) -> None:
    unsure.upstream.script = lambda _: {"book": {"people": 2}}
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    content = [{"type": "text", "text": "find é \ud83c\udf7d"}, picture]
    asked = {
        "model": "big",
        "messages": [{"role": "user", "content": content}],
        "tools": TOOLS,
        "unknown_field": [1.50, {"a": None}],
    }
    body = json.dumps(asked, indent=3).encode()
    headers, answer = post(unsure.url, body)
    got = unsure.upstream.got[-1]
    assert got.body == body
    assert got.headers["authorization"] == "Bearer sk-upstream"
    assert headers["cueline-answered-by"] == "upstream"
    assert headers["x-request-id"] == "req_1"
    assert "set-cookie" not in headers
    found = json.loads(answer)
    assert found["x_unknown"] == {"kept": True}
    assert found["cueline"]["answered_by"] == "upstream"
    assert "actions" in found["cueline"]


def test_the_callers_secrets_do_not_go_upstream(unsure: Cascaded) -> None:
    unsure.client.chat.completions.create(
        model="big", messages=HELLO, extra_headers={"x-api-key": "sk-other", "cookie": "a=sk-crumb"}
    )
    got = unsure.upstream.got[-1]
    assert not any("sk-c" in value or "sk-o" in value for value in got.headers.values())


def test_a_stream_is_handed_on_chunk_by_chunk(unsure: Cascaded) -> None:
    unsure.upstream.script = lambda _: {"book": {"people": 2}, "offer": {}}
    with unsure.client.chat.completions.with_streaming_response.create(
        model="big", messages=HELLO, stream=True
    ) as raw:
        assert raw.headers["cueline-answered-by"] == "upstream"
    stream = unsure.client.chat.completions.create(model="big", messages=HELLO, stream=True)
    said = [call for chunk in stream for call in chunk.choices[0].delta.tool_calls or ()]
    names = [call.function.name for call in said if call.function and call.function.name]
    assert names == ["book", "offer"]


def test_errors_of_the_upstream_are_the_callers(unsure: Cascaded) -> None:
    from starlette.responses import JSONResponse

    error = {"error": {"message": "no such model", "type": "invalid_request_error"}}
    unsure.upstream.script = lambda _: JSONResponse(error, 404)
    with pytest.raises(openai.NotFoundError, match="no such model"):
        unsure.client.chat.completions.create(model="bad", messages=HELLO)


def test_what_cannot_be_read_here_goes_upstream(sure: Cascaded) -> None:
    sure.upstream.script = lambda _: "It is a cat."
    sound = [{"type": "a_new_kind", "x": 1}]
    raw = sure.client.chat.completions.with_raw_response.create(
        model="big", messages=[{"role": "user", "content": sound}]
    )
    assert raw.headers["cueline-because"] == "unread"
    assert raw.parse().choices[0].message.content == "It is a cat."
