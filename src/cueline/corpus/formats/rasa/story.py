"""Rasa's stories as steps, whatever file they stand in, and what `or` and checkpoints stand for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice, product
from typing import NamedTuple

from cueline.errors import Place

MOST_WAYS = 100
"""Dialogues that one beginning may lead to; `or` and checkpoints multiply."""

SlotValue = str | list[str] | None


class Said(NamedTuple):
    """The user says something: an intent with entities, or words, or both."""

    intent: str | None = None
    entities: tuple[tuple[str, str | None], ...] = ()
    text: str | None = None


class Acted(NamedTuple):
    """The bot does something; `text` if it was given by its words."""

    action: str
    text: str | None = None


class SlotsSet(NamedTuple):
    """Slots have these values from now on; None empties one."""

    values: Mapping[str, SlotValue]


class Loop(NamedTuple):
    """The form of that name is on from now on; None: none is."""

    name: str | None


class Checkpoint(NamedTuple):
    """The story goes on where another one begins with the same name."""

    name: str


class Either(NamedTuple):
    """One of several ways to go on."""

    ways: tuple[tuple[Step, ...], ...]


Step = Said | Acted | SlotsSet | Loop | Checkpoint | Either


@dataclass(frozen=True, slots=True)
class Story:
    """A story or a rule, and where it stands."""

    name: str
    steps: tuple[Step, ...]
    place: Place
    rule: bool = False


@dataclass(slots=True)
class _Part:
    """A stretch of a story between checkpoints."""

    story: Story
    begins: list[str] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    ends: list[str] = field(default_factory=list)


def plain(stories: Iterable[Story]) -> Iterator[Story]:
    """`stories` with every `or` decided and every checkpoint followed, in each possible way.

    A checkpoint is passed once at most on a way; a part that no story leads to begins one itself.
    """
    parts = [part for story in stories for part in _parts(story)]
    entries: dict[str, list[_Part]] = defaultdict(list)
    for part in parts:
        for name in part.begins:
            entries[name].append(part)
    reached = {name for part in parts for name in part.ends}
    for part in parts:
        if not reached.intersection(part.begins):
            for steps in islice(_ways(part, entries, frozenset()), MOST_WAYS):
                yield replace(part.story, steps=steps)


def _parts(story: Story) -> Iterator[_Part]:
    part = _Part(story)
    for step in story.steps:
        match step:
            case Checkpoint(name) if part.steps:
                part.ends.append(name)
            case Checkpoint(name):
                part.begins.append(name)
            case _:
                if part.ends:
                    yield part
                    part = _Part(story, begins=part.ends)
                part.steps.append(step)
    if part.steps:
        yield part


def _ways(
    part: _Part, entries: Mapping[str, list[_Part]], passed: frozenset[str]
) -> Iterator[tuple[Step, ...]]:
    following = [
        (after, name) for name in part.ends if name not in passed for after in entries.get(name, ())
    ]
    for steps in _decided(part.steps):
        if not following:
            yield steps
        for after, name in following:
            for rest in _ways(after, entries, passed | {name}):
                yield steps + rest


def _decided(steps: Iterable[Step]) -> Iterator[tuple[Step, ...]]:
    """`steps` with one way of each `or`; the last one changes first."""
    choices = [step.ways if isinstance(step, Either) else ((step,),) for step in steps]
    for ways in product(*choices):
        yield tuple(step for way in ways for step in way)
