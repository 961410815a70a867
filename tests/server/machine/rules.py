"""The calls, in any order: each answer, and all that is there after it, is as the model says."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
)

from cueline.server.domain.audit import heads_of
from tests.server.machine import drawn
from tests.server.machine.client import Answer
from tests.server.machine.model import DAY, Json, Outcome, PlainService
from tests.server.machine.server import Server
from tests.server.machine.trial import Trial, corpus


class ServiceMachine(Trial):
    """Every rule is a call, or a few."""

    dialogues: Bundle[str] = Bundle("dialogues")

    @initialize(count=st.integers(1, 2))
    def start(self, count: int) -> None:
        self.begin(count)

    # Dialogues

    @rule(target=dialogues, at=drawn.servers, user=st.none() | drawn.users, key=drawn.keys)
    def open(self, at: int, user: str | None, key: str | None) -> Any:
        content = {} if user is None else {"user": user}
        answer = self.ask(at, "POST", "/v1/dialogues", content, key)
        name = self.named.get(key or "", "")
        known = name in self.model.dialogues
        if not known:
            name = answer.json["id"]
            assert name not in self.model.dialogues
            self.secrets[name] = f"secret-{next(self.count)}-"
            self.words.add(self.secrets[name])
        if key:
            self.named[key] = name
        self.expect(self.model.open(self.at(at).policies, name, user), answer)
        return multiple() if known else name

    @rule(at=drawn.servers)
    def open_a_dozen(self, at: int) -> None:
        for _ in range(12):
            self.open(at, None, None)

    @rule(
        at=drawn.servers,
        name=dialogues,
        request=drawn.requests,
        number=drawn.numbers,
        key=drawn.keys,
    )
    def step(self, at: int, name: str, request: Json, number: str, key: str | None) -> None:
        self.send(at, name, self.request(name, request, number), key)
        self.look(name)

    @rule(at=drawn.servers, name=dialogues, turns=st.lists(drawn.requests, min_size=2, max_size=20))
    def step_on(self, at: int, name: str, turns: list[Json]) -> None:
        for number, request in enumerate(turns):
            self.send(at + number // 5, name, self.request(name, request, "next"), None)
        self.look(name)

    @rule(at=drawn.servers, name=dialogues, which=st.integers(0, 2))
    def retry(self, at: int, name: str, which: int) -> None:
        dialogue = self.model.dialogues.get(name)
        for key, (sent, _) in list(dialogue.keys.items())[which:][:1] if dialogue else []:
            assert self.send(at, name, sent, key).status == 200
            self.look(name)

    @rule(
        at=drawn.servers,
        turns=st.lists(
            st.tuples(dialogues | st.just("nowhere"), drawn.requests, drawn.numbers, drawn.keys),
            max_size=6,
        ),
    )
    def batch(self, at: int, turns: list[tuple[str, Json, str, str | None]]) -> None:
        batch, outcomes = [], []
        for name, request, number, key in turns:
            sent = self.request(name, request, number)
            batch.append({"dialogue": name, **sent} | ({} if key is None else {"key": key}))
            outcomes.append(self.model.step(self.at(at).policies, name, sent, key))
        answers = self.ask(at, "POST", "/v1/turns", batch).json
        for sent, outcome, each in zip(batch, outcomes, answers, strict=True):
            assert each["dialogue"] == sent["dialogue"]
            if outcome.status == 200:
                assert each["answer"] == outcome.content
            else:
                assert each["problem"]["status"] == outcome.status
                assert each["problem"].get("next") == outcome.next
        for name in {name for name, *_ in turns} - {"nowhere"}:
            self.look(name)

    @rule(at=drawn.servers, name=dialogues, turn=st.integers(0, 30), actions=drawn.action_sets)
    def correct(self, at: int, name: str, turn: int, actions: list[str]) -> None:
        turn %= self.length(name) + 1
        path = f"/v1/dialogues/{name}/turns/{turn}/correction"
        answer = self.ask(at, "POST", path, {"actions": actions})
        self.expect(self.model.correct(self.at(at).policies, name, turn, actions), answer)
        self.look(name)

    @rule(at=drawn.servers, name=dialogues, turn=st.integers(0, 30))
    def withdraw(self, at: int, name: str, turn: int) -> None:
        turn %= self.length(name) + 1
        answer = self.ask(at, "DELETE", f"/v1/dialogues/{name}/turns/{turn}/correction")
        self.expect(self.model.withdraw(name, turn), answer)
        self.look(name)

    @rule(at=drawn.servers, name=dialogues)
    def erase(self, at: int, name: str) -> None:
        self.expect(self.model.erase(name), self.ask(at, "DELETE", f"/v1/dialogues/{name}"))
        self.look(name)
        self.search_for_what_was_erased()

    @rule(at=drawn.servers, user=drawn.users)
    def erase_user(self, at: int, user: str) -> None:
        self.expect(self.model.erase_user(user), self.ask(at, "DELETE", f"/v1/users/{user}"))
        self.search_for_what_was_erased()

    # No sum of these is the 30 days that a dialogue is kept, give or take what a test takes.
    @rule(days=st.sampled_from([7.1, 11.17, 31.0]))
    def let_time_pass(self, days: float) -> None:
        self.kept.put_forward(days * DAY)
        self.model.now += days * DAY

    @rule(at=drawn.servers)
    def sweep(self, at: int) -> None:
        service = self.at(at).service
        expired = self.model.expire()
        assert self.run(service.sessions.expire()) == expired
        if expired:
            self.run(service.sources.forget_erased())
            self.search_for_what_was_erased()

    @rule(at=drawn.servers, days=st.sampled_from([-400.0, -1.0, 0.0, 40.0]))
    def set_a_clock_wrong(self, at: int, days: float) -> None:
        self.at(at).ahead = days * DAY

    @rule(at=drawn.servers, days=st.sampled_from([-400.0, -1.0, 0.5, 40.0, 400.0]))
    def set_the_stores_clock(self, at: int, days: float) -> None:
        """Wrong or right: nobody can tell, and no dialogue grows older by more than a day."""
        store = self.at(at).store
        self.run(store.tick())
        self.kept.leap(days * DAY)
        self.run(store.tick())
        self.model.now += min(max(days, 0), 1) * DAY

    @rule(at=drawn.servers)
    def restart(self, at: int) -> None:
        number = at % len(self.servers)
        self.finish_training(number)
        self.run(self.servers[number].stop())
        store = self.run(self.kept.open())
        self.servers[number] = self.run(Server.start(store, self.library))

    @rule(
        name=dialogues,
        calls=st.lists(
            st.tuples(
                drawn.servers,
                st.sampled_from(["step", "step", "correct", "erase"]),
                drawn.requests,
                drawn.numbers,
                drawn.keys,
            ),
            min_size=2,
            max_size=4,
        ),
    )
    def at_once(self, name: str, calls: list[tuple[int, str, Json, str, str | None]]) -> None:
        """Calls made at the same time: there is an order in which the model answers so too."""
        length = self.length(name)
        works: list[Coroutine[Any, Any, Answer]] = []
        plain: list[Callable[[PlainService], Outcome]] = []
        for at, kind, request, number, key in calls:
            policies, path = self.at(at).policies, f"/v1/dialogues/{name}"
            sent = self.request(name, request, number)
            if kind == "step":
                works.append(self.asking(at, "POST", f"{path}/turns", sent, key))
                plain.append(lambda to, p=policies, s=sent, k=key: to.step(p, name, s, k))
            elif kind == "correct":
                where = f"{path}/turns/{length}/correction"
                works.append(self.asking(at, "POST", where, {"actions": ["book"]}))
                plain.append(lambda to, p=policies: to.correct(p, name, length, ["book"]))
            else:
                works.append(self.asking(at, "DELETE", path))
                plain.append(lambda to: to.erase(name))

        async def together() -> list[Answer]:
            return await asyncio.gather(*works)

        answers = self.run(together())
        self.model = self.explained(name, plain, answers, [kind for _, kind, *_ in calls])
        self.look(name)

    # Policies

    @rule(at=drawn.servers, name=drawn.names)
    def load(self, at: int, name: str) -> None:
        self.load_saved(at, name)

    def load_saved(self, at: int, name: str) -> None:
        gate = self.ask(at, "POST", "/v1/policies", {"name": name})
        dialogues = self.model.dialogues.values()
        corrected = [t for d in dialogues for t in d.turns if t.correction is not None]
        assert gate.status == 201
        assert gate.json["policy"] == self.saved[name].hash
        assert gate.json["dialogues"] == len(dialogues)
        assert gate.json["turns"] == sum(len(dialogue.turns) for dialogue in dialogues)
        assert gate.json["corrected"] == len(corrected)
        self.at(at).policies.load(self.saved[name].hash)

    @rule(at=drawn.servers, place=drawn.places, replay=st.booleans())
    def swap(self, at: int, place: int, replay: bool) -> None:
        content = {"policy": self.policy(at, place), "replay": replay}
        answer = self.ask(at, "PUT", "/v1/policies/current", content)
        self.expect(self.at(at).policies.swap(**content), answer)

    @rule(at=drawn.servers, place=st.none() | drawn.places)
    def shadow(self, at: int, place: int | None) -> None:
        policy = None if place is None else self.policy(at, place)
        answer = self.ask(at, "PUT", "/v1/policies/shadow", {"policy": policy})
        self.expect(self.at(at).policies.set_shadow(policy), answer)

    @rule(at=drawn.servers)
    def roll_back(self, at: int) -> None:
        answer = self.ask(at, "POST", "/v1/policies/rollback")
        self.expect(self.at(at).policies.roll_back(), answer)

    @precondition(lambda self: self.trainings < 2)
    @rule(at=drawn.servers)
    def train(self, at: int) -> None:
        number = at % len(self.servers)
        self.finish_training(number)
        answer = self.ask(at, "POST", "/v1/training", {})
        turns = [turn for d in self.model.dialogues.values() for turn in d.turns]
        possible = self.acts(at) and any(turn.correction is not None for turn in turns)
        assert answer.status == (202 if possible else 409)
        if possible:
            assert answer.json["name"] not in {*self.saved, *self.training.values()}
            self.training[number] = answer.json["name"]
            self.trainings += 1

    @precondition(lambda self: self.training)
    @rule(at=drawn.servers)
    def load_what_was_trained(self, at: int) -> None:
        for number in list(self.training):
            self.load_saved(at, self.finish_training(number))

    # What there is to look at

    @rule(at=drawn.servers, name=dialogues, user=drawn.users, start=st.integers(0, 20))
    def look_around(self, at: int, name: str, user: str, start: int) -> None:
        self.expect(self.at(at).policies.answer, self.ask(at, "GET", "/v1/policies"))
        exported = self.ask(at, "GET", f"/v1/users/{user}/dialogues")
        assert corpus(exported) == self.model.corpus(user)
        if name in self.model.dialogues:
            self.read_some(at, name, start % (self.length(name) + 1))
            self.watch(at, name, start)
        else:
            assert self.ask(at, "GET", f"/v1/dialogues/{name}/events").status == 404

    def read_some(self, at: int, name: str, offset: int) -> None:
        answer = self.ask(at, "GET", f"/v1/dialogues/{name}?offset={offset}&limit=2")
        whole = self.model.read(self.at(at).policies, name).content
        assert answer.json["turns"] == whole["turns"][offset : offset + 2]

    def watch(self, at: int, name: str, start: int) -> None:
        expected = list(enumerate(self.model.dialogues[name].events))
        del expected[: start % len(expected)]
        place = expected[0][0]
        headers = {"last-event-id": str(place - 1)} if place else {}
        enough: Callable[[bytes], bool] = lambda got: got.count(b"\n\n") >= len(expected)  # noqa: E731
        path = f"/v1/dialogues/{name}/events"
        answer = self.ask(at, "GET", path, headers=headers, until=enough)
        parts = [part.split("\ndata: ") for part in answer.text.split("\n\n") if part]
        seen = [(int(place.removeprefix("id: ")), json.loads(event)) for place, event in parts]
        assert [(n, (event["type"], event.get("turn"))) for n, event in seen] == expected

    @rule(at=drawn.servers, number=st.integers(0, 20))
    def browse(self, at: int, number: int) -> None:
        expected = self.model.corpus() if self.acts(at) else []
        shelf = self.ask(at, "GET", "/v1/browse/live").json
        assert shelf["dialogues"] == len(expected)
        assert shelf["turns"] == sum(len(dialogue.turns) for dialogue in expected)
        if expected:
            rows = self.ask(at, "GET", "/v1/browse/live/dialogues").json["rows"]
            assert {row["id"]: row["turns"] for row in rows} == {
                dialogue.id: len(dialogue.turns) for dialogue in expected
            }
            times = [row["at"] for row in rows]
            assert times == sorted(times, reverse=True)
            number %= len(expected)
            path = f"/v1/browse/live/dialogue?id={expected[number].id}"
            read = self.ask(at, "GET", path).json
            said = [turn.user for turn in expected[number].turns]
            assert [turn["user"] for turn in read["turns"]] == said

    @rule(at=drawn.servers, name=dialogues, before=drawn.places, after=drawn.places)
    def ask_what_keeps_nothing(self, at: int, name: str, before: int, after: int) -> None:
        """Answers that the model knows nothing of: they must be in the schema."""
        dialogue = self.model.dialogues.get(name)
        said = [turn.said for turn in dialogue.turns] if dialogue else []
        messages = [{"role": "user", "content": turn.get("user") or ""} for turn in said]
        self.ask(at, "POST", "/v1/shapes", {"turns": said})
        self.ask(at, "POST", "/v1/chat/completions", {"messages": messages})
        self.ask(at, "POST", "/v1/messages", {"messages": messages})
        self.ask(at, "POST", "/v1/responses", {"input": messages, "store": False})
        pair = f"before={self.policy(at, before)}&after={self.policy(at, after)}"
        for path in ("policy", "judge/live", "map/live?support=1", f"changes/live?{pair}"):
            self.ask(at, "GET", f"/v1/{path}")

    @rule(at=drawn.servers)
    def export_heads(self, at: int) -> None:
        self.heads, self.headed = self.run(heads_of(self.at(at).store)), dict(self.secrets)

    @invariant()
    def all_that_was_acknowledged_is_there_once_and_in_order(self) -> None:
        if self.servers:
            exported = self.ask(next(self.count), "GET", "/v1/dialogues")
            assert corpus(exported) == self.model.corpus()
