"""OpenInference's messages, whose keys have dots: `message.tool_calls.0.tool_call.id`."""

from __future__ import annotations

from typing import Any

from cueline.corpus.transcripts.closed_world import as_list, as_object, inner, names
from cueline.errors import Place

_NESTED = names("contents tool_calls function_call_name function_call_arguments_json finish_reason")
_ROLES = {"model": "assistant", "ai": "assistant", "human": "user", "function": "tool"}


def chat_message(value: Any, place: Place) -> dict[str, Any]:
    """An opened message as the chat message that it was; `value` has objects in place of dots."""
    outer = as_object(value, place, "a message")
    message = as_object(outer.get("message", outer), place, "a message")
    found = {key: one for key, one in message.items() if key not in _NESTED}
    found["role"] = _ROLES.get(str(found.get("role")).lower(), found.get("role"))
    if message.get("contents"):
        where = inner(place, "contents")
        listed = as_list(message["contents"], where, "`contents`")
        found["content"] = [_content(one, inner(where, n)) for n, one in enumerate(listed)]
    if message.get("tool_calls"):
        where = inner(place, "tool_calls")
        listed = as_list(message["tool_calls"], where, "`tool_calls`")
        found["tool_calls"] = [_call(one, inner(where, n)) for n, one in enumerate(listed)]
    if message.get("function_call_name"):
        arguments = message.get("function_call_arguments_json")
        found["function_call"] = {"name": message["function_call_name"], "arguments": arguments}
    return found


def _content(value: Any, place: Place) -> dict[str, Any]:
    outer = as_object(value, place, "a part")
    return as_object(outer.get("message_content", outer), place, "a part")


def _call(value: Any, place: Place) -> dict[str, Any]:
    outer = as_object(value, place, "a call")
    call = as_object(outer.get("tool_call", outer), place, "a call")
    return {"type": "function", "id": call.get("id"), "function": call.get("function")}
