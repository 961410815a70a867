"""Servers beside the model: how they are asked, and what is looked at after each call."""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
import tempfile
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from hypothesis.stateful import RuleBasedStateMachine

from cueline.dialogue import Dialogue
from cueline.policy import Policy
from cueline.server.domain import retraining
from cueline.server.domain.audit import Head, replay
from cueline.server.domain.dialogue_view import as_corpus
from tests.server.machine import library
from tests.server.machine.client import Answer, Schema, ask
from tests.server.machine.model import Json, Outcome, PlainService
from tests.server.machine.server import Logged, Server
from tests.server.machine.stores import Shelf

T = TypeVar("T")


class Trial(RuleBasedStateMachine):
    """One or two servers on a store; `shelf` makes an empty one."""

    shelf: Callable[[], Shelf]
    asked = 0
    """Made so far, by all machines of the class."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.kept = type(self).shelf()
        self.folder = tempfile.TemporaryDirectory(prefix="cueline-library-")
        self.library = Path(self.folder.name)
        library.save_all(self.library)
        self.saved = dict(library.policies())
        self.model = PlainService({each.hash: each for each in self.saved.values()})
        self.servers: list[Server] = []
        self.secrets: dict[str, str] = {}
        """By dialogue, a word that is said in it alone."""
        self.words: set[str] = set()
        """All of them, those of erased dialogues too."""
        self.named: dict[str, str] = {}
        """The dialogue that was opened with each key."""
        self.heads: dict[str, Head] = {}
        self.headed: dict[str, str] = {}
        """The words of the dialogues when their heads were exported."""
        self.training: dict[int, str] = {}
        self.trainings = 0
        self.count = itertools.count()
        self.logged = Logged()
        self.usual_training, retraining.training = retraining.training, library.training

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(asyncio.wait_for(work, 300))

    def begin(self, count: int) -> None:
        for _ in range(count):
            store = self.run(self.kept.open())
            self.servers.append(self.run(Server.start(store, self.library)))
        document = self.run(ask(self.servers[0].app, "GET", "/openapi.json")).json
        self.schema = Schema(document)

    def teardown(self) -> None:
        try:
            if self.servers and sys.exc_info()[0] is None:  # else what was found first is told
                for number in list(self.training):
                    self.finish_training(number)
                self.run(self.audit())
        finally:
            for server in self.servers:
                self.run(server.stop())
            self.runner.close()
            self.kept.close()
            self.folder.cleanup()
            retraining.training = self.usual_training
            self.logged.end()

    async def audit(self) -> None:
        """Every decision comes out as it was, and every event stands where it stood."""
        store, policies = await self.kept.open(), self.model.policies.values()
        stored = self.model.dialogues
        turns = [turn for dialogue in stored.values() for turn in dialogue.turns]
        shadows = [turn for turn in turns if turn.shadow is not None]
        report = await replay(store, policies)
        assert report.clean, report
        assert report.dialogues == len(stored)
        assert report.decisions == len(turns) + len(shadows)
        since = await replay(store, policies, heads=self.heads)
        opened_again = {n for n in self.heads.keys() & stored if self.headed[n] != self.secrets[n]}
        assert {wrong.dialogue for wrong in since.differences} == opened_again
        assert since.gone == len(self.heads.keys() - stored.keys())
        assert [each async for each in as_corpus(store, check=True)] == self.model.corpus()
        await store.close()

    def send(self, at: int, name: str, sent: Json, key: str | None) -> Answer:
        answer = self.ask(at, "POST", f"/v1/dialogues/{name}/turns", sent, key)
        self.expect(self.model.step(self.at(at).policies, name, sent, key), answer)
        return answer

    def look(self, name: str) -> None:
        """What every server says of a dialogue."""
        for number, server in enumerate(self.servers):
            answer = self.ask(number, "GET", f"/v1/dialogues/{name}")
            self.expect(self.model.read(server.policies, name), answer)

    def search_for_what_was_erased(self) -> None:
        names = self.secrets.keys() - self.model.dialogues.keys()
        words = self.words - {self.secrets[name] for name in self.model.dialogues}
        gone = names | words
        after = self.at(1).policies.current
        for number in range(len(self.servers)):
            for path in (
                "/v1/browse/live/dialogues",
                "/v1/browse/live/turns",
                "/v1/corrections",
                "/v1/map/live",
                "/v1/judge/live",
                f"/v1/changes/live?before={after}",
                "/v1/dialogues",
                "/v1/users/ann/dialogues",
                "/metrics",
            ):
                answer = self.ask(number, "GET", path)
                assert not [word for word in gone if word in answer.text], path
        files = self.kept.files()
        assert not [word for word in words if word.encode() in files]
        assert "secret-" not in self.logged.text

    def explained(
        self,
        name: str,
        calls: list[Callable[[PlainService], Outcome]],
        answers: list[Answer],
        kinds: list[str],
    ) -> PlainService:
        """The model after the calls in an order that explains the answers (Wing and Gong, 1993).

        A turn that lost to another is as if it had never come. Where several orders do, it is the
        one in which the events were stored.
        """
        stored = [json.loads(event) for event in self.run(self.servers[0].store.events(name))]
        events = [(event["type"], event.get("turn")) for event in stored]
        lost = {
            number
            for number, (kind, answer) in enumerate(zip(kinds, answers, strict=True))
            if kind == "step" and answer.status == 409
        }
        for order in itertools.permutations(n for n in range(len(calls)) if n not in lost):
            model = self.model.copy()
            agreed = all(agrees(calls[number](model), answers[number]) for number in order)
            if agreed and model.events(name) == events:
                return model
        raise AssertionError(f"no order explains {kinds}: {answers}, stored as {events}")

    def finish_training(self, number: int) -> str:
        if number not in self.training:
            return ""
        name = self.training.pop(number)
        over: Callable[[bytes], bool] = lambda got: b'"running":false' in got  # noqa: E731
        self.ask(number, "GET", "/v1/training/events", until=over)
        told = self.ask(number, "GET", "/v1/training").json
        job = next(job for job in told["jobs"] if job["name"] == name)
        assert (job["state"], told["running"]) == ("trained", False), told
        self.saved[name] = policy = Policy.load(self.library / name)
        self.model.policies[policy.hash] = policy
        return name

    def at(self, number: int) -> Server:
        return self.servers[number % len(self.servers)]

    def policy(self, at: int, place: int) -> str:
        latest = [*self.saved.values()][-1].hash
        return [latest, *self.at(at).policies.loaded][-1 - place :][0]

    def acts(self, at: int) -> bool:
        """Whether the current policy decides turns, and does not label whole dialogues."""
        current = self.model.policies[self.at(at).policies.current]
        return current.settings.network.answer == "turn"

    def length(self, name: str) -> int:
        dialogue = self.model.dialogues.get(name)
        return 0 if dialogue is None else len(dialogue.turns)

    def request(self, name: str, drawn: Json, number: str) -> Json:
        """What was drawn, with the word of its dialogue, and the number of its turn."""
        sent = {name: value for name, value in drawn.items() if value is not None}
        sent["user"] = drawn["user"] and f"{drawn['user']} {self.secrets.get(name, '')}"
        length = self.length(name)
        return (
            sent | {"unsaid": {}, "next": {"turn": length}, "other": {"turn": length + 1}}[number]
        )

    async def asking(
        self,
        at: int,
        method: str,
        path: str,
        content: Any = None,
        key: str | None = None,
        headers: dict[str, str] | None = None,
        until: Callable[[bytes], bool] = lambda _: False,
    ) -> Answer:
        type(self).asked += 1
        sent = dict(headers or {}) | ({} if key is None else {"idempotency-key": key})
        answer = await ask(self.at(at).app, method, path, content, sent, until)
        self.schema.check(method, path, answer)
        return answer

    def ask(self, *arguments: Any, **named: Any) -> Answer:
        return self.run(self.asking(*arguments, **named))

    @staticmethod
    def expect(outcome: Outcome, answer: Answer) -> None:
        assert agrees(outcome, answer), (outcome, answer)


def agrees(outcome: Outcome, answer: Answer) -> bool:
    if answer.status != outcome.status:
        return False
    if outcome.content is not None and answer.json != outcome.content:
        return False
    return outcome.next is None or answer.json.get("next") == outcome.next


def corpus(exported: Answer) -> list[Dialogue]:
    return [msgspec.json.decode(line, type=Dialogue) for line in exported.content.splitlines()]
