from __future__ import annotations

import pytest

from cueline.server.middleware.headers import hostname
from tests.server.test_app import problem, serving


@pytest.mark.parametrize("port", [b"", b":8000"])
@pytest.mark.parametrize("host", [b"localhost", b"127.0.0.1", b"[::1]", b"[fe80::1]", b"a.example"])
def test_a_port_is_no_part_of_a_host(host: bytes, port: bytes) -> None:
    assert hostname(host + port) == hostname(host.upper() + port) == host


def test_without_keys_only_this_machine_is_answered() -> None:
    with serving() as client:
        for host in ("evil.example", "127.0.0.1.evil.example", "[::1].evil", "evil:80", "", "["):
            problem(client.get("/healthz", headers={"host": host}), 421)
        for host in ("localhost:8000", "LOCALHOST", "127.0.0.1", "[::1]:8000", "[::1]"):
            assert client.get("/healthz", headers={"host": host}).status_code == 200
