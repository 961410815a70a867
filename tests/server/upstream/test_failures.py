"""An upstream that fails, in every way that there is, and callers who hang up."""

from __future__ import annotations

import gzip
import json
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.responses import JSONResponse, PlainTextResponse

from tests.server.acting import policy
from tests.server.servers import free_port
from tests.server.serving import Served
from tests.server.upstream.raw import Raw, answer
from tests.server.upstream.scripted import Scripted
from tests.server.upstream.test_cascade import HELLO, TOOLS

SETTINGS = """
[limits]
agent_body = 20000
[upstream]
connect = 1.0
silence = 0.5
retries = 2
backoff = 0.02
patience = 1.0
failures = {failures}
rest = {rest}
body = 2000000
answer = 100000
"""
ASKED = {"model": "big", "messages": HELLO, "tools": TOOLS}
JSON = "Content-Type: application/json"
SSE = "Content-Type: text/event-stream"


def served(
    folder: Path, url: str, *, sure_from: float = 1.1, failures: int = 1000, rest: float = 60.0
) -> Served:
    policy(0, sure_from=sure_from).save(folder / "policy")
    config = folder / "serve.toml"
    config.write_text(SETTINGS.format(failures=failures, rest=rest))
    return Served(
        folder / "policy",
        folder / "log",
        store="memory:",
        upstream=url,
        config=config,
        record=True,
        environment={"CUELINE_UPSTREAM_KEY": "sk-upstream"},
    )


@pytest.fixture(scope="module")
def upstream() -> Iterator[Scripted]:
    with Scripted() as upstream:
        yield upstream


@pytest.fixture(scope="module")
def url(upstream: Scripted, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(tmp_path_factory.mktemp("failing"), upstream.url) as server:
        yield server.url


@pytest.fixture(scope="module")
def raw() -> Iterator[Raw]:
    with Raw() as raw:
        yield raw


@pytest.fixture(scope="module")
def raw_url(raw: Raw, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(tmp_path_factory.mktemp("raw"), raw.url) as server:
        yield server.url


def ask(url: str, **more: Any) -> httpx.Response:
    return httpx.post(f"{url}/v1/chat/completions", json=ASKED | more, timeout=20)


def is_problem(response: httpx.Response, status: int) -> bool:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["error"]["message"].startswith("the upstream")
    return int(response.headers["retry-after"]) >= 1


def until(what: Any) -> bool:
    return any(what() or time.sleep(0.02) for _ in range(500))


def test_what_was_refused_is_asked_again(upstream: Scripted, url: str) -> None:
    refusals = [JSONResponse({}, 503), JSONResponse({}, 429, {"retry-after": "1"})]
    upstream.script = lambda _: refusals.pop(0) if refusals else "At last."
    before = len(upstream.got)
    assert ask(url).json()["choices"][0]["message"]["content"] == "At last."
    assert len(upstream.got) == before + 3


def test_a_long_wait_is_the_callers(upstream: Scripted, url: str) -> None:
    upstream.script = lambda _: JSONResponse({"error": "busy"}, 429, {"retry-after": "30"})
    before = len(upstream.got)
    refused = ask(url)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "30")
    assert refused.json() == {"error": "busy"}
    assert len(upstream.got) == before + 1


@pytest.mark.parametrize("status", [400, 401, 404, 422, 500, 502])
def test_other_errors_are_handed_on_once(upstream: Scripted, url: str, status: int) -> None:
    upstream.script = lambda _: PlainTextResponse("no, because", status)
    before = len(upstream.got)
    refused = ask(url)
    assert (refused.status_code, refused.text) == (status, "no, because")
    assert refused.headers["cueline-answered-by"] == "upstream"
    assert len(upstream.got) == before + 1


@pytest.mark.parametrize("stream", [False, True])
def test_a_silent_upstream_is_given_up(upstream: Scripted, url: str, stream: bool) -> None:
    upstream.script, upstream.delay = lambda _: "late", 3.0
    try:
        assert is_problem(ask(url, stream=stream), 504)
    finally:
        upstream.delay = 0.0


def test_a_caller_who_hangs_up_ends_the_stream_upstream(upstream: Scripted, url: str) -> None:
    upstream.script, upstream.chunk_delay = lambda _: "word " * 200, 0.05
    before = len(upstream.gone)
    with httpx.stream(
        "POST", f"{url}/v1/chat/completions", json=ASKED | {"stream": True}
    ) as response:
        next(response.iter_bytes())
    assert until(lambda: len(upstream.gone) == before + 1)
    upstream.chunk_delay = 0.0


def test_a_stream_comes_as_it_is_made(upstream: Scripted, url: str) -> None:
    upstream.script, upstream.chunk_delay = lambda _: "one two three", 0.2
    with httpx.stream(
        "POST", f"{url}/v1/chat/completions", json=ASKED | {"stream": True}
    ) as response:
        parts = list(response.iter_raw())
    upstream.chunk_delay = 0.0
    assert len(parts) >= 5, "each when it was made, not all at the end"
    assert b"".join(parts).endswith(b"data: [DONE]\n\n")


CHUNKED = "Transfer-Encoding: chunked"
STREAM = b'data: {"choices": [{"index": 0, "delta": {"content": "a"}}]}\n\n'


@pytest.mark.parametrize(
    "sent",
    [
        answer(b'{"choices": [', JSON, length=500),
        b"",
        b"HTTP/1.1 200",
        b"SSH-2.0-OpenSSH\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        f"HTTP/1.1 200 OK\r\n{JSON}\r\n{CHUNKED}\r\n\r\nzz".encode(),
        answer(b"not gzip at all", JSON, "Content-Encoding: gzip"),
        answer(b"[" + b"1," * 100_000 + b"1]", JSON),
    ],
)
def test_what_is_no_answer_is_said_to_be_none(raw: Raw, raw_url: str, sent: bytes) -> None:
    raw.answer, before = sent, raw.requests
    assert is_problem(ask(raw_url), 502)
    assert raw.requests == before + 1, "it may have been answered, so it is not asked again"


@pytest.mark.parametrize(
    "sent",
    [
        answer(STREAM, SSE, length=5000),
        f"HTTP/1.1 200 OK\r\n{SSE}\r\n{CHUNKED}\r\n\r\n{len(STREAM):x}\r\n".encode() + STREAM,
    ],
)
def test_a_stream_that_breaks_off_does_not_look_whole(raw: Raw, raw_url: str, sent: bytes) -> None:
    raw.answer = sent
    got = b""
    with (
        pytest.raises(httpx.RemoteProtocolError),
        httpx.stream(
            "POST", f"{raw_url}/v1/chat/completions", json=ASKED | {"stream": True}
        ) as response,
    ):
        for part in response.iter_bytes():
            got += part
    assert got == STREAM


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"", [JSON]),
        (b"[]", [JSON]),
        (b"{}", [JSON]),
        (b"nonsense", [JSON]),
        (b'{"choices": [{"message": 3}]}', [JSON]),
        (b'{"choices": [{"message": {"tool_calls": "x"}, "finish_reason": "stop"}]}', [JSON]),
        (b'{"a": ' * 5_000, [JSON]),
        (b'{"choices": []} ', [JSON]),
        (b"\xff\xfe", [JSON]),
        (b"data: nonsense\n\ndata: [DONE]\n\n", [SSE]),
        (b"data: {}\r\n\r\n", [SSE]),
        (b"x" * 200_000, [SSE]),
        (b"<html>", ["Content-Type: text/html"]),
        (b"<html>", []),
        (gzip.compress(b'{"choices": []}', mtime=0), [JSON, "Content-Encoding: gzip"]),
    ],
)
def test_odd_answers_are_handed_on(raw: Raw, raw_url: str, body: bytes, headers: list[str]) -> None:
    raw.answer = answer(body, *headers)
    got = ask(raw_url)
    assert got.status_code == 200
    plain = gzip.decompress(body) if "Content-Encoding: gzip" in headers else body
    if plain.strip().startswith(b"{") and plain.strip().endswith(b"}"):
        found = got.json()
        assert found.pop("cueline")["answered_by"] == "upstream"
        assert found == json.loads(plain)
    else:
        assert got.content == plain
    assert "content-encoding" not in got.headers


def test_a_long_request_goes_upstream_unread_and_one_that_is_too_long_nowhere(
    upstream: Scripted, url: str
) -> None:
    upstream.script = lambda _: "A cat."
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 10**6}}
    got = ask(url, messages=[{"role": "user", "content": [picture]}])
    assert got.headers["cueline-because"] == "unread"
    assert len(upstream.got[-1].body) > 10**6
    assert ask(url, messages=[{"role": "user", "content": "A" * 2 * 10**6}]).status_code == 413


@pytest.mark.parametrize(
    "body",
    [b"not json", b'{"model": "a", "model": "b"}', b"[]", b'{"messages": 3}', b"[" * 9_000, b"3"],
)
def test_nonsense_is_for_the_upstream_to_refuse(upstream: Scripted, url: str, body: bytes) -> None:
    upstream.script = lambda _: JSONResponse({"error": "as I said"}, 400)
    headers = {"content-type": "application/json"}
    refused = httpx.post(f"{url}/v1/chat/completions", content=body, headers=headers)
    assert refused.status_code == 400
    assert upstream.got[-1].body == body


def test_neither_keys_nor_words_are_in_the_log(tmp_path: Path) -> None:
    with Scripted() as upstream, served(tmp_path, upstream.url) as server:
        headers = {"authorization": "Bearer sk-caller", "x-request-id": "a\tb"}
        asked = ASKED | {"messages": [{"role": "user", "content": "my PIN is 8471"}]}
        where = f"{server.url}/v1/chat/completions"
        assert httpx.post(where, json=asked, headers=headers).status_code == 200
        upstream.stop()
        assert is_problem(httpx.post(where, json=asked, headers=headers, timeout=20), 503)
    log = (tmp_path / "log").read_text()
    assert "the upstream failed" in log
    assert not any(secret in log for secret in ("sk-", "8471", "PIN", "Traceback"))


def test_it_is_left_alone_and_found_again(tmp_path: Path) -> None:
    upstream = Scripted()
    with served(tmp_path, upstream.url, failures=3, rest=1.0) as server:
        assert is_problem(ask(server.url), 503)
        stands = httpx.get(f"{server.url}/v1/cascade").json()
        assert stands["upstream"] == "away"
        assert httpx.get(f"{server.url}/readyz").json()["cascade"]["upstream"] == "away"
        with upstream:
            assert until(lambda: ask(server.url).status_code == 200)
            assert httpx.get(f"{server.url}/v1/cascade").json()["upstream"] == "there"
            listed = httpx.get(f"{server.url}/v1/models").json()
            assert [one["id"] for one in listed["data"]] == [stands["policy"], "big"]
        listed = httpx.get(f"{server.url}/v1/models", timeout=20).json()
        assert [one["id"] for one in listed["data"]] == [stands["policy"]]


def test_sure_turns_are_answered_while_it_is_away(tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}/v1"
    with served(tmp_path, url, sure_from=0.0) as server:
        got = ask(server.url)
        assert got.headers["cueline-because"] == "sure"
        assert got.json()["choices"][0]["message"]["tool_calls"]


def test_a_connection_that_is_dropped_at_once_hurts_nobody(url: str) -> None:
    host, port = url.removeprefix("http://").split(":")
    body = json.dumps(ASKED).encode()
    head = (
        f"POST /v1/chat/completions HTTP/1.1\r\nHost: {host}:{port}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    for _ in range(20):
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(head.encode() + body)
    with urllib.request.urlopen(f"{url}/healthz", timeout=20) as healthy:
        assert healthy.status == 200
