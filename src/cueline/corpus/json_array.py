"""Where the items of a JSON array end, without decoding them: brackets and quotes are counted."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from cueline.types import Bits, Ints

_QUOTE, _BACKSLASH, _COMMA = b'"'[0], b"\\"[0], b","[0]
_STEPS = np.zeros(256, dtype=np.int8)
"""How much deeper a byte leads."""
_STEPS[list(b"[{")], _STEPS[list(b"]}")] = 1, -1
_COUNTS = np.zeros(256, dtype=bool)
"""Whether a byte matters here."""
_COUNTS[list(b'[]{},"')] = True


class Ends(NamedTuple):
    """Where items end: at commas, and at the end of the array itself, None if it is not there."""

    commas: list[int]
    array: int | None


def ends(text: bytes) -> Ends:
    """Where the items in `text` end; it begins within an array, at an item."""
    codes = np.frombuffer(text, dtype=np.uint8)
    at = np.flatnonzero(_COUNTS[codes])
    kinds = codes[at]
    quotes = kinds == _QUOTE
    quotes[quotes] = ~_escaped(codes, at[quotes])
    outside = (np.cumsum(quotes) & 1 == 0) & (kinds != _QUOTE)
    at, kinds = at[outside], kinds[outside]
    depth = np.cumsum(_STEPS[kinds], dtype=np.int64)
    closed = np.flatnonzero(depth < 0)
    end = len(at) if len(closed) == 0 else int(closed[0])
    commas = at[:end][(depth[:end] == 0) & (kinds[:end] == _COMMA)]
    return Ends(commas.tolist(), None if len(closed) == 0 else int(at[end]))


def _escaped(codes: Ints, quotes: Ints) -> Bits:
    """Whether each of the quotes stands after an odd number of backslashes."""
    escaped = np.zeros(len(quotes), dtype=bool)
    after = np.flatnonzero((quotes > 0) & (codes[quotes - 1] == _BACKSLASH))
    if len(after) == 0:
        return escaped
    slashes = np.flatnonzero(codes == _BACKSLASH)
    order = np.arange(len(slashes))
    begins = np.diff(slashes, prepend=-2) != 1
    first = np.maximum.accumulate(np.where(begins, order, 0))
    last = np.searchsorted(slashes, quotes[after] - 1)
    escaped[after] = (last - first[last]) % 2 == 0
    return escaped
