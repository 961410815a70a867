"""Transcripts of an agent that tracks parcels and cancels orders, and a policy that learned it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cueline
from cueline.policy import Policy
from cueline.settings import NetworkSettings, Settings, TrainingSettings

ASKED = {
    "track": ("where is my parcel {}?", "has the parcel {} been sent?", "track parcel {} please"),
    "cancel": ("cancel order {} please", "I don't want order {} any more", "please cancel {}"),
}
PARAMETER = {"track": "parcel", "cancel": "order"}
SAID = {"track": "It is on its way.", "cancel": "It is cancelled."}


def schema(tool: str) -> dict[str, Any]:
    number = {PARAMETER[tool]: {"type": "integer"}}
    return {"type": "object", "properties": number, "required": [*number]}


TOOLS: list[Any] = [
    {"type": "function", "function": {"name": tool, "parameters": schema(tool)}} for tool in ASKED
]


def transcripts(count: int, seed: int = 0) -> Iterator[dict[str, Any]]:
    """OpenAI's messages: a question, a call with the number that was said, its result, words."""
    for number in range(count):
        tool = ("track", "cancel")[number % 2]
        said = 100 + (number * 7919 + seed) % 900
        arguments = json.dumps({PARAMETER[tool]: said})
        call = {"id": "c1", "type": "function", "function": {"name": tool, "arguments": arguments}}
        messages = [
            {"role": "user", "content": ASKED[tool][number // 2 % 3].format(said)},
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c1", "content": '{"status": "done"}'},
            {"role": "assistant", "content": SAID[tool]},
        ]
        yield {"id": f"d{number}", "messages": messages, "tools": TOOLS}


def learned(folder: Path) -> Policy:
    """The policy, in `folder`."""
    corpus = folder / "transcripts.jsonl"
    corpus.write_text("\n".join(json.dumps(one) for one in transcripts(240)))
    network = NetworkSettings(embedding=16, units=32)
    settings = Settings(network=network, training=TrainingSettings(epochs=30))
    return cueline.train(corpus, out=folder / "policy", config=settings)
