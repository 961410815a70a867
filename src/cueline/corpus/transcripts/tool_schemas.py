"""The schema of a tool's arguments in its definition, as JSON Schema whatever the notation.

{"parameters": {"type": "object", "properties": {"n": {"type": "integer"}}}}    OpenAI
{"input_schema": {...}}   {"inputSchema": {...}}                                Anthropic, MCP
{"inputSchema": {"json": {...}}}                                                Bedrock
{"parameters": {"type": "OBJECT", "properties": {"n": {"type": "INTEGER"}}}}    Gemini
{"parameter_definitions": {"n": {"type": "int", "required": true}}}             Cohere
{"parameters": {"n": {"type": "int, optional"}}}                                xLAM
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import UNSET

from cueline.corpus.transcripts.results import decoded
from cueline.json_schemas import rewritten

_KEYS = (
    *("parameters", "input_schema", "inputSchema", "parameter_definitions"),
    *("parametersJsonSchema", "parameters_json_schema"),
)
_WRAPPERS = ("json", "jsonSchema")
_SAYS = frozenset(("type", "properties", "required", "anyOf", "oneOf", "allOf", "$ref"))
"""Keywords of which the schema of an object has one."""
_TYPES = {
    **{
        name: name for name in ("string", "number", "integer", "boolean", "array", "object", "null")
    },
    **{"str": "string", "int": "integer", "float": "number", "bool": "boolean"},
    **{"dict": "object", "list": "array", "tuple": "array", "set": "array"},
}


def schema_of(definition: Mapping[str, Any]) -> Any:
    """The schema of the arguments of the tool that is defined so; None where it does not say."""
    for key in _KEYS:
        given = definition.get(key)
        if isinstance(given, str):
            given = decoded(given)
        if not isinstance(given, dict) or not given:
            continue
        for wrapper in _WRAPPERS:
            if isinstance(given.get(wrapper), dict):
                given = given[wrapper]
        return _shared(msgspec.json.encode(given))
    return None


@lru_cache(maxsize=10_000)
def _shared(given: bytes) -> Any:
    """The schema, one object for all dialogues whose tools are defined alike."""
    schema = msgspec.json.decode(given)
    if schema and not (_SAYS & schema.keys()) and all(map(_is_object, schema.values())):
        schema = _of_parameters(schema)
    return rewritten(schema, _plain)


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


def _of_parameters(given: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """The schema where only the parameters are given, each with whether it is required."""
    properties, required = {}, []
    for name, one in given.items():
        type, *more = str(one.get("type", "")).split(",")
        if one.get("required", "default" not in one and "optional" not in "".join(more)) is True:
            required.append(name)
        kept = {key: value for key, value in one.items() if key != "required"}
        properties[name] = {**kept, "type": type.strip()} if "type" in one else kept
    return {"type": "object", "properties": properties, "required": required}


def _plain(key: str, value: Any) -> Any:
    """The value, with JSON Schema's own name for a type; one that has none is left out."""
    if key == "type" and isinstance(value, str):
        return _TYPES.get(value.partition("[")[0].lower(), UNSET)
    return value
