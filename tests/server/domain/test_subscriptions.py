"""Who watches a dialogue sees each of its events once and in order, whoever wrote them."""

from __future__ import annotations

import json
import threading
import urllib.request
from collections.abc import Iterator

import pytest

from tests.server.acting import policy
from tests.server.serving import Served


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, Served]]:
    """Two on one store."""
    where = tmp_path_factory.mktemp("watching")
    policy().save(where / "policy")
    store = f"sqlite:{where / 'dialogues.db'}"
    with (
        Served(where / "policy", where / "log", store=store) as first,
        Served(where / "policy", where / "log", store=store) as second,
    ):
        yield first, second


def call(server: Served, method: str, path: str, content: object = None) -> dict | None:
    data = None if content is None else json.dumps(content).encode()
    request = urllib.request.Request(
        server.url + path, data, {"Content-Type": "application/json"}, method=method
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        body = answer.read()
    return json.loads(body) if body else None


def watched(server: Served, dialogue: str, last: str = "") -> Iterator[tuple[int, dict]]:
    request = urllib.request.Request(f"{server.url}/v1/dialogues/{dialogue}/events")
    if last:
        request.add_header("Last-Event-ID", last)
    with urllib.request.urlopen(request, timeout=20) as stream:
        number = -1
        for line in stream:
            if line.startswith(b"id: "):
                number = int(line[4:])
            elif line.startswith(b"data: "):
                yield number, json.loads(line[6:])


def test_events_come_as_they_are_stored_by_either_process(servers: tuple[Served, Served]) -> None:
    first, second = servers
    dialogue = call(first, "POST", "/v1/dialogues")["id"]
    path = f"/v1/dialogues/{dialogue}"
    call(first, "POST", f"{path}/turns", {"user": "find me a table"})
    stream = watched(first, dialogue)
    assert [next(stream)[1]["type"] for _ in range(2)] == ["opened", "turn"]
    for server in (first, second, first):
        call(server, "POST", f"{path}/turns", {"user": "yes"})
    call(second, "POST", f"{path}/turns/1/correction", {"actions": ["book"]})
    seen = [next(stream) for _ in range(4)]
    assert [number for number, _ in seen] == [2, 3, 4, 5]
    assert [event["type"] for _, event in seen] == ["turn", "turn", "turn", "correction"]
    resumed = watched(second, dialogue, last="3")
    assert next(resumed)[0] == 4
    ended = threading.Event()
    waiting = threading.Thread(target=lambda: (list(stream), ended.set()))
    waiting.start()
    call(first, "DELETE", path)
    assert ended.wait(20)
    assert len(list(resumed)) == 1  # and then it ends, in the other process too


def test_a_server_with_watchers_stops_when_told_to(servers: tuple[Served, Served]) -> None:
    server = servers[1]
    dialogue = call(server, "POST", "/v1/dialogues")["id"]
    stream = watched(server, dialogue)
    next(stream)
    server.stop()
    assert server.process is not None
    assert server.process.returncode in (0, -15)
    assert list(stream) == []
