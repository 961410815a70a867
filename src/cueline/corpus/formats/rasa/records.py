"""Rasa's YAML as it stands in a file, as far as Cueline reads it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType, field

from cueline.corpus.formats.rasa.annotations import annotated
from cueline.corpus.formats.rasa.story import (
    Acted,
    Checkpoint,
    Either,
    Loop,
    Said,
    SlotsSet,
    SlotValue,
    Step,
    Story,
)
from cueline.corpus.formats.rasa.yaml_records import Mapping, convert
from cueline.errors import Place

Name = Annotated[str, Meta(min_length=1)]
Slots = dict[Name, str | list[str] | None]
_ANYTHING = "..."
"""An action of a rule that stands for whatever came before."""
_OF_ENTITY = ("role", "group", "value", "start", "end")


class StepRecord(Struct, forbid_unknown_fields=True):
    """One item of `steps`."""

    intent: Name | None = None
    user: str | None = None
    entities: list[Name | dict[Name, Any]] | dict[Name, Any] | None = None
    action: Name | None = None
    bot: Name | None = None
    slot_was_set: list[Name | Slots] | Slots | Name | None = None
    active_loop: Name | None | UnsetType = UNSET
    checkpoint: Name | None = None
    either: list[StepRecord] | None = field(name="or", default=None)
    metadata: Any = None

    def steps(self) -> Iterator[Step]:
        """What happens in it; a checkpoint may come with slots."""
        if self.checkpoint is not None:
            yield Checkpoint(self.checkpoint)
        if self.either:
            yield Either(tuple(tuple(record.steps()) for record in self.either))
        if self.intent is not None or self.user is not None:
            yield self._said()
        if self.action is not None and self.action != _ANYTHING:
            yield Acted(self.action)
        if self.bot is not None:
            yield Acted(self.bot, text=self.bot)
        if self.slot_was_set:
            yield SlotsSet(_slots(self.slot_was_set))
        if self.active_loop is not UNSET:
            yield Loop(self.active_loop)

    def _said(self) -> Said:
        text, found = (None, ()) if self.user is None else annotated(self.user.strip())
        intent = None if self.intent is None else self.intent.removeprefix("/")
        return Said(intent, (*_entities(self.entities), *found), text)


class StoryRecord(Struct):
    """A story."""

    story: Name
    steps: list[StepRecord] = []


class RuleRecord(Struct):
    """A rule: a short story that holds wherever its condition does."""

    rule: Name
    steps: list[StepRecord] = []
    condition: list[StepRecord] = []


class _Stories(Struct):
    stories: list[StoryRecord] | None = None
    rules: list[RuleRecord] | None = None


def stories(content: Mapping, path: Path) -> Iterator[Story]:
    """The stories, then the rules of a file."""
    records = convert(content, _Stories, path)
    lines = [_lines(content.get(key)) for key in ("stories", "rules")]
    for story, line in zip(records.stories or (), lines[0], strict=True):
        yield Story(story.story, _steps(story.steps), Place(path, line))
    for rule, line in zip(records.rules or (), lines[1], strict=True):
        steps = _steps([*rule.condition, *rule.steps])
        yield Story(rule.rule, steps, Place(path, line), rule=True)


def _steps(records: list[StepRecord]) -> tuple[Step, ...]:
    return tuple(step for record in records for step in record.steps())


def _lines(items: list[Mapping] | None) -> list[int]:
    return [item.line for item in items or ()]


def _slots(given: list[str | Slots] | Slots | str) -> dict[str, SlotValue]:
    """Slot to value; one that is only named is set to anything."""
    slots: dict[str, SlotValue] = {}
    for item in given if isinstance(given, list) else [given]:
        slots |= {item: "true"} if isinstance(item, str) else item
    return slots


def _entities(
    given: list[str | dict[str, Any]] | dict[str, Any] | None,
) -> Iterator[tuple[str, str | None]]:
    for item in given if isinstance(given, list) else [given or {}]:
        if isinstance(item, str):
            yield item, None
            continue
        for name, value in item.items():
            if name not in _OF_ENTITY:
                yield name, value if isinstance(value, str) else None
