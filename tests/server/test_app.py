"""The service as callers see it: the paths, the answers, and what they are told when wrong."""

from __future__ import annotations

import itertools
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from cueline.corpus.formats import jsonl
from cueline.dialogue import Turn
from cueline.server.app import application
from cueline.server.domain.dialogue_view import shown_by
from cueline.server.domain.policies import Policies
from cueline.server.domain.promotion_gate import PromotionGate
from cueline.server.domain.retraining import Retraining
from cueline.server.domain.sessions import Sessions
from cueline.server.domain.state_replay import turns
from cueline.server.keys import Keys, new_key
from cueline.server.limits import Limits
from cueline.server.routes import page
from cueline.server.schemas import StepRequest
from cueline.server.service import Service
from cueline.server.stores.memory import MemoryStore
from cueline.settings import NetworkSettings
from tests.policies import random_policy
from tests.server.acting import ACTIONS, dialogues, policy
from tests.server.conftest import run

LOCAL = "http://127.0.0.1:8000"


def serving(limits: Limits | None = None, **parts: object) -> TestClient:
    sessions = Sessions(MemoryStore(), Policies(policy()), limits)
    return TestClient(application(Service(sessions, **parts)), LOCAL, raise_server_exceptions=False)


@pytest.fixture
def client() -> Iterator[TestClient]:
    with serving() as client:
        yield client


def opened(client: TestClient, **content: object) -> str:
    answer = client.post("/v1/dialogues", json=content)
    assert answer.status_code == 201
    return str(answer.json()["id"])


def problem(answer: object, status: int, *words: str) -> dict:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert told["status"] == status
    assert all(word in told["detail"] for word in words), told
    return told


def test_a_dialogue_is_opened_stepped_read_corrected_and_erased(client: TestClient) -> None:
    assert client.post("/v1/dialogues").status_code == 201
    path = f"/v1/dialogues/{opened(client)}"
    state, answers = policy().start(), []
    for number, text in enumerate(("find me a table", "for two", "yes")):
        answer = client.post(f"{path}/turns", json={"user": text, "turn": number})
        assert answer.status_code == 200
        decision, state = policy().act(Turn(user=text), state)
        answers.append(answer.json())
        expected = msgspec.to_builtins(decision) | {"turn": number, "policy": policy().hash}
        assert answers[-1] == json.loads(json.dumps(expected))
    corrected = client.post(f"{path}/turns/1/correction", json={"actions": ["book", "fly"]})
    assert corrected.json() == {"turn": 1, "actions": ["book", "fly"], "unknown": ["fly"]}
    problem(client.post(f"{path}/turns/3/correction", json={"actions": []}), 404)
    client.post(f"{path}/turns", json={"user": None, "took": ["close"]})
    read = client.get(path).json()
    assert [turn["user"] for turn in read["turns"]] == ["find me a table", "for two", "yes", None]
    assert [turn["decision"]["actions"] for turn in read["turns"][:3]] == [
        answer["actions"] for answer in answers
    ]
    assert read["turns"][1]["correction"] == ["book", "fly"]
    assert read["turns"][2]["took"] == ["close"]
    assert client.delete(path).status_code == 204
    for gone in (client.get(path), client.delete(path), client.post(f"{path}/turns", json=_HELLO)):
        problem(gone, 404, "no dialogue")


def test_an_idempotency_key_makes_a_retry_the_same_turn(client: TestClient) -> None:
    path = f"/v1/dialogues/{opened(client)}/turns"
    key = {"Idempotency-Key": "a b/c"}
    first = client.post(path, json=_HELLO, headers=key)
    client.post(path, json=_HELLO)
    assert client.post(path, json=_HELLO, headers=key).content == first.content
    problem(client.post(path, json={"user": "other"}, headers=key), 422, "Idempotency-Key")
    told = problem(client.post(path, json={"user": "x", "turn": 7}), 409, "turn 7 is not the next")
    assert told["next"] == 2


def test_many_dialogues_go_in_one_request_each_in_order(client: TestClient) -> None:
    ids = [opened(client) for _ in range(3)]
    batch = [{"dialogue": id, "user": text} for text in ("find", "two", "yes") for id in ids]
    batch.append({"dialogue": "nowhere", "user": "hello"})
    batch.append({"dialogue": ids[0], "user": "x", "turn": 9})
    *answers, nowhere, late = client.post("/v1/turns", json=batch).json()
    assert [answer["answer"]["turn"] for answer in answers] == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    assert (nowhere["problem"]["status"], late["problem"]["status"]) == (404, 409)
    alone = opened(client)
    for number, text in enumerate(("find", "two", "yes")):
        answer = client.post(f"/v1/dialogues/{alone}/turns", json={"user": text})
        assert answer.json() == answers[3 * number]["answer"]


def test_what_is_wrong_with_a_body_is_told_with_its_place(client: TestClient) -> None:
    path = f"/v1/dialogues/{opened(client)}/turns"
    as_json = {"content-type": "application/json"}
    problem(client.post(path, json={"user": 3}), 422, "`$.user`", "`int`")
    problem(client.post(path, json={"user": "x", "actions": ["book"]}), 422, "actions")
    problem(client.post(path, json={"user": "x", "features": {"a": None}}), 422, "$.features")
    problem(client.post(path, content=b"{", headers=as_json), 400, "not JSON")
    problem(client.post(path, content=b'{"user": "\xff"}', headers=as_json), 400)
    deep = b'{"user": "x", "features": ' + b"[" * 100_000
    problem(client.post(path, content=deep, headers=as_json), 422)
    problem(client.post(path, json={"user": "x", "took": ["book"]}), 409, "took")
    for user in ("a\nb", "a\n", "a/b", "..", "", "x" * 201, "é"):
        problem(client.post("/v1/dialogues", json={"user": user}), 422)
    problem(client.post(path, content=b"{}", headers={"content-type": "text/plain"}), 415)
    problem(client.get("/v1/dialogues/short"), 422)
    problem(client.get("/v1/nothing"), 404)
    problem(client.put(path), 405)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
bodies = st.binary() | st.builds(
    lambda value: json.dumps(value).encode(),
    values
    | st.fixed_dictionaries(
        {"user": values},
        optional={
            "features": st.dictionaries(st.text(), values, max_size=4),
            "available": values | st.lists(st.sampled_from(ACTIONS)),
            "turn": values,
            "took": values,
            "messages": values,
        },
    ),
)


def test_whatever_is_sent_nothing_breaks() -> None:
    with serving() as client:
        known = opened(client)

        @given(bodies, st.sampled_from([known, known, "x" * 16, "..", "%00", "é🙂"]))
        def check(body: bytes, dialogue: str) -> None:
            for path in (
                f"/v1/dialogues/{dialogue}/turns",
                f"/v1/dialogues/{dialogue}/turns/0/correction",
                "/v1/dialogues",
                "/v1/turns",
                "/v1/chat/completions",
                "/v1/responses",
                "/v1/messages",
            ):
                headers = {"content-type": "application/json"}
                answer = client.post(path, content=body, headers=headers)
                assert answer.status_code < 500, (path, body, answer.text)

        check()


def test_any_text_comes_back_as_it_was_said() -> None:
    with serving() as client:

        @given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
        def check(text: str) -> None:
            path = f"/v1/dialogues/{opened(client)}"
            assert client.post(f"{path}/turns", json={"user": text}).status_code == 200
            assert client.get(path).json()["turns"][0]["user"] == text

        check()


def test_a_users_dialogues_are_exported_as_a_corpus_and_erased(
    client: TestClient, tmp_path: Path
) -> None:
    user = "customer-42@shop.eu"
    mine = [opened(client, user=user) for _ in range(3)]
    other = opened(client, user="someone-else")
    for dialogue in (*mine, other):
        client.post(f"/v1/dialogues/{dialogue}/turns", json={"user": "find me a table"})
        client.post(f"/v1/dialogues/{dialogue}/turns", json={"user": "yes", "took": ["book"]})
    client.post(f"/v1/dialogues/{mine[1]}/turns/1/correction", json={"actions": ["offer"]})
    path = "/v1/users/customer-42@shop.eu"
    file = tmp_path / "export.jsonl"
    file.write_bytes(client.get(f"{path}/dialogues").content)
    corpus = {dialogue.id: dialogue for dialogue in jsonl.read(file)}
    assert set(corpus) == set(mine)
    assert corpus[mine[1]].turns[0].actions == ("book",)
    assert corpus[mine[1]].turns[1].actions == ("offer",)
    assert len(client.get("/v1/dialogues").text.splitlines()) == 4
    assert client.delete(path).json() == {"erased": 3}
    assert client.delete(path).json() == {"erased": 0}
    assert client.get(f"/v1/dialogues/{other}").status_code == 200


def test_policies_are_loaded_swapped_shadowed_and_rolled_back(tmp_path: Path) -> None:
    policy(1).save(tmp_path / "new")
    (tmp_path / "broken").mkdir()
    with serving(library=tmp_path) as client:
        old, new = policy(0).hash, policy(1).hash
        path = f"/v1/dialogues/{opened(client)}/turns"
        client.post(path, json=_HELLO)
        problem(client.put("/v1/policies/current", json={"policy": new}), 409, "not loaded")
        gate = client.post("/v1/policies", json={"name": "new"})
        assert gate.status_code == 201
        assert (gate.json()["policy"], gate.json()["turns"]) == (new, 1)
        client.put("/v1/policies/shadow", json={"policy": new})
        client.post(path, json=_HELLO)
        read = client.get(path.removesuffix("/turns")).json()
        assert read["turns"][1]["shadow"]["policy"] == new
        swapped = client.put("/v1/policies/current", json={"policy": new}).json()
        assert (swapped["current"], swapped["previous"]) == (new, old)
        assert client.post(path, json=_HELLO).json()["policy"] == old
        client.put("/v1/policies/current", json={"policy": new, "replay": True})
        assert client.post(path, json=_HELLO).json()["policy"] == new
        assert client.post("/v1/policies/rollback").json()["current"] == old
        assert client.post(path, json=_HELLO).json()["policy"] == old
        for name in ("..", "../new", "/etc", "absent", "new/policy.json"):
            answer = client.post("/v1/policies", json={"name": name})
            assert answer.status_code in (404, 422)
        told = problem(client.post("/v1/policies", json={"name": "broken"}), 409, "log says why")
        assert str(tmp_path) not in json.dumps(told)


def test_a_policy_that_fails_its_gate_is_not_let_in(tmp_path: Path) -> None:
    policy(1).save(tmp_path / "new")
    with serving(library=tmp_path, gate=PromotionGate(agreement=1.0)) as client:
        path = f"/v1/dialogues/{opened(client)}/turns"
        for text in ("find", "a", "table"):
            client.post(path, json={"user": text})
        problem(client.post("/v1/policies", json={"name": "new"}), 409, "the gate is shut")
        assert client.get("/v1/policies").json()["loaded"] == [policy().hash]


def test_each_key_opens_what_it_is_for_and_nothing_else() -> None:
    pairs = {scope: new_key(scope, [scope]) for scope in ("act", "read", "erase", "admin")}
    keys = Keys([record for _, record in pairs.values()])
    assert not any(secret in repr(record) for secret, record in pairs.values())
    with serving(keys=keys) as client:
        as_ = {name: {"Authorization": f"Bearer {key}"} for name, (key, _) in pairs.items()}
        assert client.get("/healthz").status_code == client.get("/readyz").status_code == 200
        dialogue = client.post("/v1/dialogues", headers=as_["act"]).json()["id"]
        path = f"/v1/dialogues/{dialogue}"
        answer = client.post("/v1/responses", json={"input": "hi"}, headers=as_["act"]).json()
        response = f"/v1/responses/{answer['id']}"
        calls = {
            "act": [
                ("POST", "/v1/dialogues", {}),
                ("POST", f"{path}/turns", _HELLO),
                ("POST", "/v1/turns", []),
                ("POST", f"{path}/turns/0/correction", {"actions": []}),
                ("DELETE", f"{path}/turns/0/correction", None),
                ("POST", "/v1/browse/live/corrections", {"corrections": []}),
                ("DELETE", f"/v1/browse/live/corrections?id={dialogue}&turn=0", None),
                ("POST", "/v1/chat/completions", {"messages": [{"role": "user", "content": "hi"}]}),
                ("POST", "/v1/responses", {"input": "hi"}),
                ("POST", "/v1/messages", {"messages": [{"role": "user", "content": "hi"}]}),
                ("POST", "/v1/explain", {"turns": [{"user": "find me a table"}]}),
                ("POST", "/v1/shapes", {"turns": [{"user": "find me a table"}]}),
            ],
            "read": [
                ("GET", path, None),
                ("GET", response, None),
                ("GET", "/v1/dialogues", None),
                ("GET", "/v1/users/u/dialogues", None),
                ("GET", "/metrics", None),
                ("GET", "/v1/policy", None),
                ("GET", "/v1/browse/live", None),
                ("GET", "/v1/browse/live/dialogues", None),
                ("GET", f"/v1/browse/live/dialogue?id={dialogue}", None),
                ("GET", "/v1/browse/live/turns", None),
                ("GET", "/v1/corrections", None),
                ("GET", "/v1/judge/live", None),
                ("GET", "/v1/changes/live", None),
                ("GET", "/v1/map/live", None),
            ],
            "erase": [
                ("DELETE", "/v1/users/u", None),
                ("DELETE", path, None),
                ("DELETE", response, None),
            ],
            "admin": [
                ("GET", "/v1/policies", None),
                ("PUT", "/v1/policies/shadow", _NONE),
                ("GET", "/v1/training", None),
            ],
        }
        for scope, requests in calls.items():
            for method, where, content in requests:
                problem(client.request(method, where, json=content), 401, "Authorization")
                wrong = {"Authorization": "Bearer cue_wrong"}
                refused = client.request(method, where, json=content, headers=wrong)
                assert refused.status_code in (401, 429)  # wrong keys are slowed
                for other in calls.keys() - {scope}:
                    answer = client.request(method, where, json=content, headers=as_[other])
                    problem(answer, 403, scope)
                answer = client.request(method, where, json=content, headers=as_[scope])
                assert answer.status_code < 300, (method, where, answer.text)
        problem(client.get("/openapi.json"), 401)


def test_without_keys_only_this_machine_is_answered(client: TestClient) -> None:
    for host in ("evil.example", "127.0.0.1.evil.example", "evil.example:8000", ""):
        problem(client.get("/healthz", headers={"host": host}), 421)
    for host in ("localhost:8000", "127.0.0.1", "[::1]:8000"):
        assert client.get("/healthz", headers={"host": host}).status_code == 200


def test_limits_hold() -> None:
    limits = Limits(body=2000, text=100, items=3, turns=2, batch=2, dialogues=3)
    with serving(limits) as client:
        path = f"/v1/dialogues/{opened(client)}/turns"
        for content in (
            {"user": "x" * 101},
            {"user": "x", "available": ["a", "b", "c", "d"]},
            {"user": "x", "features": {"a": "x" * 101}},
            {"user": "x", "features": {"a": ["x"] * 4}},
            {"user": "x", "features": {f"{n}": n for n in range(4)}},
            {"user": "x", "took": ["x"] * 4},
        ):
            problem(client.post(path, json=content), 422, "$.")
        problem(client.post(path, json={"user": "x" * 3000}), 413, "2000 bytes")
        chunks = (b'{"user": "' for _ in range(1000))
        as_json = {"content-type": "application/json"}
        problem(client.post(path, content=chunks, headers=as_json), 413, "2000 bytes")
        problem(client.post("/v1/turns", json=[{"dialogue": "d", "user": "x"}] * 3), 413)
        for _ in range(2):
            assert client.post(path, json=_HELLO).status_code == 200
        problem(client.post(path, json=_HELLO), 409, "as many as it may")
        opened(client), opened(client)
        problem(client.post("/v1/dialogues"), 409, "as many as may")


def test_whoever_asks_too_often_is_told_to_wait() -> None:
    with serving(Limits(rate=0.001, burst=5)) as client:
        answers = [client.get("/healthz") for _ in range(7)]
        assert [answer.status_code for answer in answers] == [200] * 5 + [429] * 2
        assert int(answers[-1].headers["retry-after"]) > 900


def test_logs_and_metrics_say_nothing_of_what_users_say(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for told, service in ((False, serving()), (True, serving(log_text=True))):
        caplog.clear()
        with service as client:
            path = f"/v1/dialogues/{opened(client)}/turns"
            client.post(path, json={"user": "my pin is 1234", "features": {"name": "Zoë"}})
            client.post(path, json={"user": "my pin is 1234", "turn": 0})
            text = client.get("/metrics").text
        logged = [str(record.__dict__) for record in caplog.records]
        assert any("/turns" in line for line in logged)
        assert any("pin is" in line for line in logged) == told
        assert "pin" not in text
        assert "Zo" not in text
        assert "cueline_words_total 4.0" in text
        assert "cueline_unknown_words_total 3.0" in text
        assert "cueline_unknown_features_total 1.0" in text
        turns = 'cueline_requests_total{method="POST",route="/v1/dialogues/{dialogue}/turns"'
        assert turns + ',status="409"} 1.0' in text


def test_the_page_is_files_by_name_and_no_others(
    client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "FOLDER", tmp_path / "page")
    problem(client.get("/"), 404)
    (tmp_path / "page").mkdir()
    (tmp_path / "page" / "index.html").write_text("<p>hello")
    (tmp_path / "secret.html").write_text("no")
    answer = client.get("/")
    assert (answer.text, answer.headers["content-type"]) == ("<p>hello", "text/html; charset=utf-8")
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    for path in ("..%2fsecret.html", "%2e%2e/secret.html", "../secret.html", ".html", "index.py"):
        assert client.get(f"/page/{path}").status_code in (404, 422)


class Broken(MemoryStore):
    """A bug, somewhere deep, with a path in it."""

    async def events(self, dialogue: str, start: int = 0) -> list[bytes]:
        raise RuntimeError("/etc/secret/place")


def test_of_what_breaks_inside_nothing_is_told() -> None:
    sessions = Sessions(Broken(), Policies(policy()))
    app = application(Service(sessions))
    with TestClient(app, LOCAL, raise_server_exceptions=False) as client:
        answer = client.get(f"/v1/dialogues/{'x' * 16}")
        problem(answer, 500)
        assert "secret" not in answer.text
        assert "Traceback" not in answer.text


def test_a_dialogue_without_turns_is_read_and_in_no_one_s_way(client: TestClient) -> None:
    empty = opened(client)
    assert client.get(f"/v1/dialogues/{empty}").json()["turns"] == []
    assert client.get("/v1/dialogues").text == ""
    assert client.get("/v1/browse/live").json()["dialogues"] == 0


def test_for_a_policy_of_labels_there_is_nothing_live_to_look_at_or_to_train_on(
    tmp_path: Path,
) -> None:
    labels = random_policy(NetworkSettings(embedding=5, units=7, answer="dialogue"))
    sessions = Sessions(MemoryStore(), Policies(labels, [policy()]))
    teaching, corpus = Retraining(sessions, tmp_path), dialogues(3)
    app = application(Service(sessions, teaching=teaching, corpus=corpus))
    with TestClient(app, LOCAL, raise_server_exceptions=False) as client:
        path = f"/v1/dialogues/{opened(client)}/turns"
        client.post(path, json=_HELLO)
        client.post(f"{path}/0/correction", json={"actions": ["find"]})
        for source, why in (("live", "labels whole dialogues"), ("corpus", "must be a label")):
            assert client.get(f"/v1/browse/{source}").json()["dialogues"] == 0
            for where in ("browse/{}/dialogues", "judge/{}", "map/{}", "changes/{}"):
                problem(client.get("/v1/" + where.format(source)), 404, why)
        assert client.get(f"/v1/judge/live?policy={policy().hash}").status_code == 200
        problem(client.post("/v1/training", json={}), 409, "labels whole dialogues")


def test_of_a_batch_with_one_bad_turn_nothing_or_all_the_others_are_taken(
    client: TestClient,
) -> None:
    ids = [opened(client) for _ in range(3)]
    turns = [{"dialogue": id, "user": "yes"} for id in ids]
    wide = json.dumps(turns + [{"dialogue": ids[0], "user": "x", "features": {"n": 10**400}}])
    as_json = {"content-type": "application/json"}
    problem(client.post("/v1/turns", content=wide, headers=as_json), 422, "$[3]", "finite")
    assert all(client.get(f"/v1/dialogues/{id}").json()["turns"] == [] for id in ids)
    path = f"/v1/dialogues/{ids[0]}/turns"
    problem(client.post(path, json={"user": "x", "features": {"n": 10**400}}), 422, "finite")
    odd = [{"dialogue": name, "user": "x"} for name in ("nowhere", "a\0b", "", "é" * 16)]
    answers = client.post("/v1/turns", json=[*turns, *odd]).json()
    assert [answer["answer"]["turn"] for answer in answers[:3]] == [0, 0, 0]
    assert [answer["problem"]["status"] for answer in answers[3:]] == [404] * 4


def test_a_key_that_stands_twice_is_refused(client: TestClient) -> None:
    path = f"/v1/dialogues/{opened(client)}/turns"
    as_json = {"content-type": "application/json"}
    for body in (b'{"user": "a", "user": "b"}', b'{"user": "a", "features": {"n": 1, "n": 2}}'):
        problem(client.post(path, content=body, headers=as_json), 400, "stands twice")
    digits = b'{"messages": [{"role": "user", "content": "hi"}], "seed": %s}' % (b"1" * 9999)
    assert client.post("/v1/chat/completions", content=digits, headers=as_json).status_code == 200


def test_to_open_with_a_key_is_to_open_once(client: TestClient) -> None:
    key = {"Idempotency-Key": "a b"}
    answers = [client.post("/v1/dialogues", json={"user": "u"}, headers=key) for _ in range(3)]
    assert len({answer.content for answer in answers}) == 1
    path = answers[0].headers["location"]
    assert path == f"/v1/dialogues/{answers[0].json()['id']}"
    assert client.get(path).json()["user"] == "u"
    problem(client.post("/v1/dialogues", json={"user": "w"}, headers=key), 422, "another user")
    assert opened(client) != opened(client)


def test_a_dialogue_is_read_some_turns_at_a_time(client: TestClient) -> None:
    path = f"/v1/dialogues/{opened(client)}"
    for turn in range(7):
        took = {} if turn % 2 == 0 else {"took": ["book"]}
        client.post(f"{path}/turns", json=_HELLO | took)
        client.post(f"{path}/turns/{turn // 2}/correction", json={"actions": [f"a{turn}"]})
    whole = client.get(path).json()
    for first, most in itertools.product(range(9), range(9)):
        page = client.get(f"{path}?offset={first}&limit={most}").json()
        assert page == whole | {"turns": whole["turns"][first : first + most]}
    assert client.get(f"{path}?offset=3").json()["turns"] == whole["turns"][3:]


def test_only_the_turns_that_are_shown_are_decoded() -> None:
    async def check() -> None:
        sessions = Sessions(MemoryStore(), Policies(policy()))
        dialogue = await sessions.open()
        for _ in range(9):
            await sessions.step(dialogue, StepRequest("yes"))
        stored = await sessions.stored(dialogue)
        for turn in (0, 1, 2, 3, 7):
            stored[turn + 1] = b'{"type":"turn",no more'
        assert [event.turn for event in turns(shown_by(stored, 4, 2))] == [4, 5, 6, 8]

    run(check())


def test_head_is_get_without_the_body(client: TestClient) -> None:
    path = f"/v1/dialogues/{opened(client)}"
    for where in ("/", "/healthz", "/v1/policy", path, f"{path}/events"):
        answer = client.head(where)
        assert (answer.status_code, answer.content) == (200, b"")
    assert client.head("/v1/dialogues/" + "x" * 16).status_code == 404
    problem(client.put(path), 405)


_HELLO = {"user": "find me a table"}
_NONE = {"policy": None}
