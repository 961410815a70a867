"""A fresh machine: an environment with nothing in it, in which the blocks of a page are run."""

from __future__ import annotations

import os
import queue
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Thread

from tests.server.servers import free_port

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```$', re.DOTALL | re.MULTILINE)
EXPORT = re.compile(r"^export (\w+)=(\S+)$", re.MULTILINE)
SERVES = re.compile(r"^((?:cueline (?:serve|demo)|python model\.py)\b.*\n)", re.MULTILINE)
PORTS = re.compile(r"""(?<![.\d])(127\.0\.0\.1(?::|", )|--port )(\d+)""")
"""Where a page says a port of this machine: another program may have it."""
LISTENS = "http://127.0.0.1"
"""What a command that goes on prints once it can be used."""
PATIENCE = 600
"""Seconds after which a command hangs."""


@dataclass(frozen=True)
class Block:
    """A block of a page: commands, a script, or a file of that title."""

    language: str
    title: str
    code: str


def blocks(page: Path) -> list[Block]:
    """Those that are run or written, in order."""
    found = [Block(*parts) for parts in BLOCK.findall(page.read_text("utf-8"))]
    return [block for block in found if block.language in ("sh", "python") or block.title]


class Machine:
    """A folder to work in, and an environment of its own, made by `python -m venv` and pip.

    `pip install cueline` gives the wheel of this checkout, and the versions of `constraints.txt`;
    where pip gets packages from is as it is set up for everyone.
    """

    def __init__(self, folder: Path, wheel: Path) -> None:
        self.folder = folder / "work"
        self.folder.mkdir()
        self.bin = folder / "environment" / "bin"
        subprocess.run([sys.executable, "-m", "venv", self.bin.parent], check=True)
        ours = folder / "ours.txt"
        version = wheel.name.split("-")[1]
        ours.write_text(f"--find-links {wheel.parent}\ncueline=={version}\n")
        foreign = ("PYTHON", "VIRTUAL_ENV", "KERAS", "CUELINE", "COV", "PYTEST")
        kept = {name: one for name, one in os.environ.items() if not name.startswith(foreign)}
        self.environment = kept | {
            "PATH": f"{self.bin}{os.pathsep}{os.environ['PATH']}",
            "PIP_CONSTRAINT": f"{ROOT / 'constraints.txt'} {ours}",
            "CUELINE_CACHE": str(folder / "cache"),
            "OMP_NUM_THREADS": "1",
            "BROWSER": "true",
        }
        self._ports: dict[str, int] = {}
        self._running: list[subprocess.Popen[str]] = []

    def follow(self, page: Path) -> str:
        """Do what the page says, block by block; what was printed. A command that fails raises.

        What goes on ends with the page.
        """
        try:
            return "\n".join(self.do(block) for block in blocks(page))
        finally:
            self.close()

    def do(self, block: Block) -> str:
        """Write a file, run a script, or run commands; a service goes on until the end.

        Each port that the block names stands for one that is free here.
        """
        block = replace(block, code=PORTS.sub(self._at_a_free_port, block.code))
        if block.title:
            (self.folder / block.title).write_text(block.code, "utf-8")
            return ""
        if block.language == "python":
            return self.run("python", "-c", block.code)
        self.environment |= dict(EXPORT.findall(block.code))
        parts = SERVES.split(block.code)
        return "".join(
            self.serve(part)
            if SERVES.match(part)
            else self.run("bash", "-euo", "pipefail", "-c", part)
            for part in parts
            if part.strip()
        )

    def _at_a_free_port(self, named: re.Match[str]) -> str:
        """The same words with a port that nobody has, the same for the same one."""
        return f"{named[1]}{self._ports.setdefault(named[2], free_port())}"

    def run(self, *command: str) -> str:
        """What a command prints on stdout."""
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        assert done.returncode == 0, f"{command[-1]}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def serve(self, command: str) -> str:
        """Start what goes on, and wait until it says where; what it printed so far."""
        process = subprocess.Popen(
            ["bash", "-c", f"exec {command}"],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._running.append(process)
        said = ""
        for line in _lines(process):
            said += line
            if LISTENS in line:
                return said
        raise AssertionError(f"{command}: ended or hung before it said where it listens\n{said}")

    def close(self) -> None:
        """End what goes on; Ctrl-C would not reach what a shell has started in the background."""
        while self._running:
            process = self._running.pop()
            process.send_signal(signal.SIGTERM)
            process.wait(60)
            if process.stdout is not None:
                process.stdout.close()


def _lines(process: subprocess.Popen[str]) -> Iterator[str]:
    """What a process prints, until it ends or `PATIENCE` is over; a thread reads on for ever."""
    lines: queue.Queue[str | None] = queue.Queue()

    def read() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            lines.put(line)
        lines.put(None)

    Thread(target=read, daemon=True).start()
    until = time.monotonic() + PATIENCE
    while (line := lines.get(timeout=max(until - time.monotonic(), 1))) is not None:
        yield line
