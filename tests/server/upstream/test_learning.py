"""A model changes its ways: found, deferred, learned, and taken over again, in one run."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest

import cueline
from cueline.corpus import read_all
from cueline.server.command import collect
from cueline.settings import NetworkSettings, Settings, TrainingSettings
from tests.server.serving import Served
from tests.server.upstream.scripted import Scripted
from tests.server.upstream.test_watched import SEEDED

TOOL_OF = {
    "cancel": "cancel_order",
    "track": "track_order",
    "return": "return_order",
    "hours": "opening_hours",
}
NOW = {**TOOL_OF, "cancel": "ask_manager", "return": "ask_manager"}
TOOLS: list[Any] = [
    {"type": "function", "function": {"name": name, "parameters": {"type": "object"}}}
    for name in sorted({*TOOL_OF.values(), *NOW.values()})
]
WORDS = ["please", "my order", "now", "the shoes", "I want to", "can you", "today", "hello"]
SETTINGS = Settings(
    network=NetworkSettings(embedding=16, turn_units=16, units=16, decisions="multi"),
    training=TrainingSettings(epochs=30),
)


def said(draw: random.Random) -> str:
    words = [*draw.sample(WORDS, 3), draw.choice(list(TOOL_OF))]
    draw.shuffle(words)
    return " ".join(words)


def calling(tool_of: dict[str, str], text: str) -> str:
    return next(tool for word, tool in tool_of.items() if word in text)


def transcripts(count: int, seed: int) -> list[dict[str, Any]]:
    draw = random.Random(seed)
    names = [tool["function"]["name"] for tool in TOOLS]

    def turn() -> dict[str, Any]:
        text = said(draw)
        actions = [calling(TOOL_OF, text)]
        return {"user": text, "available": [*names, "respond"], "actions": actions}

    return [{"id": f"d{n}", "turns": [turn()]} for n in range(count)]


class Asking:
    """Agents that ask, and a count of who answered and how."""

    def __init__(self, url: str) -> None:
        self._url, self._draw = f"{url}/v1/chat/completions", random.Random(8)
        self._client, self._count = httpx.Client(timeout=30), 0

    def __call__(self, times: int, tool_of: dict[str, str]) -> Counter[str]:
        """How many were answered for each reason, and how many wrong of those answered here."""
        found: Counter[str] = Counter()
        for _ in range(times):
            text = said(self._draw)
            asked = {"messages": [{"role": "user", "content": text}], "tools": TOOLS}
            self._count += 1
            named = {"x-request-id": str(self._count)}
            answer = self._client.post(self._url, json=asked, headers=named)
            (call,) = answer.json()["choices"][0]["message"]["tool_calls"]
            found[answer.headers["cueline-because"]] += 1
            if answer.headers["cueline-answered-by"] == "policy":
                found["wrong"] += call["function"]["name"] != calling(tool_of, text)
        return found


@pytest.mark.slow
def test_what_a_model_does_otherwise_is_found_deferred_learned_and_taken_over(
    tmp_path: Path,
) -> None:
    library, store = tmp_path / "policies", f"sqlite:{tmp_path / 'kept.db'}"
    first = cueline.train(transcripts(400, 1), library / "first", config=SETTINGS, seed=1)
    tool_of = TOOL_OF
    with (
        Scripted(lambda asked: {calling(tool_of, asked["messages"][-1]["content"]): {}}) as model,
        Served(
            library / "first",
            tmp_path / "log",
            module=SEEDED,
            store=store,
            policies=library,
            upstream=model.url,
            audit=0.1,
            record=True,
        ) as server,
    ):
        asks = Asking(server.url)
        asks(300, TOOL_OF)
        taken = asks(200, TOOL_OF)
        assert taken["sure"] >= 140 and taken["wrong"] <= 0.05 * taken["sure"]

        tool_of = NOW
        while "risk" not in asks(20, NOW):  # found
            pass
        asks(300, NOW)
        deferred = asks(100, NOW)
        assert deferred["sure"] + deferred["audit"] <= 60, "two of four kinds at the most"

        collect(tmp_path / "kept.jsonl", store=store)
        kept = list(read_all([tmp_path / "kept.jsonl"]))
        learned = cueline.train(kept[-2_000:], library / "second", base=first, seed=1)
        assert httpx.post(f"{server.url}/v1/policies", json={"name": "second"}, timeout=60)
        swap = {"policy": learned.hash, "replay": True}
        httpx.put(f"{server.url}/v1/policies/current", json=swap).raise_for_status()
        assert asks(20, NOW)["sure"] == 0, "it has yet to show its worth"
        asks(500, NOW)
        again = asks(200, NOW)
        assert again["sure"] >= 60 and again["wrong"] <= 0.05 * again["sure"]
