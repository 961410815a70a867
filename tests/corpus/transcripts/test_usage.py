"""What a model took for a turn is read where a transcript says it, and changes nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cueline.corpus import read_all
from cueline.corpus.account import Account
from cueline.corpus.loader import read_files
from cueline.corpus.transcripts.events import STEP_ENDED, StepEnded, TurnUsage
from cueline.corpus.transcripts.usage import USAGE, between, in_seconds, usage_in
from cueline.dialogue import Dialogue

COUNTS = {"prompt_tokens": 90, "completion_tokens": 12, "total_tokens": 102}
TOOK = {"input": 90, "output": 12}
CALL = {"id": "c1", "type": "function", "function": {"name": "track", "arguments": '{"n": 7}'}}
CALLING = {"role": "assistant", "content": None, "tool_calls": [CALL]}
ASKING = {"role": "user", "content": "Where is parcel 7?"}
ANSWER = {"role": "tool", "tool_call_id": "c1", "content": '{"status": "sent"}'}
SAYING = {"role": "assistant", "content": "It is on its way."}


def dialogues(tmp_path: Path, *records: Any) -> list[Dialogue]:
    path = tmp_path / "traces.jsonl"
    path.write_text("\n".join(map(json.dumps, records)) + "\n")
    return read_all(path)


def usage(tmp_path: Path, *records: Any) -> Any:
    (dialogue,) = dialogues(tmp_path, *records)
    assert [turn.actions for turn in dialogue.turns] == [("track",), ("respond",)]
    return dialogue.meta.get(USAGE)


def test_of_each_message(tmp_path: Path) -> None:
    messages = [ASKING, CALLING | {"usage": COUNTS}, ANSWER, SAYING]
    assert usage(tmp_path, {"messages": messages}) == [TOOK, None]
    assert usage(tmp_path, {"messages": [ASKING, CALLING, ANSWER, SAYING]}) is None


def test_of_requests_that_repeat_the_dialogue(tmp_path: Path) -> None:
    """Each line of the log has the usage of its answer; the next tells that answer without it."""
    more = {"prompt_tokens": 120, "completion_tokens": 8}
    first = {
        "request": {"messages": [ASKING]},
        "response": {"choices": [{"message": CALLING}], "usage": COUNTS},
    }
    second = {
        "request": {"messages": [ASKING, CALLING, ANSWER]},
        "response": {"body": {"choices": [{"message": SAYING}], "usage": more}},
    }
    assert usage(tmp_path, first, second) == [TOOK, {"input": 120, "output": 8}]


def test_of_anthropic_with_what_came_from_the_cache(tmp_path: Path) -> None:
    counts = {"input_tokens": 3, "cache_read_input_tokens": 80, "cache_creation_input_tokens": 7}
    called = {"type": "tool_use", "id": "t1", "name": "track", "input": {"n": 7}}
    result = {"type": "tool_result", "tool_use_id": "t1", "content": "sent"}
    messages = [
        {"role": "user", "content": [{"type": "text", "text": "Where is parcel 7?"}]},
        {"role": "assistant", "content": [called], "usage": counts | {"output_tokens": 12}},
        {"role": "user", "content": [result]},
        {"role": "assistant", "content": [{"type": "text", "text": "On its way."}]},
    ]
    assert usage(tmp_path, {"messages": messages}) == [TOOK, None]


def test_of_claude_code_whose_last_line_of_a_message_has_all_of_it(tmp_path: Path) -> None:
    blocks = [
        {"type": "text", "text": "I look."},
        {"type": "tool_use", "id": "t1", "name": "track", "input": {"n": 7}},
    ]
    lines = [
        {
            "type": "assistant",
            "sessionId": "s",
            "uuid": f"a{number}",
            "parentUuid": "u0" if number == 0 else "a0",
            "message": {
                "id": "m1",
                "role": "assistant",
                "content": [block],
                "usage": {"input_tokens": 90, "output_tokens": (1, 12)[number]},
            },
        }
        for number, block in enumerate(blocks)
    ]
    user = {"type": "user", "sessionId": "s"}
    said = {"role": "user", "content": "Where is parcel 7?"}
    result = {"type": "tool_result", "tool_use_id": "t1", "content": "sent"}
    lines.insert(0, user | {"uuid": "u0", "parentUuid": None, "message": said})
    answer = {"role": "user", "content": [result]}
    lines.append(user | {"uuid": "u1", "parentUuid": "a1", "message": answer})
    end = {"id": "m2", "role": "assistant", "content": [{"type": "text", "text": "Sent."}]}
    lines.append(
        {"type": "assistant", "sessionId": "s", "uuid": "a3", "parentUuid": "u1", "message": end}
    )
    assert usage(tmp_path, *lines) == [TOOK, None]


@pytest.mark.parametrize(
    ("read", "written"),
    [
        ("gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens"),
        ("gen_ai.usage.prompt_tokens", "gen_ai.usage.completion_tokens"),
        ("llm.token_count.prompt", "llm.token_count.completion"),
    ],
)
def test_of_spans_with_how_long_they_lasted(tmp_path: Path, read: str, written: str) -> None:
    def part(message: dict[str, Any]) -> dict[str, Any]:
        words = [{"type": "text", "content": message["content"]}]
        return {"role": message["role"], "parts": words}

    call = {"type": "tool_call", "id": "c1", "name": "track", "arguments": {"n": 7}}
    result = {"type": "tool_call_response", "id": "c1", "response": "sent"}
    asked = [part(ASKING)]
    called = [{"role": "assistant", "parts": [call]}]
    returned = [{"role": "tool", "parts": [result]}]

    def span(number: int, input: list[Any], output: list[Any]) -> dict[str, Any]:
        start = (1_700_000_000 + number) * 10**9
        return {
            "name": "chat",
            "traceId": "7f",
            "spanId": f"0{number}",
            "startTimeUnixNano": str(start),
            "endTimeUnixNano": str(start + 250_000_000),
            "attributes": {
                "gen_ai.operation.name": "chat",
                "gen_ai.conversation.id": "c",
                "gen_ai.input.messages": input,
                "gen_ai.output.messages": output,
                read: 90 + number,
                written: 12,
            },
        }

    spans = [span(0, asked, called), span(1, [*asked, *called, *returned], [part(SAYING)])]
    took = [{"input": 90 + n, "output": 12, "seconds": 0.25} for n in range(2)]
    assert usage(tmp_path, *spans) == took


def test_seconds_between_messages_that_say_when_they_were_sent(tmp_path: Path) -> None:
    messages = [
        ASKING | {"timestamp": "2026-03-01T10:00:00Z"},
        CALLING | {"timestamp": "2026-03-01T10:00:01.5Z", "usage": COUNTS},
        ANSWER | {"timestamp": "2026-03-01T10:00:02Z"},
        SAYING | {"timestamp": "2026-03-01T13:00:00Z"},
    ]
    assert usage(tmp_path, {"messages": messages}) == [TOOK | {"seconds": 1.5}, None]
    account = Account()
    list(read_files([tmp_path / "traces.jsonl"], account))
    assert account.ignored == {}


def test_what_is_no_count_is_counted_as_not_read(tmp_path: Path) -> None:
    messages = [ASKING, CALLING | {"usage": {"cost": 3}}, ANSWER, SAYING]
    assert usage(tmp_path, {"messages": messages}) is None
    account = Account()
    list(read_files([tmp_path / "traces.jsonl"], account))
    assert account.ignored["key of a message `usage`"].count == 1


def test_a_turn_that_is_left_out_takes_its_usage_along(tmp_path: Path) -> None:
    """The list has an item a turn, whatever was left out."""
    unlearned = CALLING | {"usage": COUNTS, "weight": 0}
    more = SAYING | {"usage": COUNTS | {"completion_tokens": 3}}
    (dialogue,) = dialogues(tmp_path, {"messages": [ASKING, unlearned, ANSWER, more]})
    assert len(dialogue.turns) == 1
    assert dialogue.meta[USAGE] == [{"input": 90, "output": 3}]


said = st.sampled_from([ASKING, CALLING, ANSWER, SAYING])
counts = st.none() | st.fixed_dictionaries({"prompt_tokens": st.integers(0, 9)})


@given(st.lists(st.tuples(said, counts), max_size=8), st.integers(1, 8))
def test_it_changes_no_turn(messages: list[tuple[dict[str, Any], Any]], cut: int) -> None:
    messages = [(ASKING, None), *messages, (SAYING, None)]
    bare = [message for message, _ in messages]
    full = [one | ({} if took is None else {"usage": took}) for one, took in messages]
    records = [[{"messages": some[:cut]}, {"messages": some}] for some in (bare, full)]
    with TemporaryDirectory() as folder:
        without, with_it = (dialogues(Path(folder), *some) for some in records)
    assert [replace(one, meta={}) for one in with_it] == [replace(one, meta={}) for one in without]
    for one in with_it:
        assert len(one.meta.get(USAGE, one.turns)) == len(one.turns)


def test_a_step_is_like_another_whatever_it_took() -> None:
    assert StepEnded(TurnUsage(1, 2)) == STEP_ENDED
    assert hash(StepEnded(TurnUsage(1, 2))) == hash(STEP_ENDED)
    assert TurnUsage() != STEP_ENDED


@given(st.floats(1e9, 4e9), st.sampled_from([1, 1e3, 1e6, 1e9]))
def test_a_time_is_in_seconds_whatever_its_unit(seconds: float, unit: float) -> None:
    assert in_seconds(seconds * unit) == pytest.approx(seconds)


def test_a_pause_is_nobodys_answer() -> None:
    assert between(10, 12.5) == TurnUsage(seconds=2.5)
    assert between(12, 10) is between(10, 10_000) is between(None, 10) is None


@given(
    st.recursive(
        st.none() | st.integers() | st.text(),
        lambda one: (
            st.lists(one)
            | st.dictionaries(st.sampled_from(["usage", "prompt_tokens", "output_tokens"]), one)
        ),
    )
)
def test_it_never_raises(value: Any) -> None:
    found = usage_in(value)
    assert found is None or (found.input or found.output or 0) >= 0
