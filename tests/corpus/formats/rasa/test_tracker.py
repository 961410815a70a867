from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cueline.corpus import read_all
from cueline.corpus.account import NEVER_ACTS, Account
from cueline.corpus.formats.rasa import tracker
from cueline.corpus.sample import Sample
from cueline.dialogue import Dialogue, Turn
from cueline.errors import CorpusError
from tests.corpus.damage import damaged, read_bytes, survives

LISTEN = {"event": "action", "name": "action_listen"}


def user(text: str, intent: str) -> dict[str, Any]:
    return {"event": "user", "text": text, "parse_data": {"intent": {"name": intent}}}


def action(name: str) -> dict[str, Any]:
    return {"event": "action", "name": name}


EVENTS = [
    action("action_session_start"),
    {"event": "session_started"},
    LISTEN,
    user("hello", "greet"),
    {"event": "user_featurization", "use_text_for_featurization": False},
    action("utter_greet"),
    {"event": "bot", "text": "Hi!"},
    LISTEN,
    user("a table for 2", "table"),
    {"event": "slot", "name": "guests", "value": 2},
    {"event": "slot", "name": "nothing", "value": None},
    action("table_form"),
    {"event": "active_loop", "name": "table_form"},
    {"event": "slot", "name": "requested_slot", "value": "time"},
    LISTEN,
]
TRACKER = {"sender_id": "s1", "slots": {"guests": 9}, "events": EVENTS}


def dialogues(*events: dict[str, Any]) -> list[Dialogue]:
    content = json.dumps({"sender_id": "s1", "events": [*EVENTS, *events]}).encode()
    return read_bytes(tracker, content, "t.json")


def test_turns_and_what_is_known_at_each() -> None:
    (dialogue,) = dialogues()
    assert dialogue.id == "s1"
    assert dialogue.turns == (
        Turn("hello", {}, actions=("utter_greet",), system="Hi!"),
        Turn("a table for 2", {"guests": 2, "given": ("guests",)}, actions=("table_form",)),
    )
    assert dialogue.meta["intents"] == [["greet", []], ["table", []]]


def test_a_session_is_a_dialogue_and_a_restart_begins_one() -> None:
    more = [LISTEN, user("bye", "bye"), action("utter_bye")]
    found = dialogues({"event": "session_started"}, *more, {"event": "restart"}, *more)
    assert [dialogue.id for dialogue in found] == ["s1", "s1 #2", "s1 #3"]
    assert found[1].turns == found[2].turns == (Turn("bye", {}, actions=("utter_bye",)),)


def test_what_was_taken_back_does_not_count() -> None:
    (dialogue,) = dialogues(user("what?", "x"), action("utter_x"), LISTEN, {"event": "rewind"})
    assert [turn.user for turn in dialogue.turns] == ["hello", "a table for 2"]


def test_several_trackers_and_what_is_not_read_of_them(tmp_path: Path) -> None:
    path = tmp_path / "trackers.json"
    path.write_text(json.dumps([TRACKER, {**TRACKER, "sender_id": "s2"}]), "utf-8")
    account = Account()
    assert [dialogue.id for dialogue in read_all([path], account=account)] == ["s1", "s2"]
    assert account.records == 2
    assert {kind: one.count for kind, one in account.ignored.items()} == {
        "event `user_featurization`": 2
    }


def test_trackers_among_the_files_of_a_bot_are_none_of_its_dialogues(tmp_path: Path) -> None:
    (tmp_path / "domain.yml").write_text("intents: [a]\n", "utf-8")
    path = tmp_path / "tests" / "tracker.json"
    path.parent.mkdir()
    path.write_text(json.dumps(TRACKER), "utf-8")
    assert not tracker.recognises(Sample(path))


@given(damaged(json.dumps(TRACKER).encode()))
def test_a_damaged_tracker_is_read_or_refused(content: bytes) -> None:
    survives(tracker, content, "t.json")


def as_event(sender: str, at: int, event: dict[str, Any]) -> dict[str, Any]:
    return {"sender_id": sender, "timestamp": float(at), **event}


def as_row(sender: str, at: int, event: dict[str, Any]) -> dict[str, Any]:
    held = {**event, "timestamp": float(at)}
    return {
        "id": at,
        "sender_id": sender,
        "type_name": event["event"],
        "timestamp": float(at),
        "data": json.dumps(held),
    }


@given(data=st.data(), row=st.sampled_from([as_event, as_row]))
def test_events_of_several_senders_are_put_together(data: st.DataObject, row: Any) -> None:
    whole = [{"sender_id": sender, "events": EVENTS} for sender in ("s1", "s2", "s3")]
    lines = [(one["sender_id"], at) for one in whole for at in range(len(EVENTS))]
    order = (
        data.draw(st.permutations(lines)) if row is as_row else sorted(lines, key=lambda x: x[1])
    )
    in_pieces = [row(sender, at, EVENTS[at]) for sender, at in order]
    expected = read_bytes(tracker, written(whole), "t.jsonl")
    found = read_bytes(tracker, written(in_pieces), "t.jsonl")
    assert sorted(found, key=lambda one: one.id) == expected


def written(records: list[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(one).encode() + b"\n" for one in records)


def test_trackers_without_events_are_refused_and_those_without_turns_counted(
    tmp_path: Path,
) -> None:
    path = tmp_path / "t.jsonl"
    path.write_bytes(written([TRACKER, {"sender_id": "s2", "events": [LISTEN]}]))
    account = Account()
    assert len(read_all([path], account=account)) == 1
    assert account.left_out[NEVER_ACTS].count == 1
    path.write_bytes(written([TRACKER, {"sender_id": "s2", "events": None}]))
    with pytest.raises(CorpusError, match=r"t\.jsonl:2: a tracker without `events`"):
        read_all([path])
