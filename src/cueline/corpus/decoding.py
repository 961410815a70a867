"""JSON to records, where every error says `file:line: $.path: what`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

import msgspec

from cueline.errors import Place, corpus_error

T = TypeVar("T")
_BYTE = re.compile(r"\(byte (\d+)\)")


def decode(text: bytes, decoder: msgspec.json.Decoder[T], place: Place) -> T:
    """The record in `text`, which stands at `place`; raises `CorpusError`."""
    return _or_complain(lambda: decoder.decode(text), text, place)


def convert(value: object, type: type[T], place: Place) -> T:
    """`value`, decoded JSON that stands at `place`, as a record; raises `CorpusError`."""
    return _or_complain(lambda: msgspec.convert(value, type), b"", place)


def _or_complain(attempt: Callable[[], T], text: bytes, place: Place) -> T:
    try:
        return attempt()
    except msgspec.DecodeError as error:
        what, _, path = str(error).partition(" - at `")
        inner = path.rstrip("`").removeprefix("$")
        malformed = not isinstance(error, msgspec.ValidationError)
        whole = place.path if malformed else f"{place.path or '$'}{inner}"
        raise corpus_error(Place(place.file, _line(what, text, place), whole), what) from None
    except UnicodeDecodeError:
        what = f"not UTF-8 at byte {_first_bad_byte(text)}; save the file as UTF-8"
    except RecursionError:
        what = "nested too deeply"
    raise corpus_error(place, what)


def _line(what: str, text: bytes, place: Place) -> int | None:
    """The line of the byte that a message about malformed JSON names, else that of the item."""
    byte = _BYTE.search(what)
    if byte is None or place.line is None:
        return place.line
    return place.line + text[: int(byte[1])].count(b"\n")


def _first_bad_byte(text: bytes) -> int:
    try:
        text.decode()
    except UnicodeDecodeError as error:
        return error.start
    return 0
