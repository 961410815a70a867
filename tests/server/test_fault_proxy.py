"""What a line does that is broken: else nothing would be tested where nothing is found."""

from __future__ import annotations

import asyncio
import errno
import random
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.server.conftest import absent, run
from tests.server.faults.preload import Preload, compiled, compiler
from tests.server.faults.proxy import Proxy

Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Dial = Callable[[], Awaitable[Line]]


@asynccontextmanager
async def proxied() -> AsyncIterator[tuple[Proxy, list[bytes], Dial]]:
    """Before a server that sends every line back; the lines that it heard, and how to call it."""
    heard: list[bytes] = []
    writers: list[asyncio.StreamWriter] = []

    async def dial() -> Line:
        line = await asyncio.open_connection("127.0.0.1", proxy.port)
        writers.append(line[1])
        return line

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            heard.append(line)
            writer.write(line)
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    proxy = Proxy(server.sockets[0].getsockname()[1], random.Random(0))
    await proxy.start()
    yield proxy, heard, dial
    for writer in writers:
        writer.close()
    await proxy.stop()
    server.close()


async def said(line: Line, what: bytes) -> bytes:
    """What comes back within a moment."""
    line[1].write(what)
    try:
        async with asyncio.timeout(0.2):
            return await line[0].readline()
    except TimeoutError:
        return b"nothing"


def test_a_line_is_cut_and_refused() -> None:
    async def check() -> None:
        async with proxied() as (proxy, _, dial):
            line = await dial()
            assert await said(line, b"one\n") == b"one\n"
            proxy.closed = True
            proxy.cut()
            with pytest.raises(ConnectionError):
                assert await said(line, b"two\n")
                raise ConnectionError("or its end")
            with pytest.raises(ConnectionError):
                assert not await said(await dial(), b"three\n")
                raise ConnectionError("or its end")

    run(check())


def test_what_is_held_comes_later_even_from_who_has_left() -> None:
    async def check() -> None:
        async with proxied() as (proxy, heard, dial):
            line = await dial()
            assert await said(line, b"one\n") == b"one\n"
            proxy.hold("back")
            assert await said(line, b"two\n") == b"nothing"
            assert heard == [b"one\n", b"two\n"]
            proxy.hold("there")
            assert await said(line, b"three\n") == b"nothing"
            line[1].close()
            proxy.let_go()
            await asyncio.sleep(0.1)
            assert heard == [b"one\n", b"two\n", b"three\n"]

    run(check())


def test_a_half_open_line_says_nothing_more_and_a_new_one_does() -> None:
    async def check() -> None:
        async with proxied() as (proxy, heard, dial):
            line = await dial()
            assert await said(line, b"one\n") == b"one\n"
            proxy.deafen()
            assert await said(line, b"two\n") == b"nothing"
            assert await said(await dial(), b"three\n") == b"three\n"
            assert heard == [b"one\n", b"three\n"]

    run(check())


def test_late_answers_overtake_each_other_and_keep_their_order_on_a_line() -> None:
    async def check() -> None:
        async with proxied() as (proxy, _, dial):
            proxy.late["back"] = 0.1
            lines = [await dial() for _ in range(10)]
            came: list[int] = []

            async def ask(number: int) -> None:
                lines[number][1].write(b"one\ntwo\n")
                assert await lines[number][0].readline() == b"one\n"
                assert await lines[number][0].readline() == b"two\n"
                came.append(number)

            await asyncio.gather(*map(ask, range(10)))
            assert came != sorted(came)

    run(check())


_WRITE = """
import os, sys, time
file = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
os.pwrite(file, b"x" * 10, 0)
print("ready", flush=True)
for line in sys.stdin:
    told = [str(round(time.time()))]
    for place in (0, 5):
        try:
            told.append(str(os.pwrite(file, b"y" * 10, place)))
        except OSError as error:
            told.append(str(error.errno))
    print(*told, flush=True)
    os.ftruncate(file, 10)
"""


def test_a_clock_and_a_disk_are_as_they_are_told_to_be(tmp_path: Path) -> None:
    if compiler() is None:
        absent("no C compiler here")
    told = Preload(compiled(tmp_path), tmp_path / "told", tmp_path / "disk")
    (tmp_path / "disk").mkdir()
    process = subprocess.Popen(
        [sys.executable, "-c", _WRITE, tmp_path / "disk" / "file"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=told.environment,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdout.readline()

    def ask() -> tuple[float, list[int]]:
        """How far its clock is ahead in days; and what became of two writes, one with new bytes."""
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("\n")
        process.stdin.flush()
        shown, *outcomes = map(int, process.stdout.readline().split())
        return round((shown - time.time()) / 86_400), outcomes

    assert ask() == (0, [10, 10])
    told.clock(40 * 86_400.0)
    told.disk(errno.ENOSPC)
    assert ask() == (40, [10, errno.ENOSPC])
    told.clock(-400 * 86_400.0)
    told.disk(errno.EIO)
    assert ask() == (-400, [errno.EIO, errno.EIO])
    told.clock(0)
    told.disk(0)
    assert ask() == (0, [10, 10])
    process.stdin.close()
    process.wait(10)
    process.stdout.close()
