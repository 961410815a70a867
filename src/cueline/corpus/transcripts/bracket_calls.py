"""Calls in square brackets in Python's notation: `[Find Parcel(number="7"), weather()]`."""

from __future__ import annotations

import ast
import re

from cueline.corpus.transcripts.calls import as_json
from cueline.corpus.transcripts.events import Call

_NAME = re.compile(r"\s*([^()\[\]{},=\"']+?)\s*\(")
_TOKEN = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|[()\[\]{}]", re.DOTALL)


def bracket_calls(text: str, offered: frozenset[str] | None) -> list[Call]:
    """The calls that `text` as a whole is; none where it is anything else.

    With `offered` the names must be among them.
    """
    text = text.strip()
    if not (text.startswith("[") and text.endswith(")]")):
        return []
    found: list[Call] = []
    at, end = 1, len(text) - 1
    while at < end:
        name = _NAME.match(text, at)
        close = _end_of_arguments(text, name.end()) if name else None
        if name is None or close is None:
            return []
        arguments = _arguments(text[name.end() : close])
        if arguments is None or (offered is not None and name[1] not in offered):
            return []
        found.append(Call(name[1], arguments))
        between = text[close + 1 : end].lstrip()
        if between and not between.startswith(","):
            return []
        at = end if not between else text.index(",", close) + 1
    return found


def _end_of_arguments(text: str, start: int) -> int | None:
    """Where the bracket closes that opened before `start`."""
    depth = 1
    for token in _TOKEN.finditer(text, start):
        if token[0] in "([{":
            depth += 1
        elif token[0] in ")]}":
            depth -= 1
            if depth == 0:
                return token.start()
    return None


def _arguments(text: str) -> dict[str, object] | None:
    """Keyword arguments as a dict; None where they are something else."""
    try:
        call = ast.parse(f"f({text})", mode="eval").body
        if not isinstance(call, ast.Call) or call.args:
            return None
        named = {one.arg: ast.literal_eval(one.value) for one in call.keywords if one.arg}
        return dict(as_json(named))
    except (SyntaxError, ValueError, RecursionError, MemoryError, TypeError):
        return None
