"""Which spans are one dialogue: agents, conversations and traces, in any order of the file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cueline.corpus import read_all
from cueline.corpus.account import Account

Json = dict[str, Any]


def said(role: str, words: str) -> Json:
    return {"role": role, "parts": [{"type": "text", "content": words}]}


def talk(*words: str) -> list[Json]:
    """Messages of the user and of the assistant in turn."""
    return [said("assistant" if n % 2 else "user", one) for n, one in enumerate(words)]


def span(id: str, start: int, words: str = "", around: str = "", **attributes: Any) -> Json:
    """A span in which the last of `words` was answered to those before."""
    messages = talk(*words.split())
    operation = "chat" if words else "invoke_agent"
    found: Json = {"gen_ai.operation.name": operation} | attributes
    if messages:
        found |= {"gen_ai.input.messages": messages[:-1], "gen_ai.output.messages": messages[-1:]}
    ids = {"traceId": found.pop("trace", "t"), "spanId": id, "parentSpanId": around}
    return ids | {"startTimeUnixNano": str(start), "attributes": found}


def read(folder: Path, spans: list[Json], account: Account | None = None) -> list[list[str]]:
    path = folder / "spans.jsonl"
    path.write_text("\n".join(map(json.dumps, spans)))
    dialogues = read_all(path, account=account)
    return [[f"{turn.user} {turn.system}" for turn in one.turns] for one in dialogues]


AGENTS = [
    span("A", 1, **{"gen_ai.agent.name": "A"}),
    span("a1", 2, "p1 q1", "A"),
    span("B", 3, **{"gen_ai.agent.name": "B"}),
    span("b1", 4, "x1 y1", "B"),
    span("a2", 5, "p1 q1 p2 q2", "A"),
    span("b2", 6, "x1 y1 x2 y2", "B"),
]
ONE_CONVERSATION = [
    span("r", 1, **{"gen_ai.conversation.id": "k"}),
    span("a", 2, "p1 q1", "r"),
    span("s", 3, trace="u", **{"gen_ai.conversation.id": "k"}),
    span("b", 4, "p2 q2", "s", trace="u"),
]
GROWING = [
    span(str(n), n, " ".join(f"p{i} q{i}" for i in range(n + 1)), trace=str(n)) for n in range(3)
]
CASES = {
    "agents of a trace": (AGENTS, [["p1 q1", "p2 q2"], ["x1 y1", "x2 y2"]]),
    "a conversation that only the spans around name": (ONE_CONVERSATION, [["p1 q1", "p2 q2"]]),
    "traces that repeat each other": (GROWING, [["p0 q0", "p1 q1", "p2 q2"]]),
    "a request sent twice": ([span("1", 1, "p q"), span("2", 2, "p q")], [["p q"]]),
    "an answer asked for again": ([span("1", 1, "p q"), span("2", 2, "p z")], [["p q"], ["p z"]]),
    "requests that have nothing to do with each other": (
        [span("1", 1, "p q"), span("2", 2, "x y")],
        [["p q"], ["x y"]],
    ),
}


@pytest.mark.parametrize("case", CASES)
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_each_dialogue_is_read_once_in_order_of_start(
    case: str, data: st.DataObject, tmp_path: Path
) -> None:
    spans, dialogues = CASES[case]
    assert read(tmp_path, data.draw(st.permutations(spans))) == dialogues


def test_an_agent_is_read_where_no_span_within_has_messages(tmp_path: Path) -> None:
    agent = span("1", 1, "p q", **{"gen_ai.operation.name": "invoke_agent"})
    assert read(tmp_path, [agent, span("2", 2, around="1")]) == [["p q"]]


def test_what_is_repeated_and_what_has_no_messages_is_counted(tmp_path: Path) -> None:
    account = Account()
    read(tmp_path, [span("1", 1, "p q"), span("2", 2, "p q"), span("3", 3)], account)
    assert account.ignored["span without messages"].count == 1
    assert sum(tally.count for tally in account.left_out.values()) == 1
