"""Conversations as Rasa tracks them: what its HTTP API and its tracker stores give.

    {"sender_id": "s1", "events": [
      {"event": "action", "name": "action_listen"},
      {"event": "user", "text": "a table in Rome", "parse_data": {"intent": {"name": "inform"}}},
      {"event": "slot", "name": "city", "value": "Rome"},
      {"event": "action", "name": "action_search"}, {"event": "bot", "text": "Here is one."}]}

An event broker writes an event a line, with the `sender_id` in each; the tracker store in SQL has a
row for each event, with the event as JSON in `data`. Conversations are put together of these.

What was taken back, by `rewind` or `undo`, does not count, as for Rasa. Each session is a dialogue.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from msgspec import Struct, field

from cueline.corpus.account import NEVER_ACTS, Account
from cueline.corpus.formats.rasa.annotations import span
from cueline.corpus.formats.rasa.applied import applied
from cueline.corpus.formats.rasa.bot import home
from cueline.corpus.formats.rasa.domain import Domain
from cueline.corpus.formats.rasa.story import (
    Acted,
    Entity,
    Event,
    Happening,
    Loop,
    SlotsSet,
    UserUttered,
)
from cueline.corpus.formats.rasa.story_replay import Play
from cueline.corpus.json_stream import items
from cueline.corpus.sample import Sample
from cueline.corpus.transcripts.closed_world import inner
from cueline.corpus.transforms.one_action import INTENTS, STEPS
from cueline.dialogue import Dialogue, Span
from cueline.errors import Place, corpus_error
from cueline.io import convert, decode

NO_EVENTS = "a tracker without `events`; fetch it with include_events=ALL"
_SENDER = re.compile(r'"sender_id"\s*:')
_EVENTS = re.compile(r'"(?:event|type_name)"\s*:\s*"(?:action|user|session_started|slot|bot)"')
_BY_ITSELF = "action_session_start"
"""What Rasa does where a session begins, whatever was said."""
_ENDS = ("session_started", "restart")
_PAST = {event.value: event for event in (Event.UNDO, Event.REWIND, Event.RESET_SLOTS)}


class _Intent(Struct):
    name: str | None = None


class _Parsed(Struct):
    intent: _Intent = field(default_factory=_Intent)
    entities: list[dict[str, Any]] = []


class _Happened(Struct):
    event: str
    timestamp: float | None = None
    name: str | None = None
    text: str | None = None
    value: Any = None
    action_text: str | None = None
    parse_data: _Parsed = field(default_factory=_Parsed)


class _Record(Struct):
    """A tracker, an event with its sender, or a row that holds one in `data`."""

    sender_id: str
    events: list[_Happened] | None = None
    event: str | None = None
    data: str | dict[str, Any] | None = None


class _Tracker(Struct):
    sender_id: str
    place: Place
    happened: list[tuple[Place, _Happened]]


def recognises(sample: Sample) -> bool:
    """Whether it holds trackers or their events; those of a bot are what it is tested by."""
    head = sample.head
    return (
        _SENDER.search(head) is not None
        and _EVENTS.search(head) is not None
        and (sample.is_folder or home(sample.path) is None)
    )


def read(path: Path, account: Account | None = None) -> Iterator[Dialogue]:
    """The sessions of each tracker in the file, then those of trackers that it has in pieces."""
    account = account or Account()
    in_pieces: dict[str, _Tracker] = {}
    for place, text in items(path):
        account.record()
        with account.guard():
            record = decode(text, _Record, place)
            if record.events is not None:
                where = inner(place, "events")
                happened = [(inner(where, at), one) for at, one in enumerate(record.events)]
                yield from _dialogues(_Tracker(record.sender_id, place, happened), account)
            else:
                one = _event(record, text, place)
                tracker = _Tracker(record.sender_id, place, [])
                in_pieces.setdefault(record.sender_id, tracker).happened.append((place, one))
    for tracker in in_pieces.values():
        tracker.happened.sort(key=lambda one: one[1].timestamp or 0.0)  # as Rasa's store does
        yield from _dialogues(tracker, account)


def _event(record: _Record, text: bytes, place: Place) -> _Happened:
    """The event that a record is or holds."""
    if record.event is not None:
        return decode(text, _Happened, place)
    where = inner(place, "data")
    if isinstance(record.data, str):
        return decode(record.data.encode(), _Happened, where)
    if record.data is None:
        raise corpus_error(place, NO_EVENTS)
    return convert(record.data, _Happened, where)


def _dialogues(tracker: _Tracker, account: Account) -> Iterator[Dialogue]:
    number = 0
    for story_events in _sessions(tracker, account):
        play = Play(Domain(), lambda said: (said.text or f"/{said.intent}", {}, said.spans))
        play.play(applied(story_events))
        if play.turns:
            number += 1
            name = tracker.sender_id if number == 1 else f"{tracker.sender_id} #{number}"
            yield Dialogue(name, tuple(play.turns), _meta(play))
    if number == 0:
        account.leave_out(NEVER_ACTS, tracker.place)


def _meta(play: Play) -> dict[str, Any]:
    meta: dict[str, Any] = {}
    if any(play.steps):
        meta[STEPS] = play.steps
    intents = [None if said is None or said.intent is None else _meant(said) for said in play.said]
    return meta | {INTENTS: intents} if any(intents) else meta


def _meant(said: UserUttered) -> list[Any]:
    return [said.base_intent, sorted({label for one in said.entities for label in one.labels})]


def _sessions(tracker: _Tracker, account: Account) -> Iterator[list[Happening]]:
    """What happened in each session. Slots that a new one takes over are set anew by Rasa."""
    story_events: list[Happening] = []
    for place, happened in tracker.happened:
        if happened.event in _ENDS:
            yield story_events
            story_events = []
        elif (
            happened.event == "bot"
            and story_events
            and isinstance(story_events[-1], Acted)
            and happened.text
        ):
            text = "\n".join(filter(None, (story_events[-1].text, happened.text)))
            story_events[-1] = story_events[-1]._replace(text=text)
        elif (happening := _happening(happened)) is not None:
            story_events.append(happening)
        elif happened.name != _BY_ITSELF:
            account.ignore(f"event `{happened.event}`", place)
    yield story_events


def _happening(happened: _Happened) -> Happening | None:
    match happened.event:
        case "user":
            entities = tuple(_entities(happened.parse_data.entities))
            spans = tuple(_spans(happened.parse_data.entities, happened.text or ""))
            return UserUttered(happened.parse_data.intent.name, entities, happened.text, spans)
        case "action" if happened.action_text:
            return Acted(happened.action_text, happened.action_text)
        case "action" if happened.name and happened.name != _BY_ITSELF:
            return Acted(happened.name)
        case "slot" if happened.name:
            return SlotsSet({happened.name: happened.value})
        case "active_loop" | "form":
            return Loop(happened.name)
    return _PAST.get(happened.event)


def _entities(found: list[dict[str, Any]]) -> Iterator[Entity]:
    for one in found:
        if isinstance(name := one.get("entity"), str):
            role, group = (one.get(key) for key in ("role", "group"))
            yield Entity(name, one.get("value"), role, group)


def _spans(found: list[dict[str, Any]], text: str) -> Iterator[Span]:
    """The entities that say where in `text` they were found."""
    for one in found:
        start, end = one.get("start"), one.get("end")
        if isinstance(start, int) and isinstance(end, int) and 0 <= start < end <= len(text):
            for entity in _entities([one]):
                yield span(start, end, entity, text[start:end], entity.value)
