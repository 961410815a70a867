"""Rasa 1.x stories in Markdown, and NLU examples in it.

## a story
> a checkpoint
* inform{"city": "Rome"} OR deny        or   * inform: to [Rome](city)   or only the words
    - action_search
    - slot{"found": true}
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

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
from cueline.errors import Place, corpus_error

_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_INTENT = re.compile(r"([^\s{}:]+)\s*(\{.*\})?\s*(?::\s*(.*\S))?\s*")
_EVENT = re.compile(r"(slot|form|active_loop)\s*(\{.*\})\s*")
_NLU = re.compile(r"##\s*(intent|synonym|regex|lookup)\s*:\s*(.+?)\s*")


def lines(path: Path, text: bytes) -> Iterator[tuple[Place, str]]:
    """The lines that say something, without comments."""
    try:
        plain = text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = Place(path, text[: error.start].count(b"\n") + 1)
        raise corpus_error(place, "not UTF-8; save the file as UTF-8") from None
    plain = _COMMENT.sub(lambda comment: "\n" * comment[0].count("\n"), plain)
    for number, line in enumerate(plain.split("\n"), start=1):
        if line.strip():
            yield Place(path, number), line.strip()


def stories(path: Path, text: bytes, words: bool = False) -> Iterator[Story]:
    """The stories of the file; with `words` the user's lines are words, never intents."""
    name, place = "", Place(path)
    steps: list[Step] = []
    for where, line in lines(path, text):
        mark, rest = line[0], line[1:].strip()
        if mark == "#":
            if steps:
                yield Story(name, tuple(steps), place)
            name, place, steps = line.strip("# ") or path.stem, where, []
        elif not name:
            raise corpus_error(where, "a story begins with '## its name'")
        elif mark == ">" and rest:
            checkpoint, brace, slots = rest.partition("{")
            steps.append(Checkpoint(checkpoint.strip()))
            if brace:
                steps.append(SlotsSet(_slots(brace + slots, where)))
        elif mark == "*" and rest:
            steps.append(Said(text=rest) if words else _user(rest, where))
        elif mark == "-" and rest:
            steps.append(_did(rest, where))
        else:
            raise corpus_error(where, "expected '## story', '* user', '- action' or '> checkpoint'")
    if steps:
        yield Story(name, tuple(steps), place)


def examples(path: Path, text: bytes) -> Iterator[tuple[str, str]]:
    """Intent and example of each NLU example in the file."""
    intent = None
    for _, line in lines(path, text):
        if line.startswith("#"):
            found = _NLU.fullmatch(line)
            intent = found[2] if found and found[1] == "intent" else None
        elif intent is not None and line[0] in "-*+":
            yield intent, line[1:].strip()


def _user(text: str, place: Place) -> Step:
    ways = [_INTENT.fullmatch(way) for way in re.split(r"\s+OR\s+", text)]
    if not all(ways):
        words, entities = annotated(text)
        return Said(None, entities, words)
    said = [_said(way, place) for way in ways if way]
    return said[0] if len(said) == 1 else Either(tuple((one,) for one in said))


def _said(match: re.Match[str], place: Place) -> Said:
    entities = tuple((k, v) for k, v in _slots(match[2], place).items() if not isinstance(v, list))
    words, found = (None, ()) if match[3] is None else annotated(match[3])
    return Said(match[1].removeprefix("/"), (*entities, *found), words)


def _did(text: str, place: Place) -> Step:
    event = _EVENT.fullmatch(text)
    if event is None:
        return Acted(text) if " " not in text else Acted(text, text=text)
    values = _slots(event[2], place)
    if event[1] == "slot":
        return SlotsSet(values)
    name = values.get("name")
    return Loop(name if isinstance(name, str) else None)


def _slots(text: str | None, place: Place) -> dict[str, SlotValue]:
    if not text:
        return {}
    try:
        found: dict[str, Any] = msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError):
        raise corpus_error(place, f'expected {{"name": value}}, not {text[:60]}') from None
    return {name: _value(value) for name, value in found.items() if name}


def _value(value: Any) -> SlotValue:
    match value:
        case None | str():
            return value
        case bool():
            return str(value).lower()
        case list():
            return [str(item) for item in value]
    return str(value)
