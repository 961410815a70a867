"""`cueline serve`, `replay`, `collect` and `key`: one store, from the command line alone."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from cueline.cli import demo
from cueline.cli.demo import free_port
from cueline.corpus import read_all
from cueline.server.domain.policies import Policies
from cueline.server.domain.sessions import Sessions
from cueline.server.events import Corrected
from cueline.server.http_server import address
from cueline.server.keys import Keys
from cueline.server.schemas import StepRequest
from cueline.server.stores.open import open_store
from tests.cli.commands import run
from tests.server.acting import policy
from tests.server.serving import Served


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    policy().save(tmp_path / "policy")
    return tmp_path / "policy"


@pytest.fixture
def store(tmp_path: Path) -> str:
    """A store with two dialogues of two turns, one of them corrected."""
    url = f"sqlite:{tmp_path / 'dialogues.db'}"

    async def live() -> None:
        sessions = Sessions(await open_store(url), Policies(policy()))
        for _ in range(2):
            dialogue = await sessions.open()
            for text in ("find me a table", "yes"):
                await sessions.step(dialogue, StepRequest(user=text))
        await sessions.correct(dialogue, Corrected(0.0, 1, ("book",)))
        await sessions.store.close()

    asyncio.run(live())
    return url


def post(url: str, content: object) -> dict[str, object]:
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps(content).encode(), headers)
    return json.loads(urllib.request.urlopen(request, timeout=20).read())


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_service_is_found_where_it_was_asked_for_and_ends_when_asked(
    saved: Path, tmp_path: Path, how: signal.Signals
) -> None:
    store = f"sqlite:{tmp_path / 'served.db'}"
    with Served(saved, tmp_path / "log", store=store, log_text=True) as server:
        dialogue = post(f"{server.url}/v1/dialogues", {})["id"]
        post(f"{server.url}/v1/dialogues/{dialogue}/turns", {"user": "find me a table"})
        server.stop(how)
    log = (tmp_path / "log").read_text()  # a request is logged after its answer is sent
    assert "find me a table" in log
    assert "Traceback" not in log
    assert run("replay", saved, "--store", store) == 0


@pytest.mark.parametrize(
    "host, named", [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "localhost"), ("::1", "[::1]")]
)
def test_where_to_look_is_an_address_that_a_browser_takes(host: str, named: str) -> None:
    assert address(host, 8000) == f"http://{named}:8000/"


def test_a_service_says_where_to_look_once_it_answers(saved: Path) -> None:
    command = [sys.executable, "-m", "cueline", "serve", str(saved)]
    command += ["--store", "memory:", "--port", "0"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as served:
        assert served.stdout is not None
        said = served.stdout.readline()
        try:
            url = re.fullmatch(r"look at it: (http://\S+/) .*\n", said)
            assert url is not None
            assert b"<html" in urllib.request.urlopen(url[1], timeout=10).read()
        finally:
            served.send_signal(signal.SIGTERM)


def test_a_port_that_is_no_port_to_listen_at_is_one_line(
    saved: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert run("serve", saved, "--store", "memory:", "--port", port) == 2
    assert f"--port {port}" in (said := capsys.readouterr().err)
    assert "end what listens there, or choose another port" in said
    for options in (["--port", 99_999], ["--host", "::1::", "--keys", saved / "policy.json"]):
        assert run("serve", saved, "--store", "memory:", *options) == 2
    assert [*map(bool, capsys.readouterr().err.splitlines())] == [True, True]


def test_the_demo_takes_a_free_port_but_no_other_than_was_asked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert free_port(None) > 0
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(demo, "PORT", port)
            assert free_port(None) not in (0, port)
        assert run("demo", "--port", port) == 2
    assert "choose another port" in capsys.readouterr().err
    assert free_port(port) == port


def test_the_store_may_be_named_by_the_environment(
    saved: Path, store: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CUELINE_STORE", store)
    assert run("replay", saved) == 0
    assert capsys.readouterr().out == "4 decisions of 2 dialogues recomputed\n"


def test_replay_says_what_it_could_not_recompute(
    store: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("replay", "--store", store) == 1
    assert capsys.readouterr().out.splitlines() == [
        "0 decisions of 2 dialogues recomputed",
        f"not recomputed: 4 decisions by policy {policy().hash}, which was not given",
    ]


def test_replay_says_what_differs_and_what_is_gone(
    saved: Path, store: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, heads, file = tmp_path / "c.jsonl", tmp_path / "heads.json", store.partition(":")[2]
    assert run("collect", out, "--store", store, "--heads", heads) == 0
    first, second = (dialogue.id for dialogue in read_all(out))
    with sqlite3.connect(file) as database:
        changed = "UPDATE event SET event = replace(event, 'table', 'chair') WHERE dialogue = ?"
        assert database.execute(changed, (first,)).rowcount
        for table, column in (("event", "dialogue"), ("dialogue", "id")):
            database.execute(f"DELETE FROM {table} WHERE {column} = ?", (second,))
    capsys.readouterr()
    assert run("replay", saved, "--store", store, "--heads", heads) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].startswith("differs: ") and first in lines[1] and "hash" in lines[1]
    assert lines[-1] == f"1 dialogues of {heads} are gone: erased, or expired"


def test_what_is_collected_is_a_corpus_to_train_on(
    store: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "corpus.jsonl"
    for options, count in (((), 2), (("--corrected",), 1)):
        assert run("collect", out, "--store", store, *options) == 0
        assert capsys.readouterr().out == f"{out}: {count} dialogues\n"
        assert len(read_all(out)) == count
    assert read_all(out)[0].turns[1].actions == ("book",)
    assert run("collect", tmp_path / "corpus.csv", "--store", store) == 2
    assert "name the corpus to write, OUT.jsonl" in capsys.readouterr().err


def test_a_key_is_printed_once_and_opens_what_it_may(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "keys.json"
    assert run("key", file, "shop") == 0
    shop = capsys.readouterr().out
    assert run("key", file, "office", "--scopes", "read", "admin") == 0
    office = capsys.readouterr().out
    keys = Keys.read(file)
    assert keys.caller(shop.strip()).scopes == ["act", "read"]
    assert keys.caller(office.strip()).scopes == ["read", "admin"]
    assert run("key", file, "third", "--scopes", "reed") == 2
    assert len(json.loads(file.read_text())) == 2


@pytest.mark.parametrize(
    "command", [["serve", "p"], ["replay", "p"], ["collect", "o.jsonl"], ["key", "k.json", "bob"]]
)
def test_without_the_extra_every_command_says_how_to_get_it(
    command: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "starlette", None)
    assert run(*command) == 2
    assert capsys.readouterr().err.endswith("pip install 'cueline[serve]'\n")
