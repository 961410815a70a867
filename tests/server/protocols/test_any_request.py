"""Whatever an agent sends, in any protocol: calls that it allows, or words why not, and no 5xx."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from tests.server.acting import ACTIONS
from tests.server.test_app import serving

Tools = dict[str, Any]
"""The schema of each tool that is offered, by name; None where it has none."""

NAMES = st.sampled_from([*ACTIONS, "größe", "ツール 🍜", "x" * 300])
IDS = st.sampled_from(["c1", "c2", "c3"])
TEXTS = st.sampled_from(["", " ", "find me a table", "thanks", "<tool_call>", "[book()]", "🍜\0"])
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=2),
    max_leaves=4,
)
SCHEMAS = st.sampled_from(
    [
        {"type": "object"},
        {},
        {"type": "object", "properties": {"a": {}}, "required": ["a"]},
        {"type": "nonsense"},
        {"$ref": "#/$defs/none"},
        {"$ref": "http://127.0.0.1:9/schema"},
        {"not": {}},
    ]
)


class Protocol(NamedTuple):
    """How a protocol is spoken."""

    path: str
    requests: st.SearchStrategy[tuple[dict[str, Any], Tools, bool, bool]]
    """A request; the tools that may be called; whether one must be; whether several may."""
    answered: Callable[[Any], tuple[list[str], str]]
    """The calls of an answer, and what it says in words."""


def content(kinds: list[Any]) -> st.SearchStrategy[Any]:
    """Words, parts of some kinds, or neither."""
    parts = st.lists(st.sampled_from(kinds), max_size=3)
    return TEXTS | parts | st.none() | JUNK


def several(messages: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    hello = {"role": "user", "content": "find me a table"}
    return st.lists(messages | st.just(hello), max_size=6)


def chosen(draw: Any, tools: Tools, named: Callable[[str], Any], allowed: Any) -> Any:
    """A choice of tools: as it is said, which may be called, whether one must be."""
    kind = draw(st.sampled_from(["left out", "auto", "none", "required", "named", "allowed"]))
    if kind == "none":
        return kind, {}, False
    if kind == "named" and tools:
        name = draw(st.sampled_from([*tools]))
        return named(name), {name: tools[name]}, True
    if kind == "allowed" and tools and allowed is not None:
        names = draw(st.lists(st.sampled_from([*tools]), min_size=1, max_size=3))
        mode = draw(st.sampled_from(["auto", "required"]))
        return allowed(mode, names), {name: tools[name] for name in names}, mode == "required"
    mode = kind if kind in ("auto", "required") else None
    return mode, tools, mode == "required"


@st.composite
def chats(draw: Any) -> tuple[dict[str, Any], Tools, bool, bool]:
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}
    kinds = [{"type": "text", "text": "find me a table"}, {"type": "text", "text": ""}, image]
    call = st.builds(lambda id, name: {"id": id, "function": {"name": name}}, IDS, NAMES)
    messages = st.one_of(
        st.fixed_dictionaries({"role": st.just("user"), "content": content(kinds)}),
        st.fixed_dictionaries(
            {"role": st.just("assistant"), "tool_calls": st.lists(call, max_size=3)},
            optional={"content": TEXTS | st.none(), "refusal": TEXTS},
        ),
        st.fixed_dictionaries(
            {"role": st.just("tool"), "content": content(kinds)}, optional={"tool_call_id": IDS}
        ),
        st.fixed_dictionaries({"role": st.sampled_from(["system", "pilot"]), "content": TEXTS}),
        st.dictionaries(TEXTS, JUNK, max_size=2),
    )
    tools = draw(st.dictionaries(NAMES, SCHEMAS, max_size=4))
    defined: list[Any] = [
        {"type": "function", "function": {"name": name, "parameters": schema}}
        for name, schema in tools.items()
    ]
    named = lambda name: {"type": "function", "function": {"name": name}}  # noqa: E731
    allowed = lambda mode, names: {  # noqa: E731
        "type": "allowed_tools",
        "allowed_tools": {"mode": mode, "tools": [named(name) for name in names]},
    }
    choice, offered, required = chosen(draw, tools, named, allowed)
    parallel = draw(st.sampled_from([None, True, False]))
    request = {"messages": draw(several(messages)), "tools": defined, "tool_choice": choice}
    return request | {"parallel_tool_calls": parallel}, offered, required, parallel is not False


def chat_answer(answer: Any) -> tuple[list[str], str]:
    (choice,) = answer["choices"]
    calls = choice["message"].get("tool_calls") or []
    assert choice["finish_reason"] == ("tool_calls" if calls else "stop")
    assert all(json.loads(call["function"]["arguments"]) == {} for call in calls)
    return [call["function"]["name"] for call in calls], choice["message"]["refusal"] or ""


@st.composite
def responses(draw: Any) -> tuple[dict[str, Any], Tools, bool, bool]:
    image = {"type": "input_image", "image_url": "data:image/png;base64,AA=="}
    kinds = [{"type": "input_text", "text": "find me a table"}, image]
    items = st.one_of(
        st.fixed_dictionaries({"role": st.just("user"), "content": content(kinds)}),
        st.fixed_dictionaries({"role": st.just("assistant"), "content": TEXTS}),
        st.fixed_dictionaries(
            {"type": st.just("function_call"), "call_id": IDS, "name": NAMES},
            optional={"arguments": st.sampled_from(["{}", "", "{", "7"])},
        ),
        st.fixed_dictionaries(
            {"type": st.just("function_call_output"), "call_id": IDS, "output": content(kinds)}
        ),
        st.fixed_dictionaries({"type": st.sampled_from(["reasoning", "smell", "compaction"])}),
        st.dictionaries(TEXTS, JUNK, max_size=2),
    )
    tools = draw(st.dictionaries(NAMES, SCHEMAS, max_size=4))
    defined = [
        {"type": "function", "name": name, "parameters": schema} for name, schema in tools.items()
    ]
    named = lambda name: {"type": "function", "name": name}  # noqa: E731
    allowed = lambda mode, names: {  # noqa: E731
        "type": "allowed_tools",
        "mode": mode,
        "tools": [named(name) for name in names],
    }
    choice, offered, required = chosen(draw, tools, named, allowed)
    parallel = draw(st.sampled_from([None, True, False]))
    said = draw(several(items) | TEXTS)
    request = {"input": said, "tools": defined, "tool_choice": choice}
    kept = {"parallel_tool_calls": parallel, "store": draw(st.booleans())}
    return request | kept, offered, required, parallel is not False


def response_answer(answer: Any) -> tuple[list[str], str]:
    calls = [item["name"] for item in answer["output"] if item["type"] == "function_call"]
    said = [item["content"][0]["refusal"] for item in answer["output"] if "content" in item]
    return calls, "".join(said)


@st.composite
def messages(draw: Any) -> tuple[dict[str, Any], Tools, bool, bool]:
    source = {"type": "base64", "media_type": "image/png", "data": "AA=="}
    image = {"type": "image", "source": source}
    kinds = [{"type": "text", "text": "find me a table"}, image]
    use = st.builds(
        lambda id, name: {"type": "tool_use", "id": id, "name": name, "input": {}}, IDS, NAMES
    )
    result = st.builds(
        lambda id, found: {"type": "tool_result", "tool_use_id": id, "content": found},
        IDS,
        content(kinds),
    )
    said = st.one_of(
        st.fixed_dictionaries({"role": st.just("user"), "content": content(kinds)}),
        st.fixed_dictionaries({"role": st.just("user"), "content": st.lists(result, max_size=3)}),
        st.fixed_dictionaries({"role": st.just("assistant"), "content": st.lists(use, max_size=3)}),
        st.fixed_dictionaries({"role": st.just("assistant"), "content": TEXTS}),
        st.dictionaries(TEXTS, JUNK, max_size=2),
    )
    tools = draw(st.dictionaries(NAMES, SCHEMAS, max_size=4))
    defined = [{"name": name, "input_schema": schema} for name, schema in tools.items()]
    choice, offered, required = chosen(
        draw, tools, lambda name: {"type": "tool", "name": name}, None
    )
    if isinstance(choice, str):
        choice = {"type": "any" if choice == "required" else choice}
    parallel = draw(st.booleans())
    if choice is not None:
        choice["disable_parallel_tool_use"] = not parallel
    request = {"messages": draw(several(said)), "tools": defined, "tool_choice": choice}
    return request, offered, required, parallel or choice is None


def message_answer(answer: Any) -> tuple[list[str], str]:
    calls = [block["name"] for block in answer["content"] if block["type"] == "tool_use"]
    assert answer["stop_reason"] == ("tool_use" if calls else "refusal")
    return calls, "".join(block.get("text", "") for block in answer["content"])


PROTOCOLS = [
    Protocol("/v1/chat/completions", chats(), chat_answer),
    Protocol("/v1/responses", responses(), response_answer),
    Protocol("/v1/messages", messages(), message_answer),
]


def fits(schema: Any) -> bool:
    """Whether a call without arguments is valid, by another library."""
    try:
        jsonschema.validate({}, schema)
    except Exception:
        return False
    return True


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda protocol: protocol.path)
def test_what_is_answered_is_what_was_allowed_and_never_empty(protocol: Protocol) -> None:
    seen = {"calls": 0, "words": 0, "refused": 0}
    with serving() as client:

        @settings(max_examples=150, suppress_health_check=list(HealthCheck), deadline=None)
        @given(protocol.requests)
        def check(drawn: tuple[dict[str, Any], Tools, bool, bool]) -> None:
            request, tools, required, several = drawn
            seen[held(client, protocol, request, tools, required, several)] += 1

        check()
    assert all(seen.values()), seen


def held(
    client: TestClient,
    protocol: Protocol,
    request: dict[str, Any],
    tools: Tools,
    required: bool,
    several: bool,
) -> str:
    """What came of a request, in which everything holds."""
    answer = client.post(protocol.path, json=request)
    if answer.status_code != 200:
        problem = answer.json()
        assert answer.status_code == 400, (answer.status_code, problem)
        assert problem["error"]["message"] == problem["detail"]
        assert "\n" not in problem["detail"]
        return "refused"
    calls, words = protocol.answered(answer.json())
    assert bool(calls) != bool(words)
    assert calls or not required
    assert len(calls) <= 1 or several
    assert set(calls) <= tools.keys()
    assert all(fits(tools[name]) for name in calls)
    decision = answer.json()["cueline"]
    assert (decision["abstained"] is None) == bool(calls)
    return "calls" if calls else "words"
