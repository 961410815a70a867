"""`serve` and `replay` as commands: what they refuse, and what they leave behind."""

from __future__ import annotations

import asyncio
import json
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from cueline.corpus.formats import jsonl
from cueline.errors import PolicyError, SettingsError
from cueline.server.command import ServeSettings, collect, key, replay, serve
from cueline.server.domain.policies import Policies
from cueline.server.domain.sessions import Sessions
from cueline.server.events import Corrected
from cueline.server.keys import Keys
from cueline.server.schemas import StepRequest
from cueline.server.service import Service
from cueline.server.stores.memory import MemoryStore
from cueline.server.stores.open import open_store
from tests.server.acting import policy
from tests.server.serving import Served


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    policy().save(tmp_path / "policy")
    return tmp_path / "policy"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.1", "example.org", ""])
def test_where_others_could_reach_it_it_wants_keys(saved: Path, host: str) -> None:
    with pytest.raises(SettingsError, match="--keys FILE"):
        serve(saved, host=host, store="memory:")


def test_what_is_not_there_is_named(saved: Path, tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="no such file"):
        serve(tmp_path / "nowhere", store="memory:")
    with pytest.raises(PolicyError, match="no such folder"):
        serve(saved, store="memory:", policies=tmp_path / "nowhere")
    with pytest.raises(SettingsError, match="no such file"):
        serve(saved, store="memory:", keys=tmp_path / "keys.json")
    with pytest.raises(SettingsError, match="no store"):
        serve(saved, store="paper:")
    settings = tmp_path / "serve.toml"
    settings.write_text("[limits]\ntruns = 3\n")
    with pytest.raises(SettingsError, match="truns"):
        ServeSettings.read(settings)
    settings.write_text("cached = 5\n[limits]\nturns = 3\n[gate]\nexact = 0.9\n")
    assert ServeSettings.read(settings).limits.turns == 3


def test_every_policy_is_loaded_for_the_risk_and_coverage_of_the_service(saved: Path) -> None:
    sessions = Sessions(MemoryStore(), Policies(policy()))
    decision_model = Service(sessions, risk=0.2, coverage=0.7).load(saved).decision_model
    assert (decision_model.risk, decision_model.coverage) == (0.2, 0.7)
    assert Service(sessions).load(saved).decision_model == policy().decision_model
    with pytest.raises(SettingsError, match="risk is a share"):
        serve(saved, store="memory:", risk=2)


def test_a_key_is_shown_once_and_kept_as_a_hash(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    secret, other = key(file, "shop", ["act"]), key(file, "office", ["read", "admin"])
    assert secret not in file.read_text()
    keys = Keys.read(file)
    assert keys.caller(secret).name == "shop"
    assert keys.caller(other).scopes == ["read", "admin"]
    assert keys.caller(secret[:-1]) is keys.caller("") is None
    with pytest.raises(SettingsError, match="'shop'"):
        key(file, "shop")
    file.write_text("[]")
    with pytest.raises(SettingsError, match="no key in it"):
        Keys.read(file)
    file.write_text('[{"name": "x"}]')
    with pytest.raises(SettingsError, match=r"\$\[0\]"):
        Keys.read(file)


def test_served_with_keys_then_replayed(saved: Path, tmp_path: Path) -> None:
    secret = key(tmp_path / "keys.json", "shop", ["act"])
    store = f"sqlite:{tmp_path / 'd.db'}"
    options = {"store": store, "keys": tmp_path / "keys.json", "host": "0.0.0.0"}
    with Served(saved, tmp_path / "log", **options) as server:

        def post(path: str, content: object, secret: str) -> dict:
            headers = {"Content-Type": "application/json", "Authorization": f"Bearer {secret}"}
            data = json.dumps(content).encode()
            request = urllib.request.Request(server.url + path, data, headers)
            return json.loads(urllib.request.urlopen(request, timeout=20).read())

        with pytest.raises(urllib.error.HTTPError, match="401"):
            post("/v1/dialogues", {}, "wrong")
        dialogue = post("/v1/dialogues", {}, secret)["id"]
        for text in ("a secret word", "yes"):
            post(f"/v1/dialogues/{dialogue}/turns", {"user": text}, secret)
    log = (tmp_path / "log").read_text()
    assert "secret word" not in log
    assert secret not in log
    lines = [json.loads(line) for line in log.splitlines()]
    assert [line["caller"] for line in lines if line.get("status") == 201] == ["shop"]
    report = replay([saved], store=store)
    assert (report.clean, report.decisions) == (True, 2)
    assert replay([], store=store).missing == {policy().hash: 2}


def test_corrections_are_collected_as_a_corpus(tmp_path: Path) -> None:
    url = f"sqlite:{tmp_path / 'd.db'}"

    async def live() -> list[str]:
        sessions = Sessions(await open_store(url), Policies(policy()))
        opened = [await sessions.open() for _ in range(3)]
        for dialogue in opened[:2]:
            await sessions.step(dialogue, StepRequest(user="find me a table"))
            await sessions.step(dialogue, StepRequest(user="yes", took=["book"]))
        await sessions.correct(opened[0], Corrected(0.0, 1, ("dance",)))
        await sessions.store.close()
        return opened

    dialogues = asyncio.run(live())
    out = tmp_path / "corpus.jsonl"
    assert collect(out, store=url) == 2
    assert {dialogue.id for dialogue in jsonl.read(out)} == set(dialogues[:2])
    assert collect(out, store=url, corrected=True) == 1
    (corrected,) = jsonl.read(out)
    assert corrected.id == dialogues[0]
    assert [turn.actions for turn in corrected.turns] == [("book",), ("dance",)]
    assert corrected.meta["corrected"] == [1]
