"""`cueline.io.decode` for callers that bring a decoder of their own."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from cueline import io
from cueline.errors import Place

T = TypeVar("T")
convert = io.convert


def decode(text: bytes, decoder: msgspec.json.Decoder[T], place: Place) -> T:
    """The record in `text`, which stands at `place`; raises `CorpusError`."""
    return io.decode(text, decoder.type, place)
