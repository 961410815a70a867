"""JSON schemas of what actions are called with: what they say of each parameter, and what fits.

Those of a corpus's tools stand in the `meta` of a dialogue under `schemas`, by action. A user's own
stand in `actions.toml`, a table an action:

    [book_table]
    required = ["food", "people"]

    [book_table.properties]
    food = { type = "string", enum = ["italian", "indian"] }
    people = { type = "integer", minimum = 1 }
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import msgspec
from msgspec import UNSET, Struct

from cueline.errors import CuelineError, Place, SettingsError
from cueline.io import read

if TYPE_CHECKING:
    from jsonschema_rs import Validator

SCHEMAS = "schemas"
"""The key in a dialogue's `meta` of an object with the schema of each action."""
BACKTRACKS = 10_000
"""Steps back that a pattern may take: it comes from a caller."""
MAX_DEPTH = 20
"""How deep references and alternatives are followed: they may go in a circle."""
_ANNOTATIONS = ("title", "description", "default", "examples", "$comment")
_NAMED = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
"""Keywords whose keys are names, not keywords."""
_LITERAL = ("enum", "const", "default", "examples", "required")
"""Keywords whose values hold no schemas."""
_TYPES = {str: "string", bool: "boolean", int: "number", float: "number", list: "array"}


class DeclaredParameter(Struct, frozen=True):
    """What a schema says of one parameter."""

    type: str | None
    """Its one JSON type; None where it may have several."""
    values: tuple[Any, ...]
    """The only ones that it may be; empty where others may."""
    required: bool


def fits(arguments: Mapping[str, Any], schema: Any) -> bool:
    """Whether `arguments` are valid by `schema`; any are where it is None.

    They are not where nobody can tell, as it is no schema or refers to another document.
    """
    if schema is None:
        return True
    try:
        return validator(schema).is_valid(dict(arguments))
    except ValueError:
        return False


def faults(arguments: Mapping[str, Any], schema: Any) -> list[str]:
    """What in `arguments` breaks `schema`, each with the path to it.

    Raises `ValueError` where it is no schema or refers to another document.
    """
    found = validator(schema).iter_errors(dict(arguments))
    return [f"{'.'.join(map(str, one.instance_path))}: {one.message}".lstrip(": ") for one in found]


def is_schema(schema: Any) -> bool:
    """Whether it is a JSON schema by which anything can be checked."""
    try:
        validator(schema)
    except ValueError:
        return False
    return True


def validator(schema: Any) -> Validator:
    """What checks by `schema`; raises `ValueError` where it is none.

    Raises `CuelineError` without the extra `schemas`.
    """
    return _validator(msgspec.json.encode(schema))


@lru_cache(maxsize=1_000)
def _validator(schema: bytes) -> Validator:
    try:
        from jsonschema_rs import (  # a sixth of a second, which a policy without schemas spares
            FancyRegexOptions,
            ReferencingError,
            validator_for,
        )
    except ImportError:
        raise CuelineError(
            "tools with JSON schemas need `pip install 'cueline[schemas]'`"
        ) from None

    patterns = FancyRegexOptions(backtrack_limit=BACKTRACKS)
    decoded = msgspec.json.decode(schema)
    try:
        return validator_for(decoded, retriever=_nowhere, pattern_options=patterns)
    except ReferencingError as error:
        raise ValueError(str(error)) from None


def _nowhere(uri: str) -> NoReturn:
    raise ValueError(f"{uri} is not fetched")


def read_schemas(path: Path) -> dict[str, Any]:
    """The schema of each action in `actions.toml`; raises `SettingsError` with the place."""
    given: dict[str, Any] = msgspec.to_builtins(read(path, dict[str, Any], SettingsError, "toml"))
    for action, schema in given.items():
        place = Place(path, path=f"$.{action}")
        if not isinstance(schema, dict):
            raise SettingsError(f"{place} expected a table, [{action}], with a JSON schema in it")
        schema.setdefault("type", "object")
        try:
            validator(schema)
        except ValueError as error:
            what = str(error).splitlines()[0]
            raise SettingsError(f"{place} no JSON schema: {what}") from None
        if schema["type"] != "object":
            raise SettingsError(f"{place} has the type {schema['type']!r}; arguments are an object")
    return given


def either(schemas: Iterable[Any]) -> Any:
    """One schema for what fits any of `schemas`, where a tool was defined in several ways."""
    different = {msgspec.json.encode(one, order="sorted"): one for one in map(bare, schemas)}
    several = list(different.values())
    return several[0] if len(several) == 1 else {"anyOf": several}


def bare(schema: Any) -> Any:
    """`schema` without what it says to people alone."""
    return rewritten(schema, lambda key, value: UNSET if key in _ANNOTATIONS else value)


def rewritten(schema: Any, value_of: Callable[[str, Any], Any]) -> Any:
    """`schema`, and all schemas in it, with what `value_of` makes of each keyword and its value.

    A keyword of which it makes `UNSET` is left out.
    """
    if isinstance(schema, list):
        return [rewritten(one, value_of) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found: dict[str, Any] = {}
    for key, given in schema.items():
        value = value_of(key, given)
        if value is UNSET:
            continue
        if key in _NAMED and isinstance(value, dict):
            found[key] = {name: rewritten(one, value_of) for name, one in value.items()}
        else:
            found[key] = value if key in _LITERAL else rewritten(value, value_of)
    return found


def declared(schema: Any) -> dict[str, DeclaredParameter]:
    """What `schema` says of each parameter that it names.

    Of alternatives counts what all of them say.
    """
    ways = [
        (one.get("properties", {}), one.get("required", ()))
        for one in _alternatives(schema, schema)
    ]
    found = {}
    for name in dict.fromkeys(name for named, needed in ways for name in (*named, *needed)):
        there = [one for named, _ in ways for one in _alternatives(named.get(name, {}), schema)]
        found[name] = DeclaredParameter(
            _one_type(there), _values(there), all(name in needed for _, needed in ways)
        )
    return found


def _alternatives(schema: Any, root: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    """The schemas of which one holds, but for null, with references to `root` followed."""
    if not isinstance(schema, dict) or depth > MAX_DEPTH:
        return
    reference = schema.get("$ref")
    if isinstance(reference, str):
        yield from _alternatives(_referred(reference, root), root, depth + 1)
        return
    for key in ("anyOf", "oneOf", "allOf"):
        several = schema.get(key)
        if isinstance(several, list) and (key != "allOf" or len(several) == 1):
            for one in several:
                yield from _alternatives(one, root, depth + 1)
            return
    if schema.get("type") != "null":
        yield schema


def _referred(reference: str, root: Any) -> Any:
    """What a reference within the document names; None where it is elsewhere."""
    document, _, path = reference.partition("#")
    one = None if document else root
    for part in path.split("/")[1:]:
        one = one.get(part) if isinstance(one, dict) else None
    return one


def _one_type(there: Sequence[Mapping[str, Any]]) -> str | None:
    found = set().union(*map(_types, there)) if all(map(_types, there)) else set()
    if found == {"integer", "number"}:
        return "number"
    return next(iter(found)) if len(found) == 1 else None


def _types(schema: Mapping[str, Any]) -> set[str]:
    given = schema.get("type")
    if given is None:
        return {_TYPES.get(type(value), "object") for value in _listed(schema) if value is not None}
    several = given if isinstance(given, list) else [given]
    return {one for one in several if one != "null"}


def _values(there: Sequence[Mapping[str, Any]]) -> tuple[Any, ...]:
    if not all(map(_listed, there)):
        return ()
    values = [value for one in there for value in _listed(one) if value is not None]
    return tuple({msgspec.json.encode(value): value for value in values}.values())


def _listed(schema: Mapping[str, Any]) -> Sequence[Any]:
    """The values that a schema lists."""
    if "const" in schema:
        return [schema["const"]]
    listed = schema.get("enum", ())
    return listed if isinstance(listed, list) else ()
