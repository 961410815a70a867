"""The shells in which spans and records of logs come: the protocol's, and those of exporters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from cueline.corpus.transcripts.closed_world import as_list, as_object, inner
from cueline.errors import Place

_HOLDERS = (
    ("resourceSpans", "scopeSpans", "spans"),
    ("resourceSpans", "instrumentationLibrarySpans", "spans"),
    ("resource_spans", "scope_spans", "spans"),
)
_LOG_HOLDERS = (
    ("resourceLogs", "scopeLogs", "logRecords"),
    ("resource_logs", "scope_logs", "log_records"),
)
_PREFIX = "attributes."


class Record(NamedTuple):
    """A span, an event of a span or a record of a log, with its attributes by name."""

    value: dict[str, Any]
    attributes: dict[str, Any]
    place: Place

    def first(self, *keys: str) -> Any:
        """The first of its keys that says anything; `a.b` is the key `b` of the object `a`."""
        for key in keys:
            found: Any = self.value.get(key)
            outer, dot, name = key.partition(".")
            if found is None and dot and isinstance(self.value.get(outer), dict):
                found = self.value[outer].get(name)
            if found is not None and found != "":
                return found
        return None


def is_shell(value: Any) -> bool:
    """Whether it is an export of the protocol."""
    return isinstance(value, dict) and any(
        holder[0] in value for holder in (*_HOLDERS, *_LOG_HOLDERS)
    )


def first_spans(value: Any, most: int = 5) -> list[dict[str, Any]]:
    """The first spans in an export, or the one span that `value` is; it never raises."""
    found = [value]
    holder = next((path for path in _HOLDERS if isinstance(value, dict) and path[0] in value), ())
    for key in holder:
        inside = [one.get(key) for one in found if isinstance(one, dict)]
        found = [one for several in inside if isinstance(several, list) for one in several][:most]
    return [one for one in found if isinstance(one, dict)]


def records(value: Any, place: Place) -> tuple[list[Record], list[Record]]:
    """The spans and the records of logs in `value`: an export, a list of spans, or one of them."""
    if isinstance(value, list):
        both = [records(item, inner(place, number)) for number, item in enumerate(value)]
        return [s for spans, _ in both for s in spans], [r for _, logs in both for r in logs]
    found = as_object(value, place, "a span")
    if is_shell(found):
        spans = [record(*one) for holder in _HOLDERS for one in _held(found, place, holder)]
        logs = [record(*one) for holder in _LOG_HOLDERS for one in _held(found, place, holder)]
        return spans, logs
    one = record(found, place)
    is_log = "body" in found or "eventName" in found or "event_name" in found
    return ([], [one]) if is_log else ([one], [])


def record(value: Any, place: Place) -> Record:
    """A span or the like with its attributes, in whatever notation they are."""
    found = as_object(value, place, "a span")
    given = found.get("attributes", found.get("span_attributes"))
    given = plain_attributes(given, inner(place, "attributes"))
    flat = {k.removeprefix(_PREFIX): v for k, v in found.items() if k.startswith(_PREFIX)}
    return Record(found, given | flat, place)


def plain_attributes(value: Any, place: Place) -> dict[str, Any]:
    """Attributes by name, of an object or of the protocol's list of `key` and `value`."""
    if value is None:
        return {}
    if isinstance(value, dict):
        return value
    found = dict[str, Any]()
    for number, item in enumerate(as_list(value, place, "attributes")):
        one = as_object(item, inner(place, number), "an attribute")
        found[str(one.get("key"))] = plain(one.get("value"))
    return found


def plain(value: Any) -> Any:
    """A value of the protocol, `{"intValue": "7"}`, as what it stands for; others as they are."""
    if not isinstance(value, dict) or len(value) != 1:
        return value
    [(kind, content)] = value.items()
    match kind, content:
        case "stringValue" | "boolValue" | "bytesValue", _:
            return content
        case "intValue", str() if content.removeprefix("-").isdecimal() and len(content) < 20:
            return int(content)
        case "intValue" | "doubleValue", _:
            return content
        case "arrayValue", None | dict():
            values = (content or {}).get("values") or []
            return [plain(item) for item in values] if isinstance(values, list) else value
        case "kvlistValue", None | dict():
            values = (content or {}).get("values") or []
            if isinstance(values, list) and all(isinstance(item, dict) for item in values):
                return {str(item.get("key")): plain(item.get("value")) for item in values}
    return value


def json_value(value: Any) -> Any:
    """An attribute that is JSON in a string, decoded; another string as it is."""
    if not isinstance(value, str) or value.lstrip()[:1] not in ("{", "["):
        return value
    try:
        return msgspec.json.decode(value)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return value


def nested(attributes: dict[str, Any], prefix: str) -> Any:
    """What stands under `prefix.`, with dots as objects and numbers as places in lists."""
    start = prefix + "."
    tree: dict[str, Any] = {}
    for key, value in attributes.items():
        if key == prefix:
            tree[""] = value
        elif key.startswith(start):
            _put(tree, key[len(start) :].split("."), value)
    return _lists(tree) if tree else None


def opened(value: Any) -> Any:
    """Objects whose keys have dots, as objects in objects; all the way down."""
    if isinstance(value, list):
        return [opened(item) for item in value]
    if not isinstance(value, dict):
        return value
    tree: dict[str, Any] = {}
    for key, content in value.items():
        _put(tree, key.split("."), opened(content))
    return _lists(tree)


def _put(tree: dict[str, Any], path: list[str], value: Any) -> None:
    *outer, last = path
    for step in outer:
        below = tree.setdefault(step, {})
        if not isinstance(below, dict):
            below = tree[step] = {"": below}
        tree = below
    if isinstance(tree.get(last), dict) and not isinstance(value, dict):
        tree[last][""] = value
    else:
        tree[last] = value


def _lists(tree: Any) -> Any:
    if not isinstance(tree, dict):
        return tree
    found = {key: _lists(value) for key, value in tree.items()}
    if found.keys() == {""}:
        return found[""]
    if found and all(key.isdecimal() for key in found):
        return [found[key] for key in sorted(found, key=int)]
    return found


def _held(
    value: dict[str, Any], place: Place, path: tuple[str, ...]
) -> Iterator[tuple[Any, Place]]:
    """What a shell holds at the end of `path`, a list at each step."""
    where = inner(place, path[0])
    for number, item in enumerate(as_list(value.get(path[0]) or [], where, f"`{path[0]}`")):
        at = inner(where, number)
        if len(path) == 1:
            yield item, at
        else:
            yield from _held(as_object(item, at, f"an item of `{path[0]}`"), at, path[1:])
