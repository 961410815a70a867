"""What a span holds of a dialogue, in each of the conventions by which it may be written.

- `gen_ai.input.messages` and `gen_ai.output.messages`, as attributes or in an event of details
- `gen_ai.prompt.0.role` and so on, a key for each value, or all of them as JSON in `gen_ai.prompt`
- events such as `gen_ai.user.message` and `gen_ai.choice`, with attributes or a body
- `llm.input_messages.0.message.role` and so on: OpenInference
- `ai.prompt.messages` and `ai.response.text`: the AI SDK
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import Struct

from cueline.corpus.account import Account
from cueline.corpus.formats.any_message import answered, asked
from cueline.corpus.formats.traces.openinference_messages import chat_message
from cueline.corpus.formats.traces.protocol import Record, json_value, nested, opened, plain
from cueline.corpus.transcripts.closed_world import as_list, as_object, inner, unknown
from cueline.corpus.transcripts.events import STEP_ENDED, Call, Event, SystemSaid, ToolsOffered
from cueline.corpus.transcripts.results import decoded
from cueline.corpus.transcripts.tools import tools_offered
from cueline.errors import Place

DETAILS = "gen_ai.client.inference.operation.details"
INPUT, OUTPUT = "gen_ai.input.messages", "gen_ai.output.messages"
_EVENTS = {
    "gen_ai.user.message": "user",
    "gen_ai.assistant.message": "assistant",
    "gen_ai.tool.message": "tool",
    "gen_ai.system.message": "system",
    "gen_ai.choice": "assistant",
}
_CONTENT_EVENTS = ("gen_ai.content.prompt", "gen_ai.content.completion")
PREFIXES = ("gen_ai.", "llm.", "ai.prompt", "ai.response", "openinference.", "traceloop.")
"""How the names of the attributes begin by which a span is known as one of generative AI."""


class Exchange(Struct):
    """What a model was asked and what it answered."""

    asked: list[Event]
    answered: list[Event]
    offered: ToolsOffered | None = None

    @property
    def events(self) -> list[Event]:
        """All of it, in order; an answer that tells again what was asked goes on from there."""
        if self.asked and self.answered[: len(self.asked)] == self.asked:
            return self.answered
        return self.asked + self.answered


def exchange(span: Record, events: Iterable[Record], account: Account) -> Exchange:
    """What `span` and its events hold, in the first convention that is there."""
    several = list(events)
    for holder in (span, *(one for one in several if event_name(one) == DETAILS)):
        found = _messages(holder, account) or _openinference(holder, account)
        found = found or _indexed(holder, account) or _ai_sdk(holder, account)
        if found is not None:
            return found
    listed = _listed_events(span)
    said = [event for one in (*several, *listed) for event in event_messages(one, account)]
    return Exchange(said, [])


def event_name(record: Record) -> str:
    """The name of an event or of a record of a log."""
    name = record.first("name", "eventName", "event_name", "event.name")
    return str(name or record.attributes.get("event.name") or "")


def event_messages(event: Record, account: Account) -> list[Event]:
    """What happens in an event that holds one message; nothing if it holds none."""
    name = event_name(event)
    if name in _CONTENT_EVENTS:
        prompt = json_value(event.attributes.get("gen_ai.prompt"))
        completion = json_value(event.attributes.get("gen_ai.completion"))
        return asked(prompt, event.place, account) + answered(completion, event.place, account)
    if name not in _EVENTS:
        if name.startswith("gen_ai.") and name.endswith(".message"):
            unknown(event.place, "an event", name)
        return []
    body = _body(event)
    if name == "gen_ai.choice":
        if body.get("index") not in (None, 0, "0"):
            account.ignore("further choices", event.place)
            return []
        body = json_value(body.get("message")) or body
        body = {"content": body} if isinstance(body, str) else body
        body = as_object(body, event.place, "the message of a choice")
    message = {k: v for k, v in body.items() if k not in ("index", "finish_reason", "event.name")}
    if _EVENTS[name] == "tool" and "tool_call_id" not in message and "id" in message:
        message["tool_call_id"] = message.pop("id")
    message = {"role": _EVENTS[name]} | _as_chat(message)
    return asked(message, event.place, account)


def _messages(span: Record, account: Account) -> Exchange | None:
    attributes = span.attributes
    if INPUT not in attributes and OUTPUT not in attributes:
        return None
    given, said = json_value(attributes.get(INPUT)), json_value(attributes.get(OUTPUT))
    return Exchange(
        asked(given, inner(span.place, INPUT), account),
        answered(said, inner(span.place, OUTPUT), account),
        _tools(span, json_value(attributes.get("gen_ai.tool.definitions")), account),
    )


def _openinference(span: Record, account: Account) -> Exchange | None:
    given = opened(json_value(nested(span.attributes, "llm.input_messages")))
    said = opened(json_value(nested(span.attributes, "llm.output_messages")))
    if not given and not said:
        return None
    here = inner(span.place, "llm.input_messages")
    there = inner(span.place, "llm.output_messages")
    return Exchange(
        asked(_opened(given, here), here, account),
        answered(_opened(said, there), there, account),
        _tools(span, opened(json_value(nested(span.attributes, "llm.tools"))), account),
    )


def _opened(messages: Any, place: Place) -> list[dict[str, Any]]:
    return [chat_message(one, place) for one in as_list(messages or [], place, "messages")]


def _indexed(span: Record, account: Account) -> Exchange | None:
    for prompt, completion in (
        ("gen_ai.prompt", "gen_ai.completion"),
        ("llm.prompts", "llm.completions"),
    ):
        given = json_value(nested(span.attributes, prompt))
        said = json_value(nested(span.attributes, completion))
        if given or said:
            tools = nested(span.attributes, "llm.request.functions")
            where = inner(span.place, prompt)
            return Exchange(
                asked(_chats(given, "user"), where, account),
                answered(_chats(_first(said), "assistant"), inner(span.place, completion), account),
                _tools(span, tools, account),
            )
    return None


def _ai_sdk(span: Record, account: Account) -> Exchange | None:
    given = json_value(span.attributes.get("ai.prompt.messages"))
    if given is None:
        return None
    place = inner(span.place, "ai.response.toolCalls")
    calls = json_value(span.attributes.get("ai.response.toolCalls")) or []
    events: list[Event] = []
    if text := span.attributes.get("ai.response.text"):
        events.append(SystemSaid(str(text)))
    for number, one in enumerate(as_list(calls, place, "calls")):
        call = as_object(one, inner(place, number), "a call")
        arguments = call.get("input", call.get("args"))
        arguments = decoded(arguments) if isinstance(arguments, str) else arguments
        events.append(Call(str(call.get("toolName")), arguments, call.get("toolCallId")))
    tools = span.attributes.get("ai.prompt.tools")
    where = inner(span.place, "ai.prompt.messages")
    ended: list[Event] = [STEP_ENDED] if events else []
    said = events + ended
    return Exchange(asked(given, where, account), said, _tools(span, tools, account))


def _tools(span: Record, value: Any, account: Account) -> ToolsOffered | None:
    return tools_offered(value, inner(span.place, "tools"), account)


def _first(completions: Any) -> Any:
    """The first of several answers to one request."""
    return completions[:1] if isinstance(completions, list) else completions


def _chats(value: Any, role: str) -> Any:
    """Messages written a key for each value, as chat messages; one without a role is of `role`."""
    if isinstance(value, dict) and "role" not in value and "content" not in value:
        value = value.get("messages", [])
    if not isinstance(value, list):
        return value
    found = []
    for one in value:
        message = {"role": role} | _as_chat(one) if isinstance(one, dict) else one
        found.append(message)
    return found


def _as_chat(message: dict[str, Any]) -> dict[str, Any]:
    """A message whose parts are JSON in strings and whose calls have no `function` around them."""
    found = {key: value for key, value in message.items() if key != "finish_reason"}
    for key in ("content", "parts"):
        if key in found:
            found[key] = json_value(found[key]) if _is_list(found[key]) else found[key]
    calls = json_value(found.get("tool_calls"))
    if isinstance(calls, list):
        found["tool_calls"] = [_call(one) for one in calls]
    return found


def _is_list(value: Any) -> bool:
    """Whether it is a list of parts in a string, not words that only look like one."""
    parts = json_value(value) if isinstance(value, str) else None
    return (
        isinstance(parts, list)
        and bool(parts)
        and all(isinstance(part, dict) and ("type" in part or "text" in part) for part in parts)
    )


def _call(value: Any) -> Any:
    if not isinstance(value, dict) or "function" in value or "args" in value:
        return value
    function = {"name": value.get("name"), "arguments": value.get("arguments")}
    return {"id": value.get("id"), "type": "function", "function": function}


def _body(event: Record) -> dict[str, Any]:
    """The body of an event: of its own, as JSON in an attribute, or its attributes."""
    for given in (
        event.first("body", "event_body"),
        event.attributes.get("gen_ai.event.content"),
        event.attributes.get("event_body"),
    ):
        body = json_value(plain(given))
        if isinstance(body, dict):
            return body
        if isinstance(body, str) and body:
            return {"content": body}
    ours = ("role", "content", "tool_calls", "id", "index", "finish_reason", "message", "name")
    return {key: event.attributes[key] for key in ours if key in event.attributes}


def _listed_events(span: Record) -> Iterator[Record]:
    """Events that stand as JSON in an attribute of the span."""
    for key in ("events", "all_messages_events"):
        listed = json_value(span.attributes.get(key))
        if isinstance(listed, list):
            for number, one in enumerate(listed):
                place = inner(inner(span.place, key), number)
                if isinstance(one, dict):
                    body = {k: v for k, v in one.items() if k != "event.name"}
                    name = one.get("event.name")
                    body = {k: v for k, v in body.items() if not k.startswith("gen_ai.")}
                    yield Record({"name": name, "body": body}, {}, place)
            return
