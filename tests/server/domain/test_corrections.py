"""What people call right: what counts, who disagrees; it is kept once and can be undone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from cueline.dialogue import Dialogue, Turn
from cueline.server.app import application
from cueline.server.domain.corrections import corrections, opinions
from cueline.server.domain.policies import Policies
from cueline.server.domain.sessions import Sessions
from cueline.server.events import Corrected, Withdrawn
from cueline.server.service import Service
from cueline.server.stores.memory import MemoryStore
from tests.server.acting import dialogues, policy
from tests.server.test_app import LOCAL, opened, problem

CORPUS = [*dialogues(3), Dialogue("d0", dialogues(9)[8].turns), Dialogue("a/b?c=é", (Turn("hi"),))]
remarks = st.lists(
    st.one_of(
        st.builds(
            Corrected,
            st.just(0.0),
            st.integers(0, 2),
            st.sampled_from([(), ("book",), ("close",)]),
            st.sampled_from([None, "ann", "bob"]),
        ),
        st.builds(Withdrawn, st.just(0.0), st.integers(0, 2)),
    )
)


@pytest.fixture
def client() -> Iterator[TestClient]:
    sessions = Sessions(MemoryStore(), Policies(policy()))
    with TestClient(application(Service(sessions, corpus=CORPUS)), LOCAL) as client:
        yield client


def said(client: TestClient, source: str, id: str, turn: int) -> dict:
    answer = client.get(f"/v1/browse/{source}/dialogue", params={"id": id})
    assert answer.status_code == 200, answer.text
    return answer.json()["turns"][turn]


def correct(client: TestClient, source: str, *wanted: dict, **headers: str) -> None:
    path = f"/v1/browse/{source}/corrections"
    answer = client.post(path, json={"corrections": wanted, "author": "ann"}, headers=headers)
    assert answer.json() == {"corrected": len(wanted)}


@given(remarks)
def test_the_latest_counts_and_each_author_has_a_say(events: list[Corrected | Withdrawn]) -> None:
    for turn in range(3):
        own = [event for event in events if event.turn == turn]
        since = []
        for event in own:
            since = [] if isinstance(event, Withdrawn) else [*since, event]
        assert corrections(events).get(turn) == (since[-1] if since else None)
        latest = {event.author: event for event in since}
        assert {one.author: one for one in opinions(events).get(turn, [])} == latest


def test_a_correction_of_the_corpus_is_seen_there_and_learned_from(client: TestClient) -> None:
    before = said(client, "corpus", "d1", 2)
    assert (before["verdict"], before["expected"]) == (None, before["done"])
    correct(client, "corpus", {"dialogue": "d1", "turn": 2, "actions": ["close"]})
    after = said(client, "corpus", "d1", 2)
    assert (after["expected"], after["done"]) == (["close"], before["done"])
    assert after["right"] == (after["decided"]["actions"] == ["close"])
    review = client.get("/v1/browse/corpus").json()["review"]
    assert (review["corrected"], review["by_author"]) == (1, {"ann": 1})
    (row,) = client.get("/v1/corrections").json()["rows"]
    assert (row["source"], row["id"], row["turn"], row["author"]) == ("corpus", "d1", 2, "ann")
    (learned,) = client.get("/v1/dialogues?corrected=true").text.splitlines()
    assert '"actions":["close"]' in learned
    assert '"copy_of":"d1"' in learned
    assert client.get("/v1/browse/live").json()["dialogues"] == 0
    client.delete("/v1/browse/corpus/corrections", params={"id": "d1", "turn": 2})
    assert said(client, "corpus", "d1", 2) == before
    assert client.get("/v1/corrections").json()["rows"] == []
    assert client.get("/v1/dialogues?corrected=true").text == ""


def test_whoever_opens_the_corpus_later_sees_what_was_corrected() -> None:
    store = MemoryStore()

    def server() -> TestClient:
        sessions = Sessions(store, Policies(policy()))
        return TestClient(application(Service(sessions, corpus=CORPUS)), LOCAL)

    with server() as one, server() as other:
        correct(one, "corpus", {"dialogue": "d2", "turn": 0, "actions": []})
        assert said(other, "corpus", "d2", 0)["expected"] == []


def test_ids_that_stand_twice_or_are_odd_lead_to_their_own_dialogue(client: TestClient) -> None:
    ids = [row["id"] for row in client.get("/v1/browse/corpus/dialogues").json()["rows"]]
    assert ids == ["d0", "d1", "d2", "d0 (2)", "a/b?c=é"]
    for id, dialogue in zip(ids, CORPUS, strict=True):
        found = client.get("/v1/browse/corpus/dialogue", params={"id": id}).json()
        assert [turn["user"] for turn in found["turns"]] == [t.user for t in dialogue.turns]
        correct(client, "corpus", {"dialogue": id, "turn": 0, "actions": [f"a{id[:2]}"]})
    assert {row["id"] for row in client.get("/v1/corrections").json()["rows"]} == set(ids)
    problem(client.get("/v1/browse/corpus/dialogue?id=d9"), 404, "d9")


def test_live_turns_are_unjudged_until_someone_says_something(client: TestClient) -> None:
    id = opened(client)
    for text in ("yes", "no"):
        decided = client.post(f"/v1/dialogues/{id}/turns", json={"user": text}).json()["actions"]
    shelf = client.get("/v1/browse/live").json()
    assert shelf["kinds"]["wrong"] == 0
    assert said(client, "live", id, 1)["right"] is None
    correct(client, "live", {"dialogue": id, "turn": 0, "actions": ["nothing", "such"]})
    correct(client, "live", {"dialogue": id, "turn": 1, "actions": decided})
    assert (said(client, "live", id, 0)["right"], said(client, "live", id, 1)["right"]) == (
        False,
        True,
    )
    shelf = client.get("/v1/browse/live").json()
    kinds = shelf["kinds"]
    assert (kinds["wrong"], kinds["corrected"], kinds["confirmed"]) == (1, 1, 1)
    assert shelf["review"]["right"] == 1
    assert client.get("/v1/judge/live").json()["report"] is None


def test_two_people_who_disagree_are_seen_to(client: TestClient) -> None:
    id = opened(client)
    client.post(f"/v1/dialogues/{id}/turns", json={"user": "yes"})
    path = f"/v1/dialogues/{id}/turns/0/correction"
    for author, action in (("ann", "book"), ("bob", "book"), ("bob", "close")):
        client.post(path, json={"actions": [action], "author": author})
    assert client.get("/v1/browse/live").json()["kinds"]["disputed"] == 1
    (row,) = client.get("/v1/corrections").json()["rows"]
    assert [(one["author"], one["actions"]) for one in row["opinions"]] == [
        ("ann", ["book"]),
        ("bob", ["close"]),
    ]
    client.delete(path)
    assert client.get("/v1/browse/live").json()["kinds"]["disputed"] == 0


def test_a_retry_says_nothing_twice_and_a_key_is_for_one_correction(client: TestClient) -> None:
    id = opened(client)
    client.post(f"/v1/dialogues/{id}/turns", json={"user": "yes"})
    path, key = f"/v1/dialogues/{id}/turns/0/correction", {"Idempotency-Key": "k"}
    for _ in range(3):
        client.post(path, json={"actions": ["book"]}, headers=key)
    problem(client.post(path, json={"actions": ["close"]}, headers=key), 422, "different")
    gone = {"Idempotency-Key": "g"}
    assert [client.delete(path, headers=gone).status_code for _ in range(2)] == [204, 204]
    client.post(path, json={"actions": ["book"]}, headers=key)  # it arrives late, and is known
    assert client.get(f"/v1/dialogues/{id}").json()["turns"][0].get("correction") is None
    many = [{"dialogue": "d1", "turn": n, "actions": ["book"]} for n in range(3)]
    for _ in range(2):
        correct(client, "corpus", *many, **{"Idempotency-Key": "m"})
    assert len(client.get("/v1/corrections").json()["rows"]) == 3


def test_arguments_and_spans_are_kept_where_they_fit_the_turn(client: TestClient) -> None:
    id = opened(client)
    client.post(f"/v1/dialogues/{id}/turns", json={"user": "a table in rome"})
    path = f"/v1/dialogues/{id}/turns/0/correction"
    right = {
        "actions": ["book"],
        "spans": [{"start": 11, "end": 15, "label": "city"}],
        "arguments": {"book": [{"city": "rome"}]},
    }
    assert client.post(path, json=right).status_code == 200
    exported = client.get("/v1/dialogues?corrected=true").json()["turns"][0]
    assert {name: exported[name] for name in right} == right
    wrong = [{"spans": [{"start": 11, "end": 99, "label": "city"}]}, {"arguments": {"fly": [{}]}}]
    for part in wrong:
        problem(client.post(path, json=right | part), 422, "$")
