"""A closed world: what a dialect does not know is an error that names its place and type.

A dialect names the keys and parts that it reads and those that it knowingly passes over; the latter
are counted. Anything else could be what the dialogue is about, so it is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any, NoReturn

from cueline.corpus.account import Account
from cueline.errors import Place, corpus_error

_KINDS = {
    str: "a string",
    bool: "true or false",
    int: "a number",
    float: "a number",
    list: "a list",
    dict: "an object",
    type(None): "null",
}


def names(text: str) -> frozenset[str]:
    """The names in `text`, with blanks between them."""
    return frozenset(text.split())


def kind_of(value: Any) -> str:
    """What JSON calls `value`."""
    return _KINDS.get(type(value), type(value).__name__)


def inner(place: Place, step: str | int) -> Place:
    """The place of a key or of an element within what stands at `place`."""
    path = place.path or "$"
    return Place(
        place.file, place.line, f"{path}[{step}]" if isinstance(step, int) else f"{path}.{step}"
    )


def below(place: Place, path: str) -> Place:
    """The place at the end of `path`, which begins within what stands at `place`."""
    return Place(place.file, place.line, f"{place.path or '$'}{path}")


def refuse(place: Place, what: str) -> NoReturn:
    """Raise the `CorpusError` that says `what` of what stands at `place`."""
    raise corpus_error(place, what)


def unknown(place: Place, what: str, name: Any) -> NoReturn:
    """Refuse a part, item, role or the like of a type that the dialect does not know."""
    refuse(place, f"{what} of the unknown type {name!r}; remove it, or convert the file first")


def as_object(value: Any, place: Place, what: str) -> dict[str, Any]:
    """`value`, which must be an object; `what` it is said to be in the error."""
    if not isinstance(value, dict):
        refuse(place, f"{what} is {kind_of(value)}, expected an object")
    return value


def as_list(value: Any, place: Place, what: str) -> list[Any]:
    """`value`, which must be a list."""
    if not isinstance(value, list):
        refuse(place, f"{what} is {kind_of(value)}, expected a list")
    return value


def as_text(value: Any, place: Place, what: str) -> str:
    """`value`, which must be words; a number or a truth value is its JSON text."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    refuse(place, f"{what} is {kind_of(value)}, expected words")


def several(value: Any, place: Place) -> Iterator[tuple[Any, Place]]:
    """The records of a list, or the one that is none, each with its place."""
    if isinstance(value, list):
        yield from ((one, inner(place, number)) for number, one in enumerate(value))
    else:
        yield value, place


def name_in(holder: Mapping[str, Any], key: str) -> str:
    """The text under `key`, to be looked up among known names; empty if it is none."""
    value = holder.get(key)
    return value if isinstance(value, str) else ""


def as_id(value: Any, place: Place, what: str) -> str | None:
    """An identifier as text; None where there is none."""
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, str | int):
        refuse(place, f"{what} is {kind_of(value)}, expected an identifier")
    return str(value)


def check_keys(
    value: Mapping[str, Any],
    place: Place,
    account: Account,
    read: AbstractSet[str],
    ignored: AbstractSet[str] = frozenset(),
    what: str = "key",
) -> None:
    """Refuse the keys of an object that are neither `read` nor knowingly `ignored`.

    Those that are ignored and say anything are counted. An unknown key that holds null, a number or
    a truth value cannot be words or a call: it is counted too.
    """
    if value.keys() <= read:
        return
    for key, content in value.items():
        if key in read or content is None or content == [] or content == {}:
            continue
        if key in ignored or isinstance(content, bool | int | float):
            account.ignore(f"{what} `{key}`", place)
        else:
            refuse(inner(place, key), f"an unknown {what} `{key}`, {kind_of(content)}; remove it")
