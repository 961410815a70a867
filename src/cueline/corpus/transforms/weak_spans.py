"""Spans that nobody marked: the user's words that an argument of a later call repeats.

Weak labels to train by (distant supervision: Mintz et al., 2009), never an input.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec.structs import replace

from cueline.dialogue import Dialogue, Span, Turn

LOOK_BACK = 6
"""Turns of the user that are looked through for an argument, the latest first."""


def weak_spans(dialogue: Dialogue) -> Dialogue:
    """`dialogue` with the spans that its calls' arguments are copied from, each labelled by the
    parameter's name.
    """
    turns = list(dialogue.turns)
    spans: dict[int, list[Span]] = {}
    for number, turn in enumerate(turns):
        said = [n for n in range(number, -1, -1) if turns[n].user][:LOOK_BACK]
        for name, value in _arguments(turn):
            for place in said:
                if found := _find(value, turns[place].user or ""):
                    taken = spans.setdefault(place, [])
                    if not any(one.start < found[1] and found[0] < one.end for one in taken):
                        taken.append(Span(*found, name))
                    break
    for place, marks in spans.items():
        marked = tuple(sorted(marks, key=lambda span: span.start))
        turns[place] = replace(turns[place], spans=marked)
    return replace(dialogue, turns=tuple(turns))


def _arguments(turn: Turn) -> Iterator[tuple[str, str]]:
    for calls in turn.arguments.values():
        for call in calls:
            yield from _texts(call.items())


def _texts(pairs: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, str]]:
    for name, value in pairs:
        items = value if isinstance(value, list | tuple) else [value]
        for item in items:
            if isinstance(item, Mapping):
                yield from _texts(item.items())
            elif isinstance(item, str | int | float) and not isinstance(item, bool):
                yield str(name), str(item)


def _find(value: str, text: str) -> tuple[int, int] | None:
    """Where `value` stands in `text` as whole words, the last time."""
    wanted = r"[\s,]+".join(map(re.escape, value.split()))
    if not wanted:
        return None
    found = [*re.finditer(rf"(?<!\w){wanted}(?!\w)", text, re.IGNORECASE)]
    return found[-1].span() if found else None
