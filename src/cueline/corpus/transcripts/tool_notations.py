"""Definitions of tools in the notations of several providers, as one list of definitions.

{"tools": [{"toolSpec": {"name": "track"}}, {"cachePoint": {}}]}          Bedrock
[{"functionDeclarations": [{"name": "track"}]}, {"googleSearch": {}}]     Gemini
[{"tool": {"json_schema": "{\\"name\\": \\"track\\"}"}}]                  OpenInference
"""

from __future__ import annotations

from typing import Any

from cueline.corpus.transcripts.results import decoded

_WRAPPERS = ("toolSpec", "systemTool", "tool", "json_schema")
_SEVERAL = ("functionDeclarations", "function_declarations")
_MARKS = ("cachePoint",)
_PLATFORM = {
    "codeExecution": "code_execution",
    "code_execution": "code_execution",
    "googleSearch": "google_search",
    "google_search": "google_search",
    "googleSearchRetrieval": "google_search",
    "google_search_retrieval": "google_search",
    "urlContext": "url_context",
    "url_context": "url_context",
    "googleMaps": "google_maps",
    "google_maps": "google_maps",
    "fileSearch": "file_search",
    "file_search": "file_search",
    "computerUse": "computer_use",
    "computer_use": "computer_use",
    "retrieval": "retrieval",
    "enterpriseWebSearch": "enterprise_web_search",
}
"""Gemini's own tools, which are keys with settings in place of a name."""


def flat(value: Any) -> Any:
    """The definitions in `value`, each with its name; what is in no such notation as it is."""
    if isinstance(value, dict) and isinstance(value.get("tools"), list):
        value = value["tools"]
    if not isinstance(value, list):
        return value
    found: list[Any] = []
    for tool in value:
        found += _flat(decoded(tool) if isinstance(tool, str) and tool[:1] == "{" else tool)
    return found


def _flat(tool: Any) -> list[Any]:
    if not isinstance(tool, dict) or "name" in tool or "function" in tool:
        return [tool]
    for key in _WRAPPERS:
        if isinstance(tool.get(key), dict | str):
            inside = tool[key]
            return _flat(decoded(inside) if isinstance(inside, str) else inside)
    several = [key for key in _SEVERAL if isinstance(tool.get(key), list)]
    own = [key for key in _PLATFORM if isinstance(tool.get(key), dict) and "type" not in tool]
    if several or own:
        declared = [one for key in several for one in tool[key]]
        return declared + [{"name": _PLATFORM[key]} for key in own]
    return [] if any(key in tool for key in _MARKS) else [tool]
