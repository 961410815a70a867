"""PostgreSQL and Redis from Debian's packages, each in a folder and on a port of its own."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """A server process that can be killed and started again on what it has on disk."""

    url: str

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.environment: dict[str, str] = {}
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            command = self.command()
            self.process = subprocess.Popen(
                command,
                stdout=log,
                stderr=log,
                env=os.environ | self.environment,
                **self.account(),
            )
        for _ in range(300):
            if self.answers():
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise RuntimeError((self.folder / "log").read_text()[-2000:])

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(30)
            self.process = None

    def processes(self) -> list[int]:
        """The server's own, and those that it started."""
        assert self.process is not None
        main = self.process.pid
        try:
            children = Path(f"/proc/{main}/task/{main}/children").read_text()
        except OSError:  # it has ended
            return []
        return [main, *map(int, children.split())]

    def send(self, how: signal.Signals) -> None:
        """A signal to all its processes."""
        for process in self.processes():
            with suppress(ProcessLookupError):
                os.kill(process, how)

    def kill(self) -> None:
        """SIGKILL for all its processes; return once they are gone."""
        processes = self.processes()
        self.send(signal.SIGKILL)
        assert self.process is not None
        self.process.wait(30)
        self.process = None
        while any(map(_alive, processes)):
            time.sleep(0.01)

    def keep(self) -> None:
        """Start it again where it has ended, or does so yet; return once it goes on answering."""
        good = 0
        while good < 6:
            if self.process is None or self.process.poll() is not None:
                self.start()
                good = 0
            good = good + 1 if self.answers() else 0
            time.sleep(0.05)

    def at(self, port: int) -> str:
        """The URL of the server behind a proxy at `port`."""
        return self.url.replace(f":{self.port}/", f":{port}/")

    def command(self) -> list[str]:
        raise NotImplementedError

    def answers(self) -> bool:
        raise NotImplementedError

    def account(self) -> dict[str, str]:
        return {}


class Postgres(Server):
    @staticmethod
    def binaries() -> Path | None:
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
        return found[-1].parent if found else None

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        binaries = self.binaries()
        assert binaries is not None
        self.binary = binaries / "postgres"
        self.url = f"postgresql://postgres@127.0.0.1:{self.port}/postgres"
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres", "postgres")
        initdb = [binaries / "initdb", "-D", folder / "data", "-U", "postgres", "-A", "trust"]
        subprocess.run(
            [*map(str, initdb), "-E", "UTF8", "--locale=C.UTF-8"],
            check=True,
            capture_output=True,
            cwd=folder,
            **self.account(),
        )

    def command(self) -> list[str]:
        settings = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "max_connections": 50,
        }
        options = [part for item in settings.items() for part in ("-c", "{}={}".format(*item))]
        return [str(self.binary), "-D", str(self.folder / "data"), *options]

    def answers(self) -> bool:
        ready = [str(self.binary.parent / "pg_isready"), "-q", "-h", "127.0.0.1"]
        return subprocess.run([*ready, "-p", str(self.port)], check=False).returncode == 0

    def account(self) -> dict[str, str]:
        if os.geteuid() != 0:
            return {}
        return {"user": "postgres", "group": "postgres"}


class Redis(Server):
    @staticmethod
    def binary() -> str | None:
        return shutil.which("redis-server")

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.url = f"redis://127.0.0.1:{self.port}/0"

    def command(self) -> list[str]:
        binary = self.binary()
        assert binary is not None
        settings = {
            "port": self.port,
            "bind": "127.0.0.1",
            "dir": self.folder,
            "appendonly": "yes",
            "appendfsync": "always",
            "maxmemory-policy": "noeviction",
            "save": "",
        }
        options = [part for key, value in settings.items() for part in (f"--{key}", str(value))]
        return [binary, *options]

    def answers(self) -> bool:
        with socket.socket() as probe:
            try:
                probe.connect(("127.0.0.1", self.port))
                probe.sendall(b"PING\r\n")
                return probe.recv(7) == b"+PONG\r\n"
            except OSError:
                return False


def _alive(process: int) -> bool:
    try:
        status = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def folder(place: str = "/tmp") -> Path:
    """A new folder that another account may go through."""
    made = Path(tempfile.mkdtemp(prefix="cueline-server-", dir=place))
    made.chmod(0o755)
    return made
