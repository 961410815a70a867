"""Stories and rules as Rasa's YAML has them. What Rasa would not take is counted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from cueline.corpus.account import Account
from cueline.corpus.formats.rasa.annotations import annotated, marked
from cueline.corpus.formats.rasa.story import (
    Acted,
    Alternatives,
    Checkpoint,
    Entity,
    Event,
    Happening,
    Loop,
    Named,
    SlotsSet,
    SlotValue,
    Step,
    Story,
    UserUttered,
)
from cueline.corpus.formats.rasa.yaml_records import Items, YamlMapping
from cueline.errors import Place

_COMMAND = re.compile(r"/(?P<intent>[^{@]+)(?:@[0-9.]+)?(?P<entities>\{.+\})?", re.DOTALL)
_EVENTS = {event.value: event for event in Event}
_NO_EFFECT = ("pause", "resume", "export", "followup", "reminder", "cancel_reminder", "agent")
"""Events that no policy ever sees."""
_KEYS = {
    "intent": ("user", "entities"),
    "user": ("intent",),
    "or": (),
    "action": (),
    "bot": (),
    "checkpoint": ("slot_was_set",),
    "slot_was_set": (),
    "active_loop": (),
    "form": (),
    "metadata": (),
}
"""What makes a step what it is, the first that it has, and what may come with that."""


def stories(content: YamlMapping, path: Path, account: Account) -> Iterator[Story]:
    """The stories, then the rules of a file."""
    for plural, name in (("stories", "story"), ("rules", "rule")):
        for record, line in _items(content.get(plural), path, content.line, account):
            account.record()
            if isinstance(record, YamlMapping) and isinstance(record.get(name), str):
                yield _Reader(path, account).story(record, name)
            else:
                account.leave_out(f"{plural} without a name, `{name}`", Place(path, line))


def _items(value: Any, path: Path, line: int, account: Account) -> Iterator[tuple[Any, int]]:
    """The items of a list with their lines; what is no list is passed over."""
    if isinstance(value, Items):
        yield from zip(value, value.lines, strict=True)
    elif value is not None:
        account.leave_out(
            "what is no list where one was expected", Place(path, line, _shown(value))
        )


def _shown(value: Any) -> str:
    return str(value)[:40]


class _Reader:
    """Reads the steps of one file."""

    def __init__(self, path: Path, account: Account) -> None:
        self.path = path
        self.account = account

    def story(self, record: YamlMapping, name: str) -> Story:
        """A story, or a rule if `name` is `rule`."""
        return Story(
            record[name],
            tuple(self._steps(record.get("steps"), record.line)),
            Place(self.path, record.line),
            rule=name == "rule",
            condition=tuple(self._condition(record)),
            at_start=record.get("conversation_start") in ("true", "True"),
            waits=record.get("wait_for_user_input") not in ("false", "False"),
        )

    def _condition(self, record: YamlMapping) -> Iterator[Happening]:
        for step in self._steps(record.get("condition"), record.line):
            if isinstance(step, SlotsSet | Loop):
                yield step
            else:
                self._leave_out("conditions that are no slot and no form", record.line)

    def _steps(self, records: Any, line: int) -> Iterator[Step]:
        for record, at in _items(records, self.path, line, self.account):
            if isinstance(record, YamlMapping):
                yield from self._step(record)
            else:
                self._leave_out("steps that are none", at, f"`{_shown(record)}`")

    def _step(self, record: YamlMapping) -> Iterator[Step]:
        kind = next((key for key in _KEYS if key in record), None)
        if kind is None:
            self._leave_out("steps that are none", record.line, f"`{', '.join(record)}`")
            return
        for key in record:
            if key not in (kind, *_KEYS[kind], "metadata"):
                what = "keys of steps that do not belong there"
                self._leave_out(what, record.line, f"`{key}` beside `{kind}`")
        value = record[kind]
        match kind:
            case "intent" | "user":
                yield from self._said(record)
            case "or":
                yield from self._either(record)
            case "slot_was_set":
                if slots := dict(self._slots(value, record.line)):
                    yield SlotsSet(slots)
            case "checkpoint" if isinstance(value, str):
                yield Checkpoint(value, dict(self._slots(record.get("slot_was_set"), record.line)))
            case "active_loop" | "form" if value is None or isinstance(value, str):
                yield Loop(value)
            case "action" if isinstance(value, str):
                yield from did(value)
            case "bot" if isinstance(value, str):
                yield Acted(value, text=value)
            case "metadata":
                pass
            case _:
                self._leave_out("steps that are none", record.line, f"`{kind}: {_shown(value)}`")

    def _said(self, record: YamlMapping) -> Iterator[UserUttered]:
        """As Rasa, of entities it takes those marked in the text if there is one."""
        intent, text = record.get("intent"), record.get("user")
        if not isinstance(intent, str | None) or not isinstance(text, str | None):
            self._leave_out("intents and texts that are no text", record.line)
        elif text is not None:
            words, entities = annotated(text.strip())
            spans = marked(text.strip())[1]
            yield UserUttered(_intent(intent), command(words) or entities, words, spans)
        elif intent is not None:
            yield UserUttered(_intent(intent), tuple(self._entities(record)))
        else:
            self._leave_out("intents without a name", record.line)

    def _either(self, record: YamlMapping) -> Iterator[Step]:
        """The ways of an `or`: intents, and each slot of `slot_was_set` for itself."""
        ways: list[UserUttered | SlotsSet] = []
        for item, line in _items(record["or"], self.path, record.line, self.account):
            keys = item.keys() if isinstance(item, YamlMapping) else ()
            if "intent" in keys:
                ways += self._said(item)
            elif "slot_was_set" in keys:
                slots = self._slots(item["slot_was_set"], line)
                ways += [SlotsSet({name: value}) for name, value in slots]
            else:
                self._leave_out("an `or` of something else than intents and slots", line)
                return
        if len(ways) == 1:
            yield ways[0]
        elif ways:
            yield Alternatives(tuple(ways))

    def _slots(self, given: Any, line: int) -> Iterator[tuple[str, SlotValue]]:
        """Slots and their values; one that is only named is set to anything."""
        for item in given if isinstance(given, list) else [] if given is None else [given]:
            if isinstance(item, str):
                yield item, Named.ONLY
            elif isinstance(item, dict):
                yield from ((name, value) for name, value in item.items() if name)
            else:
                self._leave_out("slots that are none", line, f"`{_shown(item)}`")

    def _entities(self, record: YamlMapping) -> Iterator[Entity]:
        given = record.get("entities")
        for item in given if isinstance(given, list) else [] if given is None else [given]:
            if isinstance(item, str) and item:
                yield Entity(item, "")
            elif isinstance(item, dict) and (found := _entity(item)):
                yield found
            else:
                self._leave_out("entities that are none", record.line, f"`{_shown(item)}`")

    def _leave_out(self, what: str, line: int, detail: str = "") -> None:
        self.account.leave_out(what, Place(self.path, line, detail))


def did(name: str) -> Iterator[Happening]:
    """An action, or what Rasa takes for an event because it has the name of one.

    One that no policy sees is a step all the same: a story that goes on with it has not ended.
    """
    if name in _EVENTS:
        yield _EVENTS[name]
    elif name in _NO_EFFECT:
        yield SlotsSet({})
    elif name:
        yield Acted(name)


def command(text: str) -> tuple[Entity, ...]:
    """The entities of a text such as `/inform{"city": "Rome"}`."""
    match = _COMMAND.match(text)
    if match is None or not match["entities"]:
        return ()
    try:
        found = msgspec.json.decode(match["entities"], type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError):
        return ()
    return tuple(entities_of(found))


def entities_of(found: dict[str, Any]) -> Iterator[Entity]:
    """Entities by their names; a list names several."""
    for name, values in found.items():
        for value in values if isinstance(values, list) else [values]:
            yield Entity(name, scalar(value))


def scalar(value: Any) -> SlotValue:
    """A JSON value with its scalars as strings, as YAML is read."""
    match value:
        case None | str():
            return value
        case bool():
            return str(value).lower()
        case list():
            return [scalar(item) for item in value]
        case dict():
            return {name: scalar(item) for name, item in value.items()}
    return str(value)


def _intent(name: str | None) -> str | None:
    return name.strip().removeprefix("/") or None if name else None


def _entity(item: dict[str, Any]) -> Entity | None:
    """The entity of `{city: Rome, role: to}`; of several names the last one counts."""
    names = [name for name in item if name not in ("role", "group")]
    if not names or not names[-1]:
        return None
    role, group = item.get("role"), item.get("group")
    value = item[names[-1]]
    return Entity(
        names[-1], value, *(kind if isinstance(kind, str) else None for kind in (role, group))
    )
