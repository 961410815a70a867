"""Bytes on a socket: what comes before a body is bounded, whoever sends it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cueline.server.app import application
from cueline.server.domain.policies import Policies
from cueline.server.domain.sessions import Sessions
from cueline.server.http_server import HttpServer, bind
from cueline.server.limits import Limits
from cueline.server.service import Service
from cueline.server.stores.memory import MemoryStore
from tests.server.acting import policy
from tests.server.conftest import run

GOOD = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
HUNG_UP = 0
"""No answer could be read: more was still being sent when the connection was closed."""
Talk = Callable[[bytes], Awaitable[bytes]]


def with_server(
    limits: Limits,
    check: Callable[[Talk], Awaitable[None]] | None = None,
    at_port: Callable[[int], Awaitable[None]] | None = None,
) -> None:
    async def work() -> None:
        service = Service(Sessions(MemoryStore(), Policies(policy()), limits))
        bound = bind("127.0.0.1", 0)
        port = bound.getsockname()[1]
        server = HttpServer(application(service), service, bound)
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
            if check is not None:
                await check(talk)
            if at_port is not None:
                await at_port(port)
        finally:
            server.should_exit = True
            await serving

    run(work())


def status(answer: bytes) -> int:
    head, _, body = answer.partition(b"\r\n\r\n")
    code = int(head.split(b" ")[1])
    if code >= 400:
        assert b"content-type: application/problem+json" in head
        assert json.loads(body)["status"] == code
    return code


@pytest.mark.parametrize("part", [b"GET /%s HTTP/1.1\r\n", b"GET / HTTP/1.1\r\nA: %s"])
def test_headers_without_end_are_not_kept(part: bytes) -> None:
    async def check(talk: Talk) -> None:
        assert status(await talk(part % (b"x" * 20_000))) == 431
        assert status(await talk(part % (b"x" * 2_000_000))) in (431, HUNG_UP)
        assert status(await talk(GOOD)) == 200

    with_server(Limits(), check)


def test_what_is_sent_to_a_caller_does_not_wait_for_more() -> None:
    """`TCP_NODELAY`, which asyncio sets where the socket says that it is TCP."""

    async def work() -> int:
        asked: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        def answered(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            sock = writer.get_extra_info("socket")
            asked.set_result(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        with bind("127.0.0.1", 0) as bound:
            async with await asyncio.start_server(answered, sock=bound):
                await asyncio.open_connection(*bound.getsockname())
                return await asked

    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        assert runner.run(work()) == 1


def test_whoever_sends_half_a_request_is_hung_up_on_and_others_are_answered() -> None:
    limits = Limits(headers_seconds=1.0, body_seconds=1.0)

    async def check(talk: Talk) -> None:
        head = b"POST /v1/dialogues HTTP/1.1\r\nHost: localhost\r\n"
        halves = [head, b"", head + b"Content-Type: application/json\r\nContent-Length: 9\r\n\r\n{"]
        waiting = [asyncio.create_task(talk(half)) for half in halves * 100]
        assert status(await talk(GOOD)) == 200
        assert {status(await each) for each in waiting} == {408}

    with_server(limits, check)


POST = b"POST /v1/dialogues HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


def test_a_body_that_comes_by_drops_is_hung_up_on() -> None:
    async def check(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(POST + b"Content-Length: 1000\r\n\r\n")
        answer = asyncio.create_task(reader.read())
        while not answer.done():  # each drop is in time, all of them are not
            writer.write(b" ")
            await asyncio.sleep(0.02)
        with contextlib.suppress(ConnectionError):  # a drop after the end takes the answer away
            assert status(await answer) == 408
        writer.close()

    with_server(Limits(body_seconds=0.3), at_port=check)


def test_each_request_of_a_connection_has_the_whole_time() -> None:
    async def check(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        whole = POST + b"Content-Length: 2\r\n\r\n{}"
        for cut in (0, 10, len(POST) + 5, len(whole) - 1) * 2:
            writer.write(whole[:cut])
            await asyncio.sleep(0.2)
            writer.write(whole[cut:])
            head = await reader.readuntil(b"\r\n\r\n")
            assert status(head) == 201
            length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
            await reader.readexactly(length)
        writer.write(whole * 3 + whole[:-1])  # the last of four at once is late
        assert (await reader.read()).count(b"HTTP/1.1 201") == 3
        writer.close()

    with_server(Limits(headers_seconds=2, body_seconds=2), at_port=check)


def test_there_is_no_second_answer_to_a_request_that_was_refused_before_its_body() -> None:
    async def check(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(POST.replace(b"localhost", b"elsewhere") + b"Content-Length: 9\r\n\r\n{")
        assert (await reader.read()).count(b"HTTP/1.1") == 1
        writer.close()

    with_server(Limits(body_seconds=0.2), at_port=check)


def test_connections_are_bounded() -> None:
    async def check(talk: Talk) -> None:
        waiting = [asyncio.create_task(talk(b"GET / HTTP/1.1\r\n")) for _ in range(20)]
        statuses = sorted([status(await each) for each in waiting])
        assert statuses == [408] * 5 + [503] * 15
        assert status(await talk(GOOD)) == 200

    with_server(Limits(connections=5, headers_seconds=0.5), check)


def test_whatever_the_bytes_are_the_answer_is_one() -> None:
    async def check(talk: Talk) -> None:
        loop = asyncio.get_running_loop()

        @settings(max_examples=60)
        @given(st.binary(min_size=1, max_size=60))
        def one(data: bytes) -> None:
            sent = talk(data + b"\r\n\r\n")
            assert status(asyncio.run_coroutine_threadsafe(sent, loop).result()) in (
                HUNG_UP,
                400,
                404,
                405,
                408,
                421,
            )

        await asyncio.to_thread(one)

    with_server(Limits(headers_seconds=0.2), check)
