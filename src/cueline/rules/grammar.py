"""A rules file, one precondition a line, to preconditions.

    # a comment
    refund only after look_up_order
    refund never twice
    cancel never after refund
    offer only if db_count > 0
    offer only if area is known
    call only if known has food
    book only if city is "New York"
    book only if authenticated is true
    ask_area never if area is known

`is` takes a category, a number, `true`, `false` or `known`; `has` takes one of several categories;
`>`, `>=`, `<` and `<=` take a number. What stands in quotes, those of JSON, is always a name or a
category; without them it is one word.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from cueline.actions import ActionSpace
from cueline.errors import Place, SettingsError
from cueline.rules.conditions import (
    Compares,
    Condition,
    Equals,
    Has,
    IsKnown,
    IsTrue,
    WasDone,
    as_number,
)
from cueline.rules.precondition import Precondition

_TOKEN = re.compile(r'\s*(?:#.*|("(?:[^"\\]|\\.)*")(?=\s|$)|([^\s"#][^\s"]*)(?=\s|$))', re.DOTALL)
_LINES = (
    "say `ACTION only after ACTION`, `ACTION never after ACTION`, `ACTION never twice`, "
    "`ACTION only if CONDITION` or `ACTION never if CONDITION`"
)
_CONDITIONS = (
    "say `FEATURE is known`, `FEATURE is VALUE`, `FEATURE has VALUE` or `FEATURE > NUMBER` "
    "(or >=, <, <=), with names of several words in quotes"
)


class WrittenPrecondition(NamedTuple):
    """A precondition, and where it is written."""

    place: Place
    precondition: Precondition


class _Token(NamedTuple):
    text: str
    quoted: bool


def read_rules(path: Path) -> list[WrittenPrecondition]:
    """The preconditions in the file `path`. Raises `SettingsError` with the line."""
    try:
        text = path.read_text("utf-8-sig")
    except FileNotFoundError:
        raise SettingsError(f"{path}: no such file") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{path}: not text in UTF-8; save it as that") from None
    written = []
    for number, line in enumerate(text.split("\n"), start=1):
        try:
            precondition = parse(line)
        except ValueError as error:
            raise SettingsError(f"{Place(path, number)} {error}") from None
        if precondition is not None:
            written.append(WrittenPrecondition(Place(path, number), precondition))
    return written


def parse(line: str) -> Precondition | None:
    """The precondition that `line` says; None for an empty line. Raises `ValueError`."""
    match _tokens(line):
        case []:
            return None
        case [_Token(action), _Token("never", False), _Token("twice", False)]:
            return Precondition(action, False, WasDone(action))
        case [_Token(action), _Token("only" | "never" as when, False), _Token("after", False), *to]:
            if len(to) == 1:
                return Precondition(action, when == "only", WasDone(to[0].text))
            raise ValueError(f"`{when} after` takes one action, in quotes if it has several words")
        case [_Token(action), _Token("only" | "never" as when, False), _Token("if", False), *to]:
            return Precondition(action, when == "only", _condition(to))
    raise ValueError(f"not a precondition: {line.strip()}; {_LINES}")


def check_names(
    written: Sequence[WrittenPrecondition], space: ActionSpace, kinds: set[tuple[str, str]]
) -> None:
    """Raise `SettingsError` at the first action or feature that the corpus does not have.

    `kinds` are the features with what they are: `category`, `number` or `boolean`.
    """
    features = sorted({name for name, _ in kinds})
    for place, precondition in written:
        fact = precondition.fact
        _check_name(place, "action", precondition.action, space.names)
        if isinstance(fact, WasDone):
            _check_name(place, "action", fact.action, space.names)
            continue
        _check_name(place, "feature", fact.feature, features)
        wanted = _kind(fact)
        if wanted is not None and (fact.feature, wanted) not in kinds:
            known = " or a ".join(sorted(kind for name, kind in kinds if name == fact.feature))
            raise SettingsError(
                f"{place} the feature {fact.feature!r} is a {known} in the corpus, never a "
                f"{wanted}; ask for what it is"
            )


def _tokens(line: str) -> list[_Token]:
    tokens, place = [], 0
    while line[place:].strip():
        found = _TOKEN.match(line, place)
        if found is None:
            raise ValueError(f"quotes go around a whole name, at: {line[place:].strip()}")
        quoted, bare = found.groups()
        if quoted is not None:
            tokens.append(_Token(_unquoted(quoted), True))
        elif bare is not None:
            tokens.append(_Token(bare, False))
        place = found.end()
    return tokens


def _unquoted(quoted: str) -> str:
    try:
        return str(json.loads(quoted, strict=False))
    except json.JSONDecodeError:
        raise ValueError(f"not a text as JSON has it: {quoted}") from None


def _condition(tokens: list[_Token]) -> Condition:
    match tokens:
        case [_Token(feature), _Token("is", False), _Token("known", False)]:
            return IsKnown(feature)
        case [_Token(feature), _Token("is", False), _Token("true" | "false" as truth, False)]:
            return IsTrue(feature, truth == "true")
        case [_Token(feature), _Token("is", False), _Token(text, quoted)]:
            value = None if quoted else as_number(text)
            return Equals(feature, text if value is None else value)
        case [_Token(feature), _Token("has", False), _Token(text)]:
            return Has(feature, text)
        case [_Token(feature), _Token(">" | ">=" | "<" | "<=" as sign, False), _Token(text, False)]:
            if (value := as_number(text)) is not None:
                return Compares(feature, sign, value)
            raise ValueError(f"`{sign}` takes a number, not {text!r}")
    text = " ".join(token.text for token in tokens)
    raise ValueError(f"not a condition: {text or 'nothing'}; {_CONDITIONS}")


def _kind(fact: Condition) -> str | None:
    """What a feature must be for `fact` to hold; None where anything will do."""
    if isinstance(fact, IsKnown):
        return None
    if isinstance(fact, IsTrue):
        return "boolean"
    if isinstance(fact, Compares) or isinstance(fact.value, float):
        return "number"
    return "category"


def _check_name(place: Place, what: str, name: str, known: Sequence[str]) -> None:
    if name not in known:
        nearest = get_close_matches(name, known, cutoff=0)
        advice = f"the nearest is {nearest[0]!r}" if nearest else "it has none"
        raise SettingsError(f"{place} the corpus has no {what} {name!r}; {advice}")
