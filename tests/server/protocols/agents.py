"""Two services for agents, one always sure and one never, and clients for them."""

from __future__ import annotations

from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

import anthropic
import openai

from cueline.dialogue import Turn
from cueline.policy import Decision
from tests.server.acting import policy
from tests.server.serving import Served

HELLO: list[Any] = [{"role": "user", "content": "find me a table"}]
SURE_FROM = {"sure": 0.0, "unsure": 1.1}


def decided(text: str, available: tuple[str, ...] | None = None) -> Decision:
    """What the policy of both services decides at a first turn."""
    return policy().act(Turn(text, available=available), policy().start())[0]


class Agents(ExitStack):
    """The services, started when they are first asked for."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder, self._urls = folder, dict[str, str]()
        self.openai = cache(self._openai)
        self.anthropic = cache(self._anthropic)

    def url(self, kind: str) -> str:
        if kind not in self._urls:
            saved = self._folder / kind
            policy(0, sure_from=SURE_FROM[kind]).save(saved)
            served = Served(saved, self._folder / f"{kind}.log", store="memory:")
            self._urls[kind] = self.enter_context(served).url
        return self._urls[kind]

    def _openai(self, kind: str) -> openai.OpenAI:
        client = openai.OpenAI(base_url=f"{self.url(kind)}/v1", api_key="none", max_retries=0)
        return self.enter_context(client)

    def _anthropic(self, kind: str) -> anthropic.Anthropic:
        client = anthropic.Anthropic(base_url=self.url(kind), api_key="none", max_retries=0)
        return self.enter_context(client)
