"""The routers that a policy is measured beside choose as they should, and see what it sees."""

from __future__ import annotations

from pathlib import Path

import msgspec
from benchmarks.cascade import tasks
from benchmarks.cascade.routers import Classifier, NearestNeighbour, decide, messages, tfidf

from cueline.dialogue import Dialogue, Turn
from cueline.settings import NetworkSettings
from tests.policies import random_policy

POLICY = random_policy(NetworkSettings(embedding=5, units=7))
SAID = {"find": "a table in paris please", "book": "yes that one", "close": "thanks goodbye"}


def dialogues(*available: str) -> list[Dialogue]:
    turns = tuple(
        Turn(f"{text} {number}", actions=(action,), available=available or None)
        for number in range(4)
        for action, text in SAID.items()
    )
    return [Dialogue("d", turns)]


def test_they_do_what_was_done_at_such_messages_among_the_tools_that_are_offered() -> None:
    known = messages(dialogues())
    vectors = tfidf(known)
    for router in (NearestNeighbour(known, vectors), Classifier(known, known, vectors)):
        found = decide(router, POLICY, dialogues())
        assert [one.actions for one in found] == [one.actions for one in dialogues()[0].turns]
        assert all(0.3 < one.confidence <= 1 for one in found)
        offered = decide(router, POLICY, dialogues("find", "book"))
        assert {action for one in offered for action in one.actions} == {"find", "book"}
        none = decide(router, POLICY, dialogues("other"))
        assert {one.confidence for one in none} == {0.0}


def test_a_dialogue_of_sgd_is_the_same_calls_as_a_transcript(tmp_path: Path) -> None:
    record = {
        "dialogue_id": "1_00000",
        "services": ["Restaurants_2"],
        "turns": [
            {"speaker": "USER", "utterance": "A table in Rome", "frames": []},
            {
                "speaker": "SYSTEM",
                "utterance": "Sino is nice.",
                "frames": [
                    {
                        "service": "Restaurants_2",
                        "actions": [{"act": "OFFER", "slot": "name", "values": ["Sino"]}],
                        "service_call": {"method": "Find", "parameters": {"city": "Rome"}},
                        "service_results": [{"name": "Sino"}],
                    }
                ],
            },
        ],
    }
    path = tmp_path / "dialogues_001.json"
    path.write_bytes(msgspec.json.encode([record]))
    (found,) = tasks.as_transcripts([path])
    called, said = found.turns
    assert called.user == "A table in Rome"
    assert called.arguments == {"Find": ({"city": "Rome"},)}
    assert said.results == {"Find": ([{"name": "Sino"}],)}
    assert (said.actions, said.system) == (("respond",), "Sino is nice.")
