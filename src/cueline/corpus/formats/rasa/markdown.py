"""Rasa 1.x stories in Markdown, and NLU examples in it.

## a story
> a checkpoint{"found": null}
* inform{"city": "Rome"} OR deny        or   * inform: to [Rome](city)   or only the words
    - action_search
    - slot{"found": true}

Lines that begin `* form: ` or `- form: ` tell what a form did by itself; Rasa passes them over too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from cueline.corpus.account import Account
from cueline.corpus.files import unpacked
from cueline.corpus.formats.rasa.annotations import annotated, marked
from cueline.corpus.formats.rasa.records import did, entities_of, scalar
from cueline.corpus.formats.rasa.story import (
    Acted,
    Alternatives,
    Checkpoint,
    Happening,
    Loop,
    SlotsSet,
    SlotValue,
    Step,
    Story,
    UserUttered,
)
from cueline.errors import Place, corpus_error

_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_INTENT = re.compile(r"([^\s{}:]+)\s*(\{.*\})?\s*(?::\s*(.*\S))?\s*")
_EVENT = re.compile(r"([^\s{}]+)\s*(\{.*\})?\s*")
_BY_THE_FORM = re.compile(r"[*-]\s+form: ")
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


def stories(path: Path, text: bytes, account: Account, words: bool = False) -> Iterator[Story]:
    """The stories of the file; with `words` the user's lines are words, never intents."""
    name, place = "", Place(path)
    steps: list[Step] = []
    for where, line in lines(path, text):
        if line.startswith("#"):
            if steps:
                yield Story(name, tuple(steps), place)
            name, place, steps = line.strip("# ") or unpacked(path).stem, where, []
            account.record()
        elif not name:
            account.leave_out("lines before the first story, '## its name'", where)
        else:
            steps += _steps(line, where, account, words)
    if steps:
        yield Story(name, tuple(steps), place)


def _steps(line: str, where: Place, account: Account, words: bool) -> Iterator[Step]:
    mark, rest = line[0], line[1:].strip()
    if _BY_THE_FORM.match(line) and not words:
        account.leave_out("lines `form: `, of what a form did by itself", where)
    elif mark not in ">*-" or not rest:
        what = "lines that are no '## story', '* user', '- action' or '> checkpoint'"
        account.leave_out(what, where)
    elif mark == ">":
        checkpoint, brace, slots = rest.partition("{")
        yield Checkpoint(checkpoint.strip(), _json(brace + slots, where, account))
    elif mark == "-":
        yield from _did(rest, where, account)
    else:
        yield UserUttered(text=rest) if words else _user(rest, where, account)


def examples(path: Path, text: bytes) -> Iterator[tuple[str, str]]:
    """Intent and example of each NLU example in the file."""
    intent = None
    for _, line in lines(path, text):
        if line.startswith("#"):
            found = _NLU.fullmatch(line)
            intent = found[2] if found and found[1] == "intent" else None
        elif intent is not None and line[0] in "-*+":
            yield intent, line[1:].strip()


def _user(text: str, place: Place, account: Account) -> Step:
    ways = [_INTENT.fullmatch(way) for way in re.split(r"\s+OR\s+", text)]
    if not all(ways):
        words, entities = annotated(text)
        return UserUttered(None, entities, words, marked(text)[1])
    said = [_said(way, place, account) for way in ways if way]
    return said[0] if len(said) == 1 else Alternatives(tuple(said))


def _said(match: re.Match[str], place: Place, account: Account) -> UserUttered:
    entities = tuple(entities_of(_json(match[2], place, account)))
    words, found = (None, ()) if match[3] is None else annotated(match[3])
    spans = () if match[3] is None else marked(match[3])[1]
    return UserUttered(match[1].removeprefix("/"), (*entities, *found), words, spans)


def _did(text: str, place: Place, account: Account) -> Iterator[Happening]:
    event = _EVENT.fullmatch(text)
    if event is None:
        yield Acted(text, text=text)
        return
    name, values = event[1], _json(event[2], place, account)
    if name == "slot":
        yield SlotsSet(values)
    elif name in ("form", "active_loop"):
        form = values.get("name")
        yield Loop(form if isinstance(form, str) else None)
    else:
        yield from did(name)


def _json(text: str | None, place: Place, account: Account) -> dict[str, SlotValue]:
    if not text:
        return {}
    try:
        found: dict[str, Any] = msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError):
        account.leave_out('braces that are no JSON, {"name": value}', place)
        return {}
    return {name: scalar(value) for name, value in found.items() if name}
