"""What the service promises, plainly: a dictionary of dialogues, each a list of turns.

A call gives its `Outcome`, and the model is then as the service must be. Nothing is cached and
nothing is stored; a decision is made by running the policy through the whole dialogue again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import msgspec

from cueline.dialogue import Dialogue, Turn
from cueline.policy import Policy

DAY = 86_400.0
TTL = 30 * DAY
Json = dict[str, Any]


class Outcome(NamedTuple):
    """What a caller must be told."""

    status: int
    content: Any = None
    """None where the words are free."""
    next: int | None = None
    """Of a turn that is not next: the one that is."""


@dataclass(slots=True)
class PlainTurn:
    said: Json
    """Without `turn`, `took` and whatever is null."""
    took: list[str] | None
    decision: Json
    policy: str
    shadow: Json | None
    correction: list[str] | None = None

    @property
    def answer(self) -> Json:
        return self.decision | {"policy": self.policy}


@dataclass(slots=True)
class PlainDialogue:
    user: str | None
    policy: str
    """The one it was opened with."""
    touched: float
    turns: list[PlainTurn] = field(default_factory=list)
    keys: dict[str, tuple[Json, int]] = field(default_factory=dict)
    """Idempotency keys: the request that each came with, and its turn."""
    events: list[tuple[str, int | None]] = field(default_factory=lambda: [("opened", None)])

    @property
    def last_policy(self) -> str:
        return self.turns[-1].policy if self.turns else self.policy

    def done(self, number: int) -> list[str]:
        """What the system did at a turn: what it decided, unless it was said to be otherwise."""
        took = self.turns[number + 1].took if number + 1 < len(self.turns) else None
        actions: list[str] = self.turns[number].decision["actions"]
        return actions if took is None else took

    def as_corpus(self, name: str) -> Dialogue:
        turns, corrected = [], []
        for number, turn in enumerate(self.turns):
            right = self.done(number) if turn.correction is None else turn.correction
            corrected += [] if turn.correction is None else [number]
            turns.append(msgspec.convert(turn.said | {"actions": right}, Turn))
        return Dialogue(name, tuple(turns), {"source": "live", "corrected": corrected})


@dataclass(slots=True)
class PlainPolicies:
    """Those of one server."""

    current: str
    loaded: list[str]
    """Oldest first."""
    previous: str | None = None
    shadow: str | None = None
    moved_on: set[str] = field(default_factory=set)
    """Those whose dialogues go over to the current one."""

    def next(self, dialogue: PlainDialogue) -> str:
        """Who decides the next turn."""
        last = dialogue.last_policy
        return last if last in self.loaded and last not in self.moved_on else self.current

    def load(self, policy: str) -> None:
        if policy not in self.loaded:
            self.loaded.append(policy)
        spare = (old for old in list(self.loaded) if old not in {*self.named, policy})
        while len(self.loaded) > 8:
            self.loaded.remove(next(spare))

    def swap(self, policy: str, replay: bool) -> Outcome:
        if policy not in self.loaded:
            return Outcome(409)
        if policy != self.current:
            self.previous, self.current = self.current, policy
        everyone = set(self.loaded) if replay else self.moved_on
        self.moved_on = everyone - {policy}
        return self.answer

    def set_shadow(self, policy: str | None) -> Outcome:
        if policy is not None and (policy not in self.loaded or policy == self.current):
            return Outcome(409)
        self.shadow = policy
        return self.answer

    def roll_back(self) -> Outcome:
        if self.previous is None:
            return Outcome(409)
        return self.swap(self.previous, replay=bool(self.moved_on))

    @property
    def named(self) -> set[str | None]:
        return {self.current, self.previous, self.shadow}

    @property
    def answer(self) -> Outcome:
        names = {"current": self.current, "previous": self.previous, "shadow": self.shadow}
        return Outcome(200, names | {"loaded": self.loaded})


@dataclass(slots=True)
class PlainService:
    """All of it. `policies` are those that ever were, by hash."""

    policies: Mapping[str, Policy]
    dialogues: dict[str, PlainDialogue] = field(default_factory=dict)
    now: float = 0.0

    def open(self, at: PlainPolicies, name: str, user: str | None) -> Outcome:
        """Open `name`; with a key, it may be there already."""
        there = self.dialogues.get(name)
        if there is not None and there.user != user:
            return Outcome(422)
        if there is None:
            self.dialogues[name] = PlainDialogue(user, at.current, self.now)
        return Outcome(201, {"id": name})

    def step(self, at: PlainPolicies, name: str, request: Json, key: str | None = None) -> Outcome:
        dialogue = self.dialogues.get(name)
        if dialogue is None:
            return Outcome(404)
        count = len(dialogue.turns)
        if key is not None and key in dialogue.keys:
            before, number = dialogue.keys[key]
            if before != request:
                return Outcome(422)
            return Outcome(200, dialogue.turns[number].answer | {"turn": number})
        if request.get("turn", count) != count:
            return Outcome(409, next=count)
        took = request.get("took")
        if took is not None and count == 0:
            return Outcome(409, next=0)
        said = {name: value for name, value in request.items() if name not in ("turn", "took")}
        policy = at.next(dialogue)
        shadow = None
        if at.shadow not in (None, policy):
            decision = self._decide(dialogue, said, took, at.shadow)
            shadow = {"policy": at.shadow, "decision": decision}
        decision = self._decide(dialogue, said, took, policy)
        dialogue.turns.append(PlainTurn(said, took, decision, policy, shadow))
        if key is not None:
            dialogue.keys[key] = request, count
        dialogue.events.append(("turn", count))
        dialogue.touched = self.now
        return Outcome(200, decision | {"policy": policy, "turn": count})

    def correct(self, at: PlainPolicies, name: str, turn: int, actions: list[str]) -> Outcome:
        dialogue = self.dialogues.get(name)
        if dialogue is None or turn >= len(dialogue.turns):
            return Outcome(404)
        dialogue.turns[turn].correction = actions
        dialogue.events.append(("correction", turn))
        dialogue.touched = self.now
        known = self.policies[at.current].actions
        unknown = [action for action in actions if action not in known]
        return Outcome(200, {"turn": turn, "actions": actions, "unknown": unknown})

    def withdraw(self, name: str, turn: int) -> Outcome:
        dialogue = self.dialogues.get(name)
        if dialogue is None or turn >= len(dialogue.turns):
            return Outcome(404)
        dialogue.turns[turn].correction = None
        dialogue.events.append(("withdrawn", turn))
        dialogue.touched = self.now
        return Outcome(204)

    def read(self, at: PlainPolicies, name: str) -> Outcome:
        dialogue = self.dialogues.get(name)
        if dialogue is None:
            return Outcome(404)
        turns = []
        for number, turn in enumerate(dialogue.turns):
            later = dialogue.turns[number + 1].took if turn is not dialogue.turns[-1] else None
            known = {"turn": number, "decision": turn.decision, "policy": turn.policy}
            since = {"took": later, "correction": turn.correction, "shadow": turn.shadow}
            turns.append(turn.said | known | {n: v for n, v in since.items() if v is not None})
        about = {"id": name, "policy": at.next(dialogue), "user": dialogue.user}
        return Outcome(200, about | {"turns": turns})

    def erase(self, name: str) -> Outcome:
        return Outcome(404 if self.dialogues.pop(name, None) is None else 204)

    def erase_user(self, user: str) -> Outcome:
        mine = [name for name, dialogue in self.dialogues.items() if dialogue.user == user]
        for name in mine:
            del self.dialogues[name]
        return Outcome(200, {"erased": len(mine)})

    def expire(self) -> int:
        """Those that were quiet go, unless they are too many to believe it."""
        quiet = [name for name, d in self.dialogues.items() if d.touched < self.now - TTL]
        if len(quiet) > max(10, len(self.dialogues) / 2):
            return 0
        for name in quiet:
            del self.dialogues[name]
        return len(quiet)

    def events(self, name: str) -> list[tuple[str, int | None]]:
        """What was stored of a dialogue, in that order; nothing where there is none."""
        return self.dialogues[name].events if name in self.dialogues else []

    def corpus(self, user: str | None = None) -> list[Dialogue]:
        """The dialogues that have a turn, in the order of their names."""
        found = sorted(self.dialogues.items())
        return [d.as_corpus(n) for n, d in found if d.turns and user in (None, d.user)]

    def copy(self) -> PlainService:
        """A model that may go another way: how calls made at once may have come in."""
        copies = {name: _copied(dialogue) for name, dialogue in self.dialogues.items()}
        return replace(self, dialogues=copies)

    @staticmethod
    def _known(policy: Policy, actions: list[str]) -> list[str]:
        """What a policy has no action for, it passes over."""
        return [action for action in actions if action in policy.actions]

    def _decide(self, dialogue: PlainDialogue, said: Json, took: list[str] | None, by: str) -> Json:
        """What `by` decides at a turn, had it been there from the beginning."""
        policy = self.policies[by]
        per_turn = policy.settings.network.answer == "turn"
        state = policy.start()
        for turn in dialogue.turns:
            if turn.took is not None:
                state = policy.took(state, self._known(policy, turn.took))
            done = turn.decision["actions"] if per_turn else None
            known = {"actions": done} if per_turn else {}
            _, state = policy.act(msgspec.convert(turn.said | known, Turn), state)
        if took is not None:
            state = policy.took(state, self._known(policy, took))
        decision, _ = policy.act(msgspec.convert(said, Turn), state)
        decoded: Json = msgspec.json.decode(msgspec.json.encode(decision))
        return decoded


def _copied(dialogue: PlainDialogue) -> PlainDialogue:
    turns = [replace(turn) for turn in dialogue.turns]
    keys, events = dict(dialogue.keys), list(dialogue.events)
    return replace(dialogue, turns=turns, keys=keys, events=events)
