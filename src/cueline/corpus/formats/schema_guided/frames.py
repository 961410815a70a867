"""Schema-Guided Dialogue as it stands in a file, as far as Cueline reads it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from cueline.corpus.sample import Sample

Name = Annotated[str, Meta(min_length=1)]


def turns_in(sample: Sample) -> list[dict[str, Any]]:
    """The turns of the first dialogue of a file of JSON, as they stand in it."""
    first = sample.records[0] if sample.records else None
    turns = first.get("turns") if isinstance(first, dict) else None
    return [turn for turn in turns if isinstance(turn, dict)] if isinstance(turns, list) else []


class Act(Struct):
    """What someone does in words: an act, mostly about a slot and its values."""

    act: Name
    slot: str = ""
    values: list[Any] = []
    canonical_values: list[Any] = []
    """What each of `values` stands for."""


class MarkedWords(Struct):
    """Words about a slot, in characters of the utterance; MultiWOZ copies some from elsewhere."""

    slot: Name
    start: int | None = None
    exclusive_end: int | None = None
    value: Any = None


class ServiceCall(Struct):
    """A service is called."""

    method: Name
    parameters: dict[str, Any] = {}


class FrameState(Struct):
    """What the user wants of a service, after having spoken; the slim form names it here."""

    active_intent: str = "NONE"
    requested_slots: list[str] = []
    slot_values: dict[str, list[str]] = {}
    service: str = ""


class Frame(Struct):
    """A service's part of a turn; `state` is the user's, calls are the system's."""

    service: str = ""
    state: FrameState | None = None
    actions: list[Act] = []
    slots: list[MarkedWords] = []
    service_call: ServiceCall | None = None
    service_results: list[Any] | None = None


class Utterance(Struct):
    """What one side says, with frames, or with their content directly in the slim form."""

    speaker: Literal["USER", "SYSTEM"]
    utterance: str
    frames: list[Frame] = []
    state: list[FrameState] = []
    actions: list[Act] = []

    @property
    def states(self) -> list[tuple[str, FrameState]]:
        """The service and the user's state of each frame that has one."""
        framed = [(frame.service, frame.state) for frame in self.frames if frame.state is not None]
        return framed or [(state.service, state) for state in self.state]

    @property
    def acts(self) -> list[Act]:
        """What the system does, of all frames."""
        return [*self.actions, *(act for frame in self.frames for act in frame.actions)]


class Schema(Struct):
    """A dialogue."""

    dialogue_id: Name
    turns: list[Utterance]
    services: list[str] = []
