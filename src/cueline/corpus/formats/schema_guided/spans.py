"""The words that these corpora mark, as spans of a turn."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from cueline.corpus.account import Account
from cueline.corpus.formats.schema_guided.frames import Frame, MarkedWords, Utterance
from cueline.dialogue import Span, Value
from cueline.errors import Place

OUTSIDE = "marked words that are not in the utterance"
COPIED = "slots that are copied, with no words of their own"


def shifted(spans: Iterable[Span], by: int) -> Iterator[Span]:
    """`spans` in a text before which `by` characters more stand."""
    return (Span(one.start + by, one.end + by, one.label, one.value) for one in spans)


def spans_of(turn: Utterance, place: Place, account: Account) -> list[Span]:
    """The spans of what the user says, in order, each once however many services share it."""
    found: dict[tuple[int, int, str], Span] = {}
    for frame in turn.frames:
        for marked in frame.slots:
            start, end = marked.start, marked.exclusive_end
            if start is None or end is None:
                account.ignore(COPIED, place)
            elif not 0 <= start < end <= len(turn.utterance):
                account.leave_out(OUTSIDE, place)
            else:
                value = _value(turn.utterance[start:end], marked, frame)
                found.setdefault((start, end, marked.slot), Span(start, end, marked.slot, value))
    return [found[key] for key in sorted(found)]


def _value(words: str, marked: MarkedWords, frame: Frame) -> Value | None:
    """What `words` stand for; None where that is themselves, or nobody says."""
    value: Any = marked.value
    for act in frame.actions:
        if act.slot == marked.slot and value is None:
            value = dict(zip(map(str, act.values), act.canonical_values, strict=False)).get(words)
    return value if isinstance(value, Value) and value != words else None
