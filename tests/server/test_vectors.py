"""A vector in a request: as long as the policy takes it, or refused alone."""

from __future__ import annotations

from starlette.testclient import TestClient

from cueline.server.app import application
from cueline.server.domain.policies import Policies
from cueline.server.domain.sessions import Sessions
from cueline.server.service import Service
from cueline.server.stores.memory import MemoryStore
from cueline.settings import NetworkSettings
from tests.policies import random_policy

POLICY = random_policy(NetworkSettings(embedding=5, units=7))
SHORT, VECTOR = [1, 2], [0.5, 1, 2]


def test_a_vector_of_another_length_is_refused_and_no_turn() -> None:
    app = application(Service(Sessions(MemoryStore(), Policies(POLICY))))
    with TestClient(app, "http://localhost") as client:
        dialogue = client.post("/v1/dialogues", json={}).json()["id"]
        path = f"/v1/dialogues/{dialogue}"
        answer = client.post(f"{path}/turns", json=_turn(meaning=SHORT))
        assert answer.status_code == 422
        assert "'meaning' has 2 numbers, and in training it had 3" in answer.json()["detail"]
        batch = [{"dialogue": dialogue, **_turn(meaning=vector)} for vector in (SHORT, VECTOR)]
        refused, taken = client.post("/v1/turns", json=batch).json()
        assert refused["problem"]["status"] == 422
        expected, _ = POLICY.act(_turn(meaning=VECTOR), POLICY.start())
        assert taken["answer"]["probabilities"] == expected.probabilities
        long = client.post(f"{path}/turns", json=_turn(meaning=VECTOR, other=[0.5] * 4096))
        assert long.status_code == 200
        turns = client.get(path).json()["turns"]
        assert [turn["features"]["meaning"] for turn in turns] == [VECTOR, VECTOR]


def _turn(**features: list[float]) -> dict[str, object]:
    return {"user": "find a table", "features": features}
