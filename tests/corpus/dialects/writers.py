"""Streams of events written in each dialect, as its own program writes them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from cueline.corpus.transcripts.events import (
    Call,
    Result,
    StepEnded,
    SystemSaid,
    ToolsOffered,
    UserSaid,
)
from tests.corpus.dialects.streams import (
    Stream,
    results_in_objects,
    without_steps,
    words_apart,
)

Record = dict[str, Any]


class Writer(NamedTuple):
    """How a dialect writes a stream: the records of a file, and what its files are called.

    `reads` is what a file can say of a stream; `most_calls` may stand in one step; `lines` is false
    where the records are one list.
    """

    records: Callable[[Stream, int], list[Any]]
    reads: Callable[[Stream], Stream] = tuple
    most_calls: int = 3
    lines: bool = True

    def content(self, streams: Sequence[Stream]) -> bytes:
        """A file that holds the dialogues."""
        return self.encoded([one for n, s in enumerate(streams) for one in self.records(s, n)])

    def encoded(self, records: list[Any]) -> bytes:
        """A file that holds the records."""
        if self.lines:
            return b"".join(json.dumps(one, ensure_ascii=False).encode() + b"\n" for one in records)
        return json.dumps(records, ensure_ascii=False).encode()

    @property
    def name(self) -> str:
        """What such a file is called."""
        return "input.jsonl" if self.lines else "input.json"


class Step(NamedTuple):
    """What the system says and calls in one message."""

    words: list[str]
    calls: list[Call]


def parts(stream: Stream) -> Iterator[UserSaid | Step | list[Result]]:
    """The stream as messages: of the user, of the system, or results that belong together."""
    words: list[str] = []
    calls: list[Call] = []
    results: list[Result] = []
    for event in stream:
        if results and not isinstance(event, Result):
            yield results
            results = []
        match event:
            case UserSaid():
                yield event
            case SystemSaid(text):
                words.append(text)
            case Call():
                calls.append(event)
            case StepEnded():
                yield Step(words, calls)
                words, calls = [], []
            case Result():
                results.append(event)
            case _:
                raise AssertionError(event)
    if results:
        yield results


def text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def openai_messages(stream: Stream) -> list[Record]:
    messages: list[Record] = []
    for part in parts(stream):
        if isinstance(part, UserSaid):
            messages.append({"role": "user", "content": part.text})
        elif isinstance(part, Step):
            message: Record = {"role": "assistant", "content": "\n".join(part.words) or None}
            if part.calls:
                message["tool_calls"] = [openai_call(call) for call in part.calls]
            messages.append(message)
        else:
            messages += [
                {"role": "tool", "tool_call_id": one.call_id, "content": one.content}
                for one in part
            ]
    return messages


def openai_call(call: Call) -> Record:
    function = {"name": call.name, "arguments": text(call.arguments)}
    return {"id": call.id, "type": "function", "function": function}


def langchain_messages(stream: Stream) -> list[Record]:
    messages: list[Record] = []
    for part in parts(stream):
        if isinstance(part, UserSaid):
            messages.append({"type": "human", "content": part.text})
        elif isinstance(part, Step):
            calls = [
                {"name": c.name, "args": c.arguments, "id": c.id, "type": "tool_call"}
                for c in part.calls
            ]
            words = "\n".join(part.words)
            messages.append({"type": "ai", "content": words, "tool_calls": calls})
        else:
            messages += [
                {"type": "tool", "content": r.content, "tool_call_id": r.call_id, "name": r.name}
                for r in part
            ]
    return messages


def serialised(message: Record) -> Record:
    names = {"human": "HumanMessage", "ai": "AIMessage", "tool": "ToolMessage"}
    path = ["langchain", "schema", "messages", names[message["type"]]]
    return {"lc": 1, "type": "constructor", "id": path, "kwargs": message}


def in_data(message: Record) -> Record:
    return {"type": message["type"], "data": message}


def in_roles(message: Record) -> Record:
    roles = {"human": "user", "ai": "assistant", "tool": "tool"}
    return {k: v for k, v in message.items() if k != "type"} | {"role": roles[message["type"]]}


def anthropic_messages(stream: Stream) -> list[Record]:
    messages: list[Record] = []
    for part in parts(stream):
        if isinstance(part, UserSaid):
            messages.append({"role": "user", "content": [{"type": "text", "text": part.text}]})
        elif isinstance(part, Step):
            blocks = [{"type": "text", "text": word} for word in part.words]
            blocks += [
                {"type": "tool_use", "id": c.id, "name": c.name, "input": c.arguments}
                for c in part.calls
            ]
            messages.append({"role": "assistant", "content": blocks})
        else:
            results = [
                {"type": "tool_result", "tool_use_id": r.call_id, "content": r.content}
                for r in part
            ]
            messages.append({"role": "user", "content": results})
    return messages


def gemini_contents(stream: Stream) -> list[Record]:
    contents: list[Record] = []
    for part in parts(stream):
        if isinstance(part, UserSaid):
            contents.append({"role": "user", "parts": [{"text": part.text}]})
        elif isinstance(part, Step):
            said = [{"text": word} for word in part.words]
            called = [{"functionCall": {"name": c.name, "args": c.arguments}} for c in part.calls]
            contents.append({"role": "model", "parts": said + called})
        else:
            answers = [
                {"functionResponse": {"name": r.name, "response": {"output": r.content}}}
                for r in part
            ]
            contents.append({"role": "user", "parts": answers})
    return contents


def bedrock_messages(stream: Stream) -> list[Record]:
    messages: list[Record] = []
    for part in parts(stream):
        if isinstance(part, UserSaid):
            messages.append({"role": "user", "content": [{"text": part.text}]})
        elif isinstance(part, Step):
            blocks: list[Record] = [{"text": word} for word in part.words]
            blocks += [
                {"toolUse": {"toolUseId": c.id, "name": c.name, "input": c.arguments}}
                for c in part.calls
            ]
            messages.append({"role": "assistant", "content": blocks})
        else:
            results = [
                {"toolResult": {"toolUseId": r.call_id, "content": [{"text": r.content}]}}
                for r in part
            ]
            messages.append({"role": "user", "content": results})
    return messages


def model_messages(stream: Stream) -> list[Record]:
    messages: list[Record] = []
    for part in parts(stream):
        if isinstance(part, UserSaid):
            messages.append({"role": "user", "content": part.text})
        elif isinstance(part, Step):
            content: list[Record] = [{"type": "text", "text": word} for word in part.words]
            content += [
                {"type": "tool-call", "toolCallId": c.id, "toolName": c.name, "input": c.arguments}
                for c in part.calls
            ]
            messages.append({"role": "assistant", "content": content})
        else:
            messages.append({"role": "tool", "content": [model_result(one) for one in part]})
    return messages


def model_result(result: Result) -> Record:
    output = {"type": "text", "value": result.content}
    names = {"toolCallId": result.call_id, "toolName": result.name}
    return {"type": "tool-result", "output": output, **names}


def ui_messages(stream: Stream) -> list[Record]:
    """One message of the assistant between two of the user, with a part for each of its steps."""
    answers = {event.call_id: event for event in stream if isinstance(event, Result)}
    messages: list[Record] = []
    for number, part in enumerate(parts(stream)):
        if isinstance(part, UserSaid):
            said = [{"type": "text", "text": part.text}]
            messages.append({"id": f"m{number}", "role": "user", "parts": said})
        elif isinstance(part, Step):
            if not messages or messages[-1]["role"] == "user":
                messages.append({"id": f"m{number}", "role": "assistant", "parts": []})
            steps = messages[-1]["parts"]
            steps.append({"type": "step-start"})
            steps += [{"type": "text", "text": word, "state": "done"} for word in part.words]
            steps += [ui_invocation(call, answers[call.id]) for call in part.calls]
    return messages


def ui_invocation(call: Call, result: Result) -> Record:
    part = {"type": f"tool-{call.name}", "toolCallId": call.id, "state": "output-available"}
    return part | {"input": call.arguments, "output": result.content}


def llamaindex_messages(stream: Stream) -> list[Record]:
    messages: list[Record] = []
    for message in openai_messages(stream):
        words = message["content"]
        blocks = [{"block_type": "text", "text": words}] if words is not None else []
        more = {k: v for k, v in message.items() if k in ("tool_calls", "tool_call_id")}
        messages.append({"role": message["role"], "blocks": blocks, "additional_kwargs": more})
    return messages


def autogen_messages(stream: Stream) -> list[Record]:
    messages: list[Record] = []
    for part in parts(stream):
        if isinstance(part, UserSaid):
            messages.append({"source": "user", "type": "TextMessage", "content": part.text})
        elif isinstance(part, Step):
            if part.words:
                words = "\n".join(part.words)
                messages.append({"source": "bot", "type": "TextMessage", "content": words})
            if part.calls:
                calls = [
                    {"id": c.id, "name": c.name, "arguments": text(c.arguments)} for c in part.calls
                ]
                event = {"source": "bot", "type": "ToolCallRequestEvent", "content": calls}
                messages.append(event)
        else:
            results = [
                {"call_id": r.call_id, "name": r.name, "content": r.content, "is_error": False}
                for r in part
            ]
            event = {"source": "bot", "type": "ToolCallExecutionEvent", "content": results}
            messages.append(event)
    return messages


def ollama_messages(stream: Stream) -> list[Record]:
    messages: list[Record] = []
    for part in parts(stream):
        if isinstance(part, UserSaid):
            messages.append({"role": "user", "content": part.text, "images": []})
        elif isinstance(part, Step):
            calls = [{"function": {"name": c.name, "arguments": c.arguments}} for c in part.calls]
            message: Record = {"role": "assistant", "content": "\n".join(part.words)}
            messages.append(message | ({"tool_calls": calls} if calls else {}))
        else:
            messages += [{"role": "tool", "tool_name": r.name, "content": r.content} for r in part]
    return messages


def cohere_messages(stream: Stream) -> list[Record]:
    messages = []
    for message in openai_messages(stream):
        if message["role"] == "assistant" and "tool_calls" in message:
            plan = {"tool_plan": "I will look."} if message["content"] is None else {}
            message = {k: v for k, v in message.items() if v is not None} | plan
        elif message["role"] == "tool":
            document = {"type": "document", "document": {"data": message["content"]}}
            message = message | {"content": [document]}
        messages.append(message)
    return messages


def mistral_messages(stream: Stream) -> list[Record]:
    thought = {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}
    messages = []
    for message in openai_messages(stream):
        if message["role"] == "assistant":
            said = [{"type": "text", "text": message["content"]}] if message["content"] else []
            message = message | {"content": [thought, *said], "prefix": False}
        messages.append(message)
    return messages


def otel_messages(stream: Stream) -> list[Record]:
    messages: list[Record] = []
    for part in parts(stream):
        if isinstance(part, UserSaid):
            said = [{"type": "text", "content": part.text}]
            messages.append({"role": "user", "parts": said})
        elif isinstance(part, Step):
            done: list[Record] = [{"type": "text", "content": word} for word in part.words]
            done += [
                {"type": "tool_call", "id": c.id, "name": c.name, "arguments": c.arguments}
                for c in part.calls
            ]
            messages.append({"role": "assistant", "parts": done})
        else:
            messages.append(
                {
                    "role": "tool",
                    "parts": [
                        {"type": "tool_call_response", "id": r.call_id, "response": r.content}
                        for r in part
                    ],
                }
            )
    return messages


def exchanges(messages: list[Record], is_answer: Callable[[Record], bool]) -> list[Any]:
    """Each answer of the model with all that it was asked until then."""
    return [
        (messages[:number], [message])
        for number, message in enumerate(messages)
        if is_answer(message)
    ]


def by_assistant(message: Record) -> bool:
    return message.get("role") == "assistant" or message.get("type") == "ai"


def nested_value(value: Any) -> Record:
    """A value in the notation of the protocol."""
    match value:
        case bool():
            return {"boolValue": value}
        case int():
            return {"intValue": str(value)}
        case str():
            return {"stringValue": value}
        case list():
            return {"arrayValue": {"values": [nested_value(one) for one in value]}}
        case dict():
            return {"kvlistValue": {"values": protocol_attributes(value)}}
    raise AssertionError(value)


def protocol_attributes(attributes: Record) -> list[Record]:
    return [{"key": key, "value": nested_value(one)} for key, one in attributes.items()]


def spans(
    attributes: Callable[[list[Record], list[Record]], Record], messages: list[Record], number: int
) -> list[Record]:
    """A span for each call of the model, the latest first, as one export of the protocol."""
    found = []
    for turn, (asked, answered) in enumerate(exchanges(messages, by_assistant)):
        found.append(
            {
                "traceId": f"t{number}",
                "spanId": f"s{turn}",
                "name": "chat",
                "startTimeUnixNano": str(1000 * (100 * number + turn)),
                "attributes": protocol_attributes(
                    {"gen_ai.operation.name": "chat"} | attributes(asked, answered)
                ),
            }
        )
    return [{"resourceSpans": [{"scopeSpans": [{"spans": found[::-1]}]}]}]


def as_text(asked: list[Record], answered: list[Record]) -> Record:
    return {"gen_ai.input.messages": text(asked), "gen_ai.output.messages": text(answered)}


def as_values(asked: list[Record], answered: list[Record]) -> Record:
    return {"gen_ai.input.messages": asked, "gen_ai.output.messages": answered}


def indexed(asked: list[Record], answered: list[Record]) -> Record:
    found: Record = {}
    for prefix, messages in (("gen_ai.prompt", asked), ("gen_ai.completion", answered)):
        for number, message in enumerate(messages):
            start = f"{prefix}.{number}"
            found[f"{start}.role"] = message["role"]
            for key in ("content", "tool_call_id"):
                if message.get(key) is not None:
                    found[f"{start}.{key}"] = message[key]
            for place, call in enumerate(message.get("tool_calls", [])):
                found[f"{start}.tool_calls.{place}.id"] = call["id"]
                for key, value in call["function"].items():
                    found[f"{start}.tool_calls.{place}.{key}"] = value
    return found


def openinference(asked: list[Record], answered: list[Record]) -> Record:
    found: Record = {"openinference.span.kind": "LLM"}
    for prefix, messages in (("llm.input_messages", asked), ("llm.output_messages", answered)):
        for number, message in enumerate(messages):
            start = f"{prefix}.{number}.message"
            for key in ("role", "content", "tool_call_id"):
                if message.get(key) is not None:
                    found[f"{start}.{key}"] = message[key]
            for place, call in enumerate(message.get("tool_calls", [])):
                there = f"{start}.tool_calls.{place}.tool_call"
                found[f"{there}.id"] = call["id"]
                for key, value in call["function"].items():
                    found[f"{there}.function.{key}"] = value
    return found


def event_name(message: Record) -> str:
    return f"gen_ai.{message['role']}.message"


def event_body(message: Record) -> Record:
    found = {k: v for k, v in message.items() if v is not None and k != "tool_call_id"}
    return found | ({"id": message["tool_call_id"]} if "tool_call_id" in message else {})


def choice(message: Record) -> Record:
    return {"index": 0, "finish_reason": "stop", "message": event_body(message)}


def events_of_spans(stream: Stream, number: int) -> list[Record]:
    found = []
    messages = openai_messages(stream)
    for turn, (asked, [answer]) in enumerate(exchanges(messages, by_assistant)):
        events = [
            {"name": event_name(m), "attributes": {"gen_ai.event.content": text(event_body(m))}}
            for m in asked
        ]
        content = {"gen_ai.event.content": text(choice(answer))}
        events.append({"name": "gen_ai.choice", "attributes": content})
        span = {"trace_id": f"t{number}", "span_id": f"s{turn}", "name": "chat", "events": events}
        start = {"start_time": f"2026-01-05T10:{number:02}:{turn:02}Z"}
        found.append(span | start | {"attributes": {"gen_ai.system": "x"}})
    return found[::-1]


def logs(stream: Stream, number: int) -> list[Record]:
    found = []
    for turn, (asked, [answer]) in enumerate(exchanges(openai_messages(stream), by_assistant)):
        bodies = [(event_name(m), event_body(m)) for m in asked]
        for place, (name, body) in enumerate([*bodies, ("gen_ai.choice", choice(answer))]):
            found.append(
                {
                    "timeUnixNano": str(100_000 * number + 1000 * turn + place),
                    "traceId": f"t{number}",
                    "spanId": f"s{turn}",
                    "eventName": name,
                    "body": nested_value(body),
                }
            )
    return [{"resourceLogs": [{"scopeLogs": [{"logRecords": found}]}]}]


def with_agent(stream: Stream, number: int) -> list[Record]:
    """The span of the agent around those of its model, which it tells again in short."""
    messages = otel_messages(stream)
    record = spans(as_text, messages, number)[0]
    inside = record["resourceSpans"][0]["scopeSpans"][0]["spans"]
    for span in inside:
        span["parentSpanId"] = "agent"
    ends = [messages[0]], [messages[-1]] if by_assistant(messages[-1]) else []
    around = {"gen_ai.operation.name": "invoke_agent"} | as_text(*ends)
    agent = {"traceId": f"t{number}", "spanId": "agent", "name": "invoke_agent"}
    agent |= {"startTimeUnixNano": str(100_000 * number), "attributes": protocol_attributes(around)}
    inside.append(agent)
    return [record]


def langfuse(stream: Stream, number: int) -> list[Record]:
    observations = [
        {
            "id": f"o{number}-{turn}",
            "traceId": f"t{number}",
            "type": "GENERATION",
            "startTime": f"2026-01-05T10:{number:02}:{turn:02}.000Z",
            "input": {"messages": asked},
            "output": answer,
        }
        for turn, (asked, [answer]) in enumerate(exchanges(openai_messages(stream), by_assistant))
    ]
    return [{"id": f"t{number}", "sessionId": None, "observations": observations[::-1]}]


def langsmith_runs(stream: Stream, number: int) -> list[Record]:
    found = []
    for turn, (asked, [answer]) in enumerate(exchanges(langchain_messages(stream), by_assistant)):
        message = {"text": "", "type": "ChatGeneration", "message": serialised(answer)}
        found.append(
            {
                "id": f"r{number}-{turn}",
                "trace_id": f"t{number}",
                "run_type": "llm",
                "start_time": f"2026-01-05T10:{number:02}:{turn:02}",
                "inputs": {"messages": [[serialised(one) for one in asked]]},
                "outputs": {"generations": [[message]]},
            }
        )
    return found[::-1]


def langsmith_examples(stream: Stream, number: int) -> list[Record]:
    """One example, whose answer is all that followed the first message."""
    messages = openai_messages(stream)
    return [{"inputs": {"messages": messages[:1]}, "outputs": {"messages": messages[1:]}}]


def claude_code(stream: Stream, number: int) -> list[Record]:
    """A line for each block, results as they come in."""
    lines: list[Record] = [{"type": "summary", "summary": "s", "leafUuid": "u"}]
    for place, message in enumerate(anthropic_messages(stream)):
        for block in message["content"]:
            one = message | {"content": [block]}
            one |= {"id": f"m{place}"} if message["role"] == "assistant" else {}
            uuid = f"{number}-{len(lines)}"
            parent = None if len(lines) == 1 else f"{number}-{len(lines) - 1}"
            ids = {"uuid": uuid, "parentUuid": parent, "sessionId": f"k{number}"}
            lines.append({"type": message["role"], "message": one, "isSidechain": False} | ids)
    return lines


def codex(stream: Stream, number: int) -> list[Record]:
    items: list[Record] = []
    for part in parts(stream):
        if isinstance(part, UserSaid):
            said = [{"type": "input_text", "text": part.text}]
            items.append({"type": "message", "role": "user", "content": said})
        elif isinstance(part, Step):
            if part.words:
                words = [{"type": "output_text", "text": word} for word in part.words]
                items.append({"type": "message", "role": "assistant", "content": words})
            items += [
                {
                    "type": "function_call",
                    "name": c.name,
                    "arguments": text(c.arguments),
                    "call_id": c.id,
                }
                for c in part.calls
            ]
        else:
            items += [
                {"type": "function_call_output", "call_id": r.call_id, "output": r.content}
                for r in part
            ]
    lines: list[Record] = [{"type": "session_meta", "payload": {"id": f"k{number}"}}]
    return lines + [{"type": "response_item", "payload": item} for item in items]


def chatgpt(stream: Stream, number: int) -> list[Record]:
    """A tree with a branch that was left at each message; one call at a time."""
    messages: list[Record] = []
    for part in parts(stream):
        if isinstance(part, UserSaid):
            messages.append(chatgpt_message("user", part.text))
        elif isinstance(part, Step):
            messages += [chatgpt_message("assistant", word) for word in part.words]
            messages += [
                chatgpt_message("assistant", text(c.arguments), c.name) for c in part.calls
            ]
        else:
            messages += [chatgpt_message("tool", r.content, name=r.name) for r in part]
    mapping: Record = {"root": {"id": "root", "message": None, "parent": None, "children": []}}
    before = "root"
    for place, message in enumerate(messages):
        left = chatgpt_message("assistant", "left")
        mapping[f"x{place}"] = {"message": left, "parent": before, "children": []}
        mapping[f"n{place}"] = {"message": message, "parent": before, "children": []}
        mapping[before]["children"] = [f"x{place}", f"n{place}"]
        before = f"n{place}"
    return [{"title": "t", "id": f"k{number}", "mapping": mapping, "current_node": before}]


def chatgpt_message(role: str, words: str, recipient: str = "all", name: Any = None) -> Record:
    kind = "code" if recipient != "all" else "text"
    content = {"content_type": kind} | ({"text": words} if kind == "code" else {"parts": [words]})
    author = {"role": role, "name": name}
    return {"author": author, "content": content, "recipient": recipient}


def claude_export(stream: Stream, number: int) -> list[Record]:
    """Results stand in the message of the assistant, which goes on after them."""
    messages: list[Record] = []
    for message in anthropic_messages(stream):
        is_result = message["content"][0]["type"] == "tool_result"
        sender = "human" if message["role"] == "user" and not is_result else "assistant"
        content = {"content": message["content"], "text": ""}
        messages.append({"uuid": f"m{len(messages)}", "sender": sender} | content)
    return [{"uuid": f"k{number}", "name": "t", "chat_messages": messages}]


def one_record(
    messages: Callable[[Stream], list[Record]],
    key: str = "messages",
    reads: Callable[[Stream], Stream] = tuple,
) -> Writer:
    return Writer(lambda stream, number: [{"id": f"k{number}", key: messages(stream)}], reads)


def mapped(each: Callable[[Record], Record]) -> Writer:
    return one_record(lambda stream: [each(one) for one in langchain_messages(stream)])


def traced(
    attributes: Callable[[list[Record], list[Record]], Record],
    messages: Callable[[Stream], list[Record]],
) -> Writer:
    return Writer(lambda stream, number: spans(attributes, messages(stream), number))


def requests(stream: Stream, number: int) -> list[Any]:
    """A log of requests with their responses: each tells the talk so far."""
    messages = openai_messages(stream)
    return [
        {"request": {"messages": messages[:at]}, "response": {"choices": [{"message": message}]}}
        for at, message in enumerate(messages)
        if message["role"] == "assistant"
    ]


def snapshots(stream: Stream, number: int) -> list[Any]:
    """Lines that repeat the talk so far."""
    messages = openai_messages(stream)
    ends = [at + 1 for at in range(len(messages)) if messages[at]["role"] == "assistant"]
    name = f"talk {number}"
    return [{"conversation_id": name, "messages": messages[:end]} for end in [*ends, len(messages)]]


def loose_messages(stream: Stream, number: int) -> list[Any]:
    return [{**message, "session_id": f"s{number}"} for message in openai_messages(stream)]


def as_json_text(stream: Stream, number: int) -> list[Any]:
    return [{"id": str(number), "messages": text(openai_messages(stream))}]


def late_results_first(stream: Stream, number: int) -> list[Any]:
    """Each result stands before the message that asked for it."""
    messages = openai_messages(stream)
    found: list[Record] = []
    for message in messages:
        at = len(found)
        if message["role"] == "tool":
            while found[at - 1]["role"] == "tool":
                at -= 1
            at -= 1
        found.insert(at, message)
    return [{"id": str(number), "messages": found}]


def response_items(stream: Stream) -> list[Record]:
    items: list[Record] = []
    for event in stream:
        match event:
            case UserSaid(words):
                items.append({"role": "user", "content": words})
            case SystemSaid(words):
                content = [{"type": "output_text", "text": words}]
                items.append({"type": "message", "role": "assistant", "content": content})
            case Call(name, arguments, id):
                call = {"type": "function_call", "call_id": id, "name": name}
                items.append({**call, "arguments": text(arguments)})
            case Result(content, id):
                items.append({"type": "function_call_output", "call_id": id, "output": content})
    return items


def response_chain(stream: Stream, number: int) -> list[Any]:
    """Responses that name the one before; each has only what is new."""
    asked: list[Record] = []
    answered: list[Record] = []
    chain: list[Record] = []

    def respond() -> None:
        name = f"resp_{number}_{len(chain)}"
        record = {"id": name, "object": "response", "input": list(asked), "output": list(answered)}
        before = {"previous_response_id": chain[-1]["id"]} if chain else {}
        chain.append({**record, **before})
        asked.clear()
        answered.clear()

    for item in response_items(stream):
        heard = item.get("role") == "user" or item.get("type") == "function_call_output"
        if heard and answered:
            respond()
        (asked if heard else answered).append(item)
    respond()
    return chain[::-1]


def sharegpt_messages(stream: Stream) -> list[Record]:
    """Calls in the words of the system, as Hermes writes them."""
    messages: list[Record] = []
    for part in parts(stream):
        if isinstance(part, UserSaid):
            messages.append({"from": "human", "value": part.text})
        elif isinstance(part, Step):
            calls = [text({"name": c.name, "arguments": c.arguments}) for c in part.calls]
            tagged = [f"<tool_call>\n{call}\n</tool_call>" for call in calls]
            messages.append({"from": "gpt", "value": "\n".join([*part.words, *tagged])})
        else:
            named = [text({"name": r.name, "content": r.content}) for r in part]
            tagged = [f"<tool_response>\n{one}\n</tool_response>" for one in named]
            messages.append({"from": "tool", "value": "\n".join(tagged)})
    return messages


def glaive_chat(stream: Stream, number: int) -> list[Any]:
    said: list[str] = []
    for part in parts(stream):
        if isinstance(part, UserSaid):
            said.append(f"USER: {part.text}")
        elif isinstance(part, Step):
            calls = [
                f'<functioncall> {{"name": "{c.name}", "arguments": \'{text(c.arguments)}\'}}'
                for c in part.calls
            ]
            said.append(f"ASSISTANT: {' '.join([*part.words, *calls])} <|endoftext|>")
        else:
            said += [f"FUNCTION RESPONSE: {one.content}" for one in part]
    tools = "\n".join(text({"name": name}) for name in tool_names(stream))
    return [{"system": f"SYSTEM: Use these functions -\n{tools}", "chat": "\n\n\n".join(said)}]


def tool_names(stream: Stream) -> tuple[str, ...]:
    """The tools that are offered: those called, and both sides of a coin."""
    called = [event.name for event in stream if isinstance(event, Call)]
    return tuple(sorted({*called, "heads", "tails"}))


def with_tools(stream: Stream) -> Stream:
    """The stream as a dialect writes it that always says which tools there are."""
    return (ToolsOffered(tool_names(stream)), *stream)


def thread_objects(stream: Stream, number: int) -> list[Any]:
    """Messages and steps of runs, the newest first."""
    objects: list[Record] = []
    results = {event.call_id: event.content for event in stream if isinstance(event, Result)}

    def message(role: str, words: str) -> None:
        content = [{"type": "text", "text": {"value": words, "annotations": []}}]
        objects.append({"object": "thread.message", "role": role, "content": content})

    for part in parts(stream):
        if isinstance(part, UserSaid):
            message("user", part.text)
        elif isinstance(part, Step):
            for words in part.words:
                message("assistant", words)
            if part.calls:
                calls = [openai_call(call) for call in part.calls]
                for call in calls:
                    call["function"]["output"] = results.get(call["id"])
                details = {"type": "tool_calls", "tool_calls": calls}
                objects.append({"object": "thread.run.step", "step_details": details})
    dated = [{**one, "created_at": at, "thread_id": str(number)} for at, one in enumerate(objects)]
    return [{"object": "list", "data": dated[::-1]}]


WRITERS: dict[str, Writer] = {
    "openai": one_record(openai_messages),
    "openai-requests": Writer(requests),
    "openai-snapshots": Writer(snapshots),
    "openai-loose": Writer(loose_messages),
    "openai-as-text": Writer(as_json_text),
    "openai-results-first": Writer(late_results_first),
    "anthropic": one_record(anthropic_messages),
    "responses": one_record(response_items, "input", without_steps),
    "responses-chain": Writer(response_chain, without_steps),
    "sharegpt": one_record(sharegpt_messages, "conversations"),
    "glaive": Writer(glaive_chat, with_tools, most_calls=1),
    "assistants": Writer(thread_objects, words_apart),
    "langchain-flat": one_record(langchain_messages),
    "langchain-serialised": mapped(serialised),
    "langchain-data": mapped(in_data),
    "langchain-roles": mapped(in_roles),
    "gemini": one_record(gemini_contents, "contents", results_in_objects),
    "bedrock": one_record(bedrock_messages),
    "ai-sdk-model": one_record(model_messages),
    "ai-sdk-ui": one_record(ui_messages),
    "llamaindex": one_record(llamaindex_messages),
    "autogen": one_record(autogen_messages, reads=words_apart),
    "ollama": one_record(ollama_messages),
    "cohere": one_record(cohere_messages),
    "mistral": one_record(mistral_messages),
    "otel": traced(as_text, otel_messages),
    "otel-values": traced(as_values, otel_messages),
    "otel-chat": traced(as_text, openai_messages),
    "otel-indexed": traced(indexed, openai_messages),
    "otel-events": Writer(events_of_spans),
    "otel-logs": Writer(logs),
    "otel-agent": Writer(with_agent),
    "openinference": traced(openinference, openai_messages),
    "langfuse": Writer(langfuse),
    "langsmith-runs": Writer(langsmith_runs),
    "langsmith-examples": Writer(langsmith_examples),
    "claude-code": Writer(claude_code),
    "codex": Writer(codex, without_steps),
    "chatgpt": Writer(chatgpt, without_steps, most_calls=1, lines=False),
    "claude": Writer(claude_export, lines=False),
}
"""By dialect, or dialect and way of writing."""
