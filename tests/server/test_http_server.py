"""Bytes on a socket: what comes before a body is bounded, whoever sends it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cueline.server.app import application
from cueline.server.domain.policies import Policies
from cueline.server.domain.sessions import Sessions
from cueline.server.http_server import HttpServer
from cueline.server.limits import Limits
from cueline.server.service import Service
from cueline.server.stores.memory import MemoryStore
from tests.server.acting import policy
from tests.server.conftest import run
from tests.server.servers import free_port

GOOD = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
HUNG_UP = 0
"""No answer could be read: more was still being sent when the connection was closed."""
Talk = Callable[[bytes], Awaitable[bytes]]


def with_server(limits: Limits, check: Callable[[Talk], Awaitable[None]]) -> None:
    async def work() -> None:
        service = Service(Sessions(MemoryStore(), Policies(policy()), limits))
        port = free_port()
        server = HttpServer(application(service), service, "127.0.0.1", port)
        serving = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)

        async def talk(data: bytes) -> bytes:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(data)
            try:
                return await asyncio.wait_for(reader.read(), 20)
            except ConnectionError:
                return b"HTTP/1.1 000 \r\n\r\n{}"
            finally:
                writer.close()

        try:
            await check(talk)
        finally:
            server.should_exit = True
            await serving

    run(work())


def told(answer: bytes) -> int:
    head, _, body = answer.partition(b"\r\n\r\n")
    status = int(head.split(b" ")[1])
    if status >= 400:
        assert b"content-type: application/problem+json" in head
        assert json.loads(body)["status"] == status
    return status


@pytest.mark.parametrize("part", [b"GET /%s HTTP/1.1\r\n", b"GET / HTTP/1.1\r\nA: %s"])
def test_headers_without_end_are_not_kept(part: bytes) -> None:
    async def check(talk: Talk) -> None:
        assert told(await talk(part % (b"x" * 20_000))) == 431
        assert told(await talk(part % (b"x" * 2_000_000))) in (431, HUNG_UP)
        assert told(await talk(GOOD)) == 200

    with_server(Limits(), check)


def test_whoever_sends_half_a_request_is_hung_up_on_and_others_are_answered() -> None:
    limits = Limits(headers_seconds=0.3, body_seconds=0.3)

    async def check(talk: Talk) -> None:
        head = b"POST /v1/dialogues HTTP/1.1\r\nHost: localhost\r\n"
        halves = [head, b"", head + b"Content-Type: application/json\r\nContent-Length: 9\r\n\r\n{"]
        waiting = [asyncio.create_task(talk(half)) for half in halves * 100]
        assert told(await talk(GOOD)) == 200
        assert {told(await each) for each in waiting} == {408}

    with_server(limits, check)


def test_connections_are_bounded() -> None:
    async def check(talk: Talk) -> None:
        waiting = [asyncio.create_task(talk(b"GET / HTTP/1.1\r\n")) for _ in range(20)]
        statuses = sorted([told(await each) for each in waiting])
        assert statuses == [408] * 5 + [503] * 15
        assert told(await talk(GOOD)) == 200

    with_server(Limits(connections=5, headers_seconds=0.5), check)


def test_whatever_the_bytes_are_the_answer_is_one() -> None:
    async def check(talk: Talk) -> None:
        loop = asyncio.get_running_loop()

        @settings(max_examples=60)
        @given(st.binary(min_size=1, max_size=60))
        def one(data: bytes) -> None:
            sent = talk(data + b"\r\n\r\n")
            assert told(asyncio.run_coroutine_threadsafe(sent, loop).result()) in (
                HUNG_UP,
                400,
                404,
                405,
                408,
                421,
            )

        await asyncio.to_thread(one)

    with_server(Limits(headers_seconds=0.2), check)
