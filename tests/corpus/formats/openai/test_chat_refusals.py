"""Bad input is named with its place, and what came before it is there."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.corpus.damage import damaged, refusal, survives, until_error
from tests.corpus.formats.openai.messages import PARCEL, openai_chat


def test_the_first_dialogue_comes_before_the_end_is_read(tmp_path: Path) -> None:
    for name, start, between in (("c.json", "[", ","), ("c.jsonl", "", "\n")):
        path = tmp_path / name
        path.write_text(start + (json.dumps({"messages": PARCEL}) + between) * 2 + "{")
        count, _ = until_error(openai_chat.read(path))
        assert count == 2


GOOD = json.dumps({"messages": PARCEL, "tools": [{"function": {"name": "track"}}]}).encode()
LIST = b"[" + GOOD + b",\n" + GOOD + b"]"


def one(message: str) -> bytes:
    return b'{"messages": [' + message.encode() + b"]}"


BAD = {
    "neither": (b'[1, {"a": 2}]', r"c.json:1: \$\[0\]: a record is a number, expected an object"),
    "others": (b'{"a": []}', r"c.json:1: no messages: the keys 'a' hold none"),
    "broken": (one('{"role": "user",}'), r"c.json:1: JSON is malformed: .*"),
    "broken far down": (b'{"messages": [\n\n}', r"c.json:3: JSON is malformed: .*"),
    "no such role": (
        one('{"role": "me", "content": "a"}'),
        r"c.json:1: \$\.messages\[0\]: .* of the unknown type 'me'; .*",
    ),
    "no role": (
        b'[{"traj": [{"content": ""}]}]',
        r"c.json:1: \$\[0\]\.traj\[0\]: a message whose `role` is null",
    ),
    "content": (
        one('{"role": "user", "content": [3]}'),
        r"c.json:1: \$\.messages\[0\]\.content\[0\]: a part of content is a number, .*",
    ),
    "an unknown part": (
        one('{"role": "user", "content": [{"type": "smell"}]}'),
        r"c.json:1: \$\.messages\[0\]\.content\[0\]: .* of the unknown type 'smell'; .*",
    ),
    "an unknown key": (
        one('{"role": "assistant", "content": "a", "actions": ["b"]}'),
        r"c.json:1: \$\.messages\[0\]\.actions: an unknown key of a message `actions`, a list; .*",
    ),
    "no content": (
        one('{"role": "assistant"}'),
        r"c.json:1: \$\.messages\[0\]: a message of 'assistant' without content that is known",
    ),
    "a result without content": (
        one('{"role": "tool", "tool_call_id": "c"}'),
        r"c.json:1: \$\.messages\[0\]: a message of 'tool' without `content`",
    ),
    "two talks": (
        b'{"messages": [{"role": "user", "content": "a"}], "others": [{"role": "user",'
        b' "content": "b"}]}',
        r"c.json:1: \$\.others: a second list of messages, `others`; .*",
    ),
    "no name": (
        LIST.replace(b'"name": "track", ', b""),
        r"c.json:1: \$\[0\]\.messages\[2\]\.tool_calls\[0\]: a call without a name; .*",
    ),
    "empty name": (
        GOOD.replace(b'"name": "track"', b'"name": ""'),
        r"c.json:1: \$\.messages\[2\]\.tool_calls\[0\]: a call without a name; .*|.*a tool .*",
    ),
    "calls that are no JSON": (
        one('{"role": "assistant", "tool_calls": "track()"}'),
        r"c.json:1: \$\.messages\[0\]\.tool_calls: a list of calls is a text that is not JSON",
    ),
    "tools": (
        one('{"role": "user", "content": ""}')[:-1] + b', "tools": 3}',
        r"c.json:1: \$\.tools: .*",
    ),
    "cut off": (LIST[:-20], r"c.json:2: \$\[1\]: the array does not end.*"),
    "not UTF-8": (
        LIST.replace(b"Bye", b"\xff"),
        r"c.json:1: \$\[0\]: not UTF-8 at byte \d+; save.*",
    ),
    "too deep": (one('{"role": "user", "content": ' + "[" * 9999), r"c.json:1: nested too deeply"),
    "a batch's output": (
        b'{"custom_id": "a", "response": {"body": {"choices": []}}}',
        r"c.json:1: output of a batch, which is answers without their requests; .*",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_named_with_its_place(case: str) -> None:
    content, message = BAD[case]
    assert re.fullmatch(message, refusal(openai_chat, content, "c.json"))


@settings(max_examples=300)
@given(damaged(GOOD) | damaged(LIST), st.sampled_from(["c.json", "c.jsonl"]))
def test_damage_is_read_or_refused(content: bytes, name: str) -> None:
    survives(openai_chat, content, name)
