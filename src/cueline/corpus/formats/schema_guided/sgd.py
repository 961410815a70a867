"""Schema-Guided Dialogue (Rastogi and others, 2020): the original shards, and a slim form of them.

    [{"dialogue_id": "1_00000", "services": ["Restaurants_2"], "turns": [
      {"speaker": "USER", "utterance": "A table for two", "frames": [{"service": "Restaurants_2",
       "state": {"active_intent": "Reserve", "requested_slots": [], "slot_values": {"n": ["2"]}}}]},
      {"speaker": "SYSTEM", "utterance": "Where?", "frames": [{"service": "Restaurants_2",
       "actions": [{"act": "REQUEST", "slot": "city", "values": []}]}]}]}]

The slim form is JSON Lines without frames: `state` is a list on the user's turn, `actions` one on
the system's. The acts of the system are the actions, `sgd-slots` names them with their slots. The
features of a turn come from the state after the user spoke; what a service returns becomes known
after the turn that calls it, because calling it is a decision of the system in that turn.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from cueline.corpus.account import Account
from cueline.corpus.formats.schema_guided.acts import Label, read_each, without_slot
from cueline.corpus.formats.schema_guided.dialogue_state import DialogueState, ServiceState
from cueline.corpus.formats.schema_guided.frames import Schema, Utterance, turns_in
from cueline.corpus.formats.schema_guided.spans import shifted, spans_of
from cueline.corpus.sample import Sample
from cueline.dialogue import Dialogue, Span, Turn
from cueline.errors import Place, corpus_error
from cueline.io import decode


def recognises(sample: Sample) -> bool:
    """Whether the first dialogue has turns of a `USER` and a `SYSTEM` that have an `utterance`."""
    return has_speakers(sample) and not has_turn_ids(sample)


def has_speakers(sample: Sample) -> bool:
    """Whether the first dialogue has turns as this data set has them."""
    return any(
        turn.get("speaker") in ("USER", "SYSTEM") and isinstance(turn.get("utterance"), str)
        for turn in turns_in(sample)
    )


def has_turn_ids(sample: Sample) -> bool:
    """Whether the turns are numbered, as those of MultiWOZ are."""
    return any(isinstance(turn.get("turn_id"), str) for turn in turns_in(sample))


def read(
    path: Path, account: Account | None = None, label: Label = without_slot
) -> Iterator[Dialogue]:
    """The dialogues of the file, one at a time; acts are actions."""

    account = account or Account()

    def made(text: bytes, place: Place) -> Dialogue:
        return dialogue(record_of(text, place), label, place, account)

    return read_each(path, account, made)


def record_of(text: bytes, place: Place) -> Schema:
    """A dialogue as it stands in the file."""
    return decode(text, Schema, place)


def dialogue(
    record: Schema, label: Label, place: Place, account: Account, calls: bool = False
) -> Dialogue:
    """The dialogue that `record`, which stands at `place`, tells.

    With `calls` a service call is a turn of its own, before what the system says.
    """
    turns: list[Turn] = []
    heard: str | None = None
    spans: list[Span] = []
    state = DialogueState()
    for turn in record.turns:
        if turn.speaker == "USER":
            before = "" if heard is None else f"{heard}\n"
            spans += shifted(spans_of(turn, place, account), len(before))
            heard = before + turn.utterance
            state.hear(_service_states(turn))
            continue
        made = Turn(heard, state.features(), spans=tuple(spans))
        results: dict[str, tuple[Any, ...]] = {}
        heard, spans = None, []
        state.answered()
        if calls and (called := _arguments(turn)):
            turns.append(replace(made, actions=tuple(called), arguments=called))
            _find(turn, state)
            made, results = Turn(None, state.features()), _results(turn)
        actions = tuple(dict.fromkeys(map(label, turn.acts)))
        turns.append(replace(made, actions=actions, system=turn.utterance, results=results))
        _find(turn, state)
    if not turns:
        raise corpus_error(place, "a dialogue in which the system never speaks; remove it")
    meta = {"source": Path(place.file).name, "services": record.services}
    return Dialogue(record.dialogue_id, tuple(turns), meta)


def _find(turn: Utterance, state: DialogueState) -> None:
    """What the services return is known from now on."""
    for frame in turn.frames:
        state.found(None if frame.service_results is None else len(frame.service_results))


def _arguments(turn: Utterance) -> dict[str, tuple[dict[str, Any], ...]]:
    """The calls of the turn by method."""
    found: dict[str, tuple[dict[str, Any], ...]] = {}
    for call in [frame.service_call for frame in turn.frames]:
        if call is not None:
            found[call.method] = (*found.get(call.method, ()), call.parameters)
    return found


def _results(turn: Utterance) -> dict[str, tuple[Any, ...]]:
    """What they return, by method."""
    found: dict[str, tuple[Any, ...]] = {}
    for frame in turn.frames:
        if frame.service_call is not None and frame.service_results is not None:
            method = frame.service_call.method
            found[method] = (*found.get(method, ()), frame.service_results)
    return found


def _service_states(turn: Utterance) -> Iterator[ServiceState]:
    for service, state in turn.states:
        yield ServiceState(service, state.active_intent, state.requested_slots, state.slot_values)
