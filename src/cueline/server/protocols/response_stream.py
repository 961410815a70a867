"""A response as the events of a stream: it begins, each item comes in parts, it is complete."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from cueline.server.protocols.responses import (
    CustomCallItem,
    FunctionCallItem,
    OutputItem,
    ResponseAnswer,
)


def response_events(answer: ResponseAnswer) -> Iterator[dict[str, Any]]:
    """The events, numbered."""
    for number, event in enumerate(_events(answer)):
        yield event | {"sequence_number": number}


def _events(answer: ResponseAnswer) -> Iterator[dict[str, Any]]:
    whole = msgspec.to_builtins(answer)
    begun = whole | {"status": "in_progress", "output": [], "usage": None}
    yield {"type": "response.created", "response": begun}
    yield {"type": "response.in_progress", "response": begun}
    for index, item in enumerate(answer.output):
        yield from _item(index, item)
    yield {"type": "response.completed", "response": whole}


def _item(index: int, item: OutputItem) -> Iterator[dict[str, Any]]:
    done = msgspec.to_builtins(item)
    empty: dict[str, Any]
    match item:
        case FunctionCallItem():
            empty, inner = {"arguments": ""}, _text("function_call_arguments", "arguments", done)
        case CustomCallItem():
            empty, inner = {"input": ""}, _text("custom_tool_call_input", "input", done)
        case _:
            empty, inner = {"content": []}, _refusal(done["content"][0])
    at = {"output_index": index}
    begun = done | empty | {"status": "in_progress"}
    yield at | {"type": "response.output_item.added", "item": begun}
    for event in inner:
        yield at | {"item_id": item.id} | event
    yield at | {"type": "response.output_item.done", "item": done}


def _text(kind: str, key: str, done: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A text that grows under `key`; here it comes at once."""
    yield {"type": f"response.{kind}.delta", "delta": done[key]}
    yield {"type": f"response.{kind}.done", key: done[key], "name": done["name"]}


def _refusal(part: dict[str, Any]) -> Iterator[dict[str, Any]]:
    at = {"content_index": 0}
    yield at | {"type": "response.content_part.added", "part": part | {"refusal": ""}}
    yield at | {"type": "response.refusal.delta", "delta": part["refusal"]}
    yield at | {"type": "response.refusal.done", "refusal": part["refusal"]}
    yield at | {"type": "response.content_part.done", "part": part}
