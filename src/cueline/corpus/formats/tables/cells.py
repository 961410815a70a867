"""What the cells of a table say: actions, bits, features, words."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Iterable
from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache
from itertools import compress
from typing import Any

import msgspec

from cueline.dialogue import Feature
from cueline.errors import Place, corpus_error

_SEPARATORS = str.maketrans(";|", ",,")
_BITS = {"0": 0, "0.": 0, "0.0": 0, "False": 0, "1": 1, "1.": 1, "1.0": 1, "True": 1}
"""Bits as Python and NumPy print them."""
_ITEM = re.compile(r"""'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|[^\s,'"]+""")
_PRINTED = re.compile(
    r"""\s*(?:(?:'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")(?:\s*,\s*|\s+|\s*$))*"""
    r"""|\s*(?:(?:[01]\.?0?|True|False)(?:\s*,\s*|\s+|\s*$))*"""
)
"""What stands between the brackets of a printed list: quoted names alone, or bits alone."""
_NAMES = re.compile(r"[^][{}'\"]*")
"""Names that nothing quotes."""
_SEVERAL = re.compile(r"[,;|]")
_NUMBERS = re.compile(r"(?:[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?:\s*,\s*|\s+|$))+")
"""Numbers alone, as NumPy and Python print a vector between brackets."""
_BEGINS = frozenset("+-.0123456789nNiItTfF")
"""What truth values and numbers begin with, `nan` and `inf` among them."""


def is_blank(cell: Any) -> bool:
    """Whether a cell says nothing; NaN is how data frames write an empty one."""
    if isinstance(cell, str):
        return not cell or cell.isspace()
    return cell is None or (isinstance(cell, float) and math.isnan(cell))


def words(cell: Any) -> str | None:
    """What was said; None if nothing was."""
    return None if is_blank(cell) else str(cell)


def actions(cell: Any, of_bits: Iterable[str], place: Place) -> tuple[str, ...] | None:
    """A list of names, or of 0 and 1, or text with `,`, `;` or `|` between; None if blank.

    `of_bits` names the bits of a list of 0 and 1; without names they are `action_0`, `action_1`.
    """
    if is_blank(cell):
        return None
    listed = _listed(cell)
    if listed is None:
        return _split(_without_brackets(str(cell), place))
    if listed and all(bit in (0, 1) and not isinstance(bit, str) for bit in listed):
        bits = tuple(of_bits) or tuple(f"action_{bit}" for bit in range(len(listed)))
        if len(bits) != len(listed):
            raise corpus_error(place, f"{len(listed)} bits, but {len(bits)} names for them")
        return tuple(compress(bits, listed))
    if not all(isinstance(name, str) and name for name in listed):
        raise corpus_error(place, f"expected names of actions, or bits, not {cell}")
    return tuple(dict.fromkeys(listed))


def _without_brackets(text: str, place: Place) -> str:
    """The names between brackets, if there are several; raises where a list cannot be read."""
    if text[:1] + text[-1:] not in ("[]", "{}"):
        return text
    if _NAMES.fullmatch(text[1:-1]):
        return text[1:-1] if _SEVERAL.search(text) else text
    raise corpus_error(place, f"expected names of actions, or bits, not {text}")


@lru_cache(4096)
def _split(text: str) -> tuple[str, ...]:
    """The names in `text`, each once; the same few texts come again and again."""
    parts = (part.strip() for part in text.translate(_SEPARATORS).split(","))
    return tuple(dict.fromkeys(filter(None, parts)))


def is_on(cell: Any, place: Place, column: str) -> bool:
    """The bit in a cell; a blank one is off."""
    if is_blank(cell):
        return False
    match cell:
        case 0 | False | "0" | "false" | "False" | "FALSE" | "0.0":
            return False
        case 1 | True | "1" | "true" | "True" | "TRUE" | "1.0":
            return True
    raise corpus_error(place, f"{column}: expected a bit, 0 or 1, not {cell!r}")


def feature(cell: Any, place: Place, column: str) -> Feature | None:
    """A truth value, a number, a vector, names, or a category; None if the cell says nothing."""
    match cell:
        case _ if is_blank(cell):
            return None
        case bool() | int():
            return cell
        case float() | Decimal():
            return float(cell) if math.isfinite(cell) else None
        case datetime() | date() | time():
            return cell.isoformat()
    listed = _vector(cell) or _listed(cell)
    if listed is not None:
        if all(isinstance(name, str) for name in listed):
            return tuple(listed)
        if all(map(_is_number, listed)):
            return tuple(map(float, listed))
    elif isinstance(cell, str):
        return cell
    kind = (
        "a list neither of names nor of finite numbers alone"
        if listed is not None
        else type(cell).__name__
    )
    what = f"`{column}`: {kind} is no feature; leave it out, --column drop={column}"
    raise corpus_error(place, what)


def _vector(cell: Any) -> list[float] | None:
    """The numbers between brackets, None if there is anything else."""
    if not isinstance(cell, str) or cell[:1] + cell[-1:] not in ("[]", "()"):
        return None
    numbers = cell[1:-1].strip()
    if not _NUMBERS.fullmatch(numbers):
        return None
    return [float(one) for one in numbers.replace(",", " ").split()]


def _is_number(one: Any) -> bool:
    return isinstance(one, int | float) and not isinstance(one, bool) and math.isfinite(one)


def untyped(cell: Any) -> Any:
    """A cell of text as the truth value or the number that it looks like, or as it is."""
    if not isinstance(cell, str) or cell.lstrip()[:1] not in _BEGINS:
        return cell
    if cell.lower() in ("true", "false"):
        return cell.lower() == "true"
    if "_" in cell:  # to Python, `1_0` is a number
        return cell
    for kind in (int, float):
        try:
            return kind(cell)
        except ValueError:
            continue
    return cell


def moment(cell: Any) -> float | datetime | date | None:
    """What rows are ordered by: a number or a time; None if the cell is neither."""
    if is_blank(cell) or isinstance(cell, datetime | date):
        return cell or None
    try:
        return float(cell)
    except (TypeError, ValueError):
        pass
    try:
        return datetime.fromisoformat(cell)
    except (TypeError, ValueError):
        return None


def _listed(cell: Any) -> list[Any] | None:
    """The list in a cell, None if there is none: in JSON, or as Python and NumPy print one."""
    if not isinstance(cell, str):
        return cell if isinstance(cell, list) else None
    if cell == "set()":
        return []
    if cell[:1] + cell[-1:] not in ("[]", "()", "{}"):
        return None
    try:
        return msgspec.json.decode(cell, type=list[Any])
    except (msgspec.DecodeError, RecursionError):
        return _printed(cell[1:-1])


def _printed(text: str) -> list[Any] | None:
    """What stands between the brackets of a list that Python or NumPy printed; None in another."""
    if not _PRINTED.fullmatch(text):
        return None
    try:
        items = _ITEM.findall(text)
        return [_BITS[item] if item in _BITS else ast.literal_eval(item) for item in items]
    except (SyntaxError, ValueError):  # a backslash that escapes nothing
        return None
