"""A model changes its ways half-way: found, deferred, learned and taken over, all on the page."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

import cueline
from cueline.settings import NetworkSettings, Settings, TrainingSettings
from tests.server.serving import Served
from tests.server.upstream.scripted import Scripted
from tests.server.upstream.test_watched import SEEDED, Service, as_the_policy
from tests.web.conftest import serious

pytestmark = pytest.mark.slow
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
    training=TrainingSettings(epochs=32, batch=16, learning_rate=0.005, rehearsal=0),
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


class World:
    """A model that does as `tool_of` says, the service before it, and agents that ask."""

    def __init__(self, folder: Path) -> None:
        self.tool_of = TOOL_OF
        self.model = Scripted(lambda asked: {self._right(asked["messages"][-1]["content"]): {}})
        self.served = Served(
            folder / "policy",
            folder / "log",
            module=SEEDED,
            store="memory:",
            upstream=self.model.url,
            audit=0.2,
            record=True,
            teach=True,
        )
        self._draw, self.client, self._count = random.Random(8), httpx.Client(timeout=30), 0

    def _right(self, text: str) -> str:
        return calling(self.tool_of, text)

    def asks(self, times: int) -> list[tuple[str, bool]]:
        """Why each of several turns was answered where it was, and whether it was right."""
        found = []
        for _ in range(times):
            self._count += 1
            text = said(self._draw)
            answer = self.client.post(
                f"{self.served.url}/v1/chat/completions",
                json={"messages": [{"role": "user", "content": text}], "tools": TOOLS},
                headers={"x-request-id": str(self._count)},
            )
            (call,) = answer.json()["choices"][0]["message"]["tool_calls"]
            right = call["function"]["name"] == self._right(text)
            found.append((answer.headers["cueline-because"], right))
        return found


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    cueline.train(transcripts(300, 1), tmp_path / "policy", config=SETTINGS, seed=1)
    world = World(tmp_path)
    with world.model, world.served, world.client:
        yield world


def test_what_a_model_does_otherwise_is_found_deferred_learned_and_taken_over(
    page: Page, world: World
) -> None:
    page.goto(f"{world.served.url}/#cascade")
    card = page.get_by_role("region", name="Cascade")
    expect(card.get_by_role("status")).to_contain_text("Sure turns go to the model for now")
    world.asks(150)
    expect(card.get_by_role("status")).to_contain_text("The policy answers every turn")
    assert {reason for reason, _ in world.asks(40)} == {"sure", "audit"}
    before = page.locator("#policy").inner_text()

    world.tool_of = NOW
    for _ in range(20):
        if "risk" in {reason for reason, _ in world.asks(10)}:
            break
    assert {reason for reason, _ in world.asks(250)} == {"risk"}, "deferred"
    expect(card.get_by_role("status")).to_contain_text("found to be wrong more often")
    expect(card.get_by_role("row", name="sure, but not known")).to_be_visible()
    assert serious(page) == []

    card.get_by_role("button", name="Learn from what is kept since").click()
    expect(page.locator("#policy")).not_to_have_text(before, timeout=60_000)
    expect(card.get_by_role("status")).to_contain_text("Sure turns go to the model for now")
    world.asks(300)
    expect(card.get_by_role("status")).to_contain_text("The policy answers")
    taken = [right for reason, right in world.asks(100) if reason == "sure"]
    assert len(taken) >= 55 and taken.count(False) <= 0.05 * len(taken), "taken over again"
    card.get_by_label("Policy").select_option(index=1)
    expect(card.get_by_role("status")).to_contain_text("does not answer now")
    expect(card.get_by_role("row", name="found wrong too often").first).to_be_visible()


def test_a_person_judges_what_was_drawn(page: Page, tmp_path: Path) -> None:
    with Scripted(as_the_policy) as upstream:
        options = {"audit": 0.5, "auditor": "person", "record": True}
        with Service(tmp_path, upstream, **options) as service:
            assert set(service.asks(120)) == {"risk"}
            drawn = service.asks(30).count("asked")
            page.goto(f"{service.served.url}/#cascade")
            card = page.get_by_role("region", name="Was this right?")
            expect(card).to_contain_text(f"{drawn} turns drawn at random wait for you")
            assert serious(page) == []
            page.set_viewport_size({"width": 360, "height": 740})
            assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
            card.get_by_role("button", name="This was right").click()
            expect(card).to_contain_text(f"{drawn - 1} turns drawn at random wait for you")
            waits = service.gets("/v1/cascade/question")
            assert waits["waiting"] == drawn - 1
