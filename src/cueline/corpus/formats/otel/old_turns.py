"""From messages to turns: each assistant message is one, with what was known before it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec

from cueline.corpus.formats.otel.old_messages import Message, ToolCall
from cueline.dialogue import Feature, Turn

RESPOND = "respond"
"""The action of answering in words, calling no tool."""

Record = dict[str, Any]
"""The `name`, `arguments` and, if there is one, `result` of a call."""


class Result(NamedTuple):
    """Which tool answered, and with what kind of thing; `length` items if with a list."""

    tool: str
    kind: str
    length: int | None = None


def turns(
    messages: Iterable[Message], offered: Iterable[str] | None
) -> tuple[list[Turn], list[list[Record]]]:
    """The turns of a dialogue, and for each of them its calls with arguments and results."""
    available = None if offered is None else tuple(dict.fromkeys([*offered, RESPOND]))
    done: list[Turn] = []
    calls: list[list[Record]] = []
    waiting: list[tuple[ToolCall, Record]] = []
    user: list[str] = []
    results: list[Result] = []
    for message in messages:
        match message.role:
            case "user":
                user.append(message.text)
            case "tool" | "function":
                record = _answered(message, waiting)
                record["result"] = message.text
                results.append(_result(record["name"], message.text))
            case "assistant":
                said = "\n".join(user) if user else None
                text = message.text or None
                done.append(Turn(said, _features(results), available, _actions(message), text))
                made = [(call, _record(call)) for call in message.calls]
                calls.append([record for _, record in made])
                waiting, user, results = waiting + made, [], []
    return done, calls


def _actions(message: Message) -> tuple[str, ...]:
    """The tools called, each once; without any, `respond` if something was said."""
    names = tuple(dict.fromkeys(call.function.name for call in message.calls))
    return names or ((RESPOND,) if message.text else ())


def _record(call: ToolCall) -> Record:
    arguments = call.function.arguments
    if isinstance(arguments, str):
        arguments = _json(arguments, otherwise=arguments)
    return {"name": call.function.name, "arguments": arguments}


def _answered(message: Message, waiting: list[tuple[ToolCall, Record]]) -> Record:
    """The call that `message` is the result of: the one it names by id or name, else the next."""
    for wanted in (
        lambda call: call.id is not None and call.id == message.tool_call_id,
        lambda call: message.tool_call_id is None and call.function.name == message.name,
        lambda call: message.tool_call_id is None and message.name is None,
    ):
        for at, (call, record) in enumerate(waiting):
            if wanted(call):
                del waiting[at]
                return record
    return {"name": message.name or "unknown"}


def _features(results: list[Result]) -> dict[str, Feature]:
    """What the tools answered since the system last acted; nothing if none did."""
    if not results:
        return {}
    features: dict[str, Feature] = {
        "answered": tuple(dict.fromkeys(result.tool for result in results)),
        "result": tuple(dict.fromkeys(result.kind for result in results)),
    }
    lengths = [result.length for result in results if result.length is not None]
    return features | ({"count": sum(lengths)} if lengths else {})


def _result(tool: str, text: str) -> Result:
    """The kind of a result: error, empty, object, list, number, boolean or text."""
    value = _json(text, otherwise=text)
    match value:
        case None | "" | {} if not value:
            return Result(tool, "empty")
        case bool():
            return Result(tool, "boolean")
        case int() | float():
            return Result(tool, "number")
        case list():
            return Result(tool, "list" if value else "empty", len(value))
        case dict():
            failed = value.get("error") or value.get("status") == "error"
            return Result(tool, "error" if failed else "object")
    return Result(tool, "error" if value.lstrip().lower().startswith("error") else "text")


def _json(text: str, otherwise: Any) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return otherwise
