"""A real server in a process of its own, and a client that is lean enough to press it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.server.servers import free_port


class Served:
    """`cueline serve` in a process that can be killed and started again on the same store."""

    def __init__(
        self,
        policy: Path,
        log: Path,
        *,
        module: str = "cueline",
        environment: Mapping[str, str] | None = None,
        **options: object,
    ) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._log, self._module, self._environment = log, module, environment or {}
        self._arguments = ["serve", policy, *_flags({"port": self.port, **options})]
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, wait: bool = True) -> None:
        command = [sys.executable, "-m", self._module, *map(str, self._arguments)]
        threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        with self._log.open("ab") as log:
            environment = os.environ | threads | self._environment
            self.process = subprocess.Popen(command, stderr=log, env=environment)
        while wait and not self.answers():
            if self.process.poll() is not None:
                raise RuntimeError(self._log.read_text()[-2000:])
            time.sleep(0.02)

    def answers(self) -> bool:
        try:
            return urllib.request.urlopen(f"{self.url}/healthz", timeout=5).status == 200
        except OSError:
            return False

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        assert self.process is not None
        self.process.send_signal(how)
        self.process.wait(30)

    def __enter__(self) -> Served:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process is not None and self.process.poll() is None:
            self.stop()


def _flags(options: dict[str, Any]) -> Iterator[object]:
    """Named options as the command line takes them."""
    for name, value in options.items():
        yield f"--{name.replace('_', '-')}"
        if isinstance(value, list):
            yield from value
        elif value is not True:
            yield value


class Lean:
    """One kept-alive HTTP connection; raises `OSError` when it breaks."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def request(
        self, method: str, path: str, content: Any = None, **headers: str
    ) -> tuple[int, Any]:
        body = b"" if content is None else json.dumps(content).encode()
        return await self.send(method, path, body, **headers)

    async def send(self, method: str, path: str, body: bytes, **headers: str) -> tuple[int, Any]:
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}"]
        lines += ["Content-Type: application/json"] if body else []
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        try:
            writer.write("\r\n".join([*lines, "", ""]).encode() + body)
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            length = int(head.partition("content-length:")[2].split("\r\n", 1)[0] or 0)
            content = await reader.readexactly(length)
        except (OSError, EOFError) as error:
            self.close()
            raise ConnectionError(str(error)) from None
        return int(head.split(" ", 2)[1]), json.loads(content) if content else None

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
        self._streams = None
