"""BIO labels: `B-x` begins a span of the label x, `I-x` goes on with it, `O` is none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from cueline.dialogue import Span
from cueline.tokenizer import Token
from cueline.types import Array, Bits

OUTSIDE = 0
IMPOSSIBLE = -1e9


class LabelledSpan(NamedTuple):
    """Words `first` to before `last` with one label, by its number."""

    first: int
    last: int
    label: int


def begin(label: int) -> int:
    """The number of `B-label`."""
    return 1 + 2 * label


def inside(label: int) -> int:
    """The number of `I-label`."""
    return 2 + 2 * label


def encode(spans: Sequence[Span], tokens: Sequence[Token], labels: Sequence[str]) -> list[int]:
    """The BIO number of each word; of spans that overlap, the longer one counts.

    A word belongs to a span that it shares a character with.
    """
    found = [OUTSIDE] * len(tokens)
    for span in sorted(spans, key=lambda span: (span.start - span.end, span.start)):
        words = [
            number
            for number, token in enumerate(tokens)
            if token.start < span.end and span.start < token.end
        ]
        if span.label in labels and words and not any(found[number] for number in words):
            label = labels.index(span.label)
            found[words[0]] = begin(label)
            for number in words[1:]:
                found[number] = inside(label)
    return found


def decode(numbers: Sequence[int]) -> list[LabelledSpan]:
    """The spans of legal BIO numbers."""
    found: list[LabelledSpan] = []
    for place, number in enumerate(numbers):
        if number == OUTSIDE:
            continue
        label = (number - 1) // 2
        if number == begin(label):
            found.append(LabelledSpan(place, place + 1, label))
        else:
            found[-1] = found[-1]._replace(last=place + 1)
    return found


def may_follow(count: int) -> Bits:
    """Whether a number (column) may follow another (row), for `count` labels.

    `I-x` follows `B-x` and `I-x` alone. *Shape:* (2 * count + 1, 2 * count + 1).
    """
    allowed = np.ones((2 * count + 1, 2 * count + 1), bool)
    for label in range(count):
        allowed[:, inside(label)] = False
        allowed[[begin(label), inside(label)], inside(label)] = True
    return allowed


def best_legal(scores: Array, allowed: Bits) -> list[int]:
    """The legal numbers with the highest sum of scores (Viterbi, 1967). *Shape:* (T, L)."""
    best: list[int] = scores.argmax(axis=1).tolist()
    if _is_legal(best):
        return best
    steps = np.where(allowed, 0.0, IMPOSSIBLE)
    total = np.where(np.arange(scores.shape[1]) % 2 == 0, IMPOSSIBLE, 0.0) + scores[0]
    total[OUTSIDE] = scores[0, OUTSIDE]
    back = []
    for row in scores[1:]:
        through = total[:, None] + steps
        back.append(through.argmax(axis=0))
        total = through.max(axis=0) + row
    path = [int(total.argmax())]
    for pointers in reversed(back):
        path.append(int(pointers[path[-1]]))
    return path[::-1]


def _is_legal(numbers: Sequence[int]) -> bool:
    before = OUTSIDE
    for number in numbers:
        if number and number % 2 == 0 and before not in (number, number - 1):
            return False
        before = number
    return True
