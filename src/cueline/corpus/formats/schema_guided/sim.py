"""Simulated dialogues, Sim-M and Sim-R (Shah and others, 2018).

    [{"dialogue_id": "movies_1", "turns": [
      {"user_utterance": {"text": "2 tickets"}, "user_intents": ["BUY"],
       "dialogue_state": [{"slot": "num_tickets", "value": "2"}]},
      {"system_acts": [{"type": "REQUEST", "slot": "movie"}], "system_utterance": {"text": "?"},
       "user_utterance": {"text": "up"}, "dialogue_state": [...]}]}]

In the file the system speaks first in a turn; what it does there answers the user of the turn
before. The types of its acts are the actions, `sim-slots` names them with their slots.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct

from cueline.corpus.account import Account
from cueline.corpus.formats.schema_guided.acts import Label, read_each, without_slot
from cueline.corpus.formats.schema_guided.dialogue_state import DialogueState, ServiceState
from cueline.corpus.formats.schema_guided.frames import Act, turns_in
from cueline.corpus.formats.schema_guided.spans import OUTSIDE
from cueline.corpus.sample import Sample
from cueline.dialogue import Dialogue, Span, Turn
from cueline.errors import Place, corpus_error
from cueline.io import decode

Name = Annotated[str, Meta(min_length=1)]


class _Marked(Struct):
    """Tokens about a slot."""

    slot: Name
    start: int
    exclusive_end: int


class _Text(Struct):
    text: str = ""
    tokens: list[str] = []
    slots: list[_Marked] = []


class _Act(Struct):
    """An act, whose type some files call its name."""

    type: Name | None = None
    name: Name | None = None
    slot: str = ""


class _Value(Struct):
    slot: Name
    value: str = ""


class _Turn(Struct):
    user_utterance: _Text
    dialogue_state: list[_Value] = []
    user_intents: list[str] = []
    system_acts: list[_Act] = []
    system_utterance: _Text | None = None


class _Record(Struct):
    dialogue_id: Name
    turns: list[_Turn]


def recognises(sample: Sample) -> bool:
    """Whether the first dialogue has turns with a `user_utterance` and a `dialogue_state`."""
    turns = turns_in(sample)
    heard = any(isinstance(turn.get("user_utterance"), dict) for turn in turns)
    return heard and any(isinstance(turn.get("dialogue_state"), list) for turn in turns)


def read(
    path: Path, account: Account | None = None, label: Label = without_slot
) -> Iterator[Dialogue]:
    """The dialogues of the file, one at a time; one in which the system never acts is left out."""

    account = account or Account()

    def made(text: bytes, place: Place) -> Dialogue | None:
        record = decode(text, _Record, place)
        turns = tuple(_turns(record, label, place, account))
        meta = {"source": path.name}
        return Dialogue(record.dialogue_id, turns, meta) if turns else None

    return read_each(path, account, made)


def _turns(record: _Record, label: Label, place: Place, account: Account) -> Iterator[Turn]:
    state, intents = DialogueState(), ""
    for number, (turn, answer) in enumerate(pairwise(record.turns), start=1):
        intents = " ".join(turn.user_intents) or intents
        values = {value.slot: value.value for value in turn.dialogue_state}
        state.hear([ServiceState(intent=intents, values=values)])
        acts = [_act(act, number, place) for act in answer.system_acts]
        yield Turn(
            turn.user_utterance.text,
            state.features(),
            actions=tuple(dict.fromkeys(map(label, acts))),
            system=answer.system_utterance.text if answer.system_utterance else None,
            spans=tuple(_spans(turn.user_utterance, place, account)),
        )


def _spans(said: _Text, place: Place, account: Account) -> Iterator[Span]:
    """The marked tokens as they stand in the text."""
    places, at = [], 0
    for token in said.tokens if said.slots else ():
        start = said.text.find(token, at)
        at = start + len(token)
        places.append((start, at))
    for marked in sorted(said.slots, key=lambda marked: marked.start):
        tokens = places[marked.start : marked.exclusive_end] if marked.start >= 0 else []
        whole = len(tokens) == marked.exclusive_end - marked.start
        if tokens and whole and all(start >= 0 for start, _ in places):
            yield Span(tokens[0][0], tokens[-1][1], marked.slot)
        else:
            account.leave_out(OUTSIDE, place)


def _act(act: _Act, turn: int, place: Place) -> Act:
    name = act.type or act.name
    if name is None:
        where = Place(place.file, place.line, f"{place.path or '$'}.turns[{turn}].system_acts")
        raise corpus_error(where, "an act without `type` or `name`")
    return Act(name, act.slot)
