"""Clients that repeat each call until it is answered, what was answered, and what must follow."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tests.server.acting import WORDS
from tests.server.serving import Lean

Json = dict[str, Any]

PATIENCE = (0.3, 2.0, 7.0)
"""Seconds after which one client or another gives a request up, and sends it again."""


class Turn(NamedTuple):
    """A turn and what was decided at it; `text` is said in no other."""

    text: str
    decided: Json

    @classmethod
    def of(cls, text: str, policy: str, decision: Json) -> Turn:
        return cls(text, {"policy": policy, **{name: decision[name] for name in DECIDED}})


DECIDED = ("actions", "probabilities", "confidence", "sure")


@dataclass
class Talk:
    """A dialogue as it was acknowledged."""

    dialogue: str
    turns: list[Turn] = field(default_factory=list)
    erased: bool = False
    gone: set[str] = field(default_factory=set)
    """What was said in a dialogue with this id that was erased."""


def found_wrong(talk: Talk, stored: Sequence[Turn] | None) -> Counter[str]:
    """What is wrong with a dialogue as it is `stored`; None if there is none."""
    if talk.erased or stored is None:
        if stored is not None:
            return Counter(resurrected=1)
        return Counter() if talk.erased else Counter(lost=max(1, len(talk.turns)))
    told = {turn.text: turn.decided for turn in talk.turns}
    texts = [turn.text for turn in stored]
    first = list(dict.fromkeys(text for text in texts if text in told))
    wrong = Counter(
        lost=len(told.keys() - set(texts)),
        doubled=len(texts) - len(set(texts)),
        changed=sum(told.get(turn.text, turn.decided) != turn.decided for turn in stored),
        reordered=int(first != [text for text in told if text in texts]),
        resurrected=len(talk.gone & set(texts)),
        invented=len(set(texts) - told.keys() - talk.gone),
    )
    return +wrong


class RefusedError(Exception):
    """An answer that no fault excuses."""


class Client:
    """One dialogue after the other: opened, talked in, some erased, some of those opened again."""

    def __init__(
        self,
        name: str,
        ports: Sequence[int],
        dice: random.Random,
        patience: Sequence[float] = PATIENCE,
    ) -> None:
        self.talks: list[Talk] = []
        self.answered = self.repeated = 0
        """Calls that were answered; and how often one had to be sent again."""
        self._name, self._dice, self._patience = name, dice, patience
        self._lines = [Lean(port) for port in ports]
        self._at = dice.randrange(len(ports))
        self._count = itertools.count()

    async def talk(self, stop: asyncio.Event) -> None:
        """Go on until `stop`; every call that was begun is then answered."""
        calls = self._calls()
        while not stop.is_set():
            await next(calls)

    async def greet(self) -> None:
        """One dialogue of one turn."""
        talk = Talk("")
        await self._open(talk, self._key())
        await self._step(talk)
        self.close()

    def close(self) -> None:
        for line in self._lines:
            line.close()

    def _calls(self) -> Iterator[Any]:
        while True:
            key, before = self._key(), self.repeated
            talk = Talk("")
            yield self._open(talk, key)
            opened_at_once = self.repeated == before
            for _ in range(self._dice.randint(2, 6)):
                yield self._step(talk)
            # What was sent twice may come once more, later: that is not promised.
            if opened_at_once and self._dice.random() < 0.3:
                yield self._erase(talk)
                if self.repeated == before and self._dice.random() < 0.5:
                    again = Talk("", gone={turn.text for turn in talk.turns})
                    yield self._open(again, key, instead_of=talk)
                    yield self._step(again)

    async def _open(self, talk: Talk, key: str, instead_of: Talk | None = None) -> None:
        talk.dialogue = (await self._insist("POST", "/v1/dialogues", None, key))["id"]
        if instead_of is not None:
            self.talks.remove(instead_of)
        self.talks.append(talk)

    async def _step(self, talk: Talk) -> None:
        number, key = len(talk.turns), self._key()
        text = f"{' '.join(self._dice.choices(WORDS, k=3))} {key}"
        sent: Json = {"user": text}
        if self._dice.random() < 0.6:
            sent["turn"] = number
        path = f"/v1/dialogues/{talk.dialogue}/turns"
        answer = await self._insist("POST", path, sent, key)
        if answer["turn"] != number:
            raise RefusedError(f"turn {number} is answered as {answer['turn']}")
        talk.turns.append(Turn.of(text, answer["policy"], answer))
        if self._dice.random() < 0.1:  # the answer did not come, or so it seems
            again = await self._insist("POST", path, sent, key)
            if again != answer:
                raise RefusedError(f"a retry of {key} is answered otherwise: {answer}, {again}")

    async def _erase(self, talk: Talk) -> None:
        await self._insist("DELETE", f"/v1/dialogues/{talk.dialogue}", None)
        talk.erased = True

    async def _insist(self, method: str, path: str, sent: Json | None, key: str = "") -> Json:
        """The answer, however often the call must be sent, to whichever server."""
        headers = {"Idempotency-Key": key} if key else {}
        for attempt in itertools.count(1):
            line = self._lines[self._at]
            try:
                async with asyncio.timeout(self._dice.choice(self._patience)):
                    status, answer = await line.request(method, path, sent, **headers)
            except (OSError, TimeoutError):
                line.close()
            else:
                if status < 300:
                    self.answered += 1
                    return answer or {}
                if status == 404 and method == "DELETE" and attempt > 1:  # erased before
                    self.answered += 1
                    return {}
                if not _excused(status, answer, sent):
                    raise RefusedError(f"{method} {path} {sent}, time {attempt}: {answer}")
            self.repeated += 1
            self._at = self._dice.randrange(len(self._lines))
            await asyncio.sleep(self._dice.uniform(0.01, 0.1))
        raise AssertionError

    def _key(self) -> str:
        return f"{self._name}-{next(self._count)}"


def _excused(status: int, answer: Json, sent: Json | None) -> bool:
    """Whether the call may be sent again: the store was away, the call came too slowly, or another
    turn is in between, which its server had not yet given up when it came again elsewhere.
    """
    if status == 409:
        return sent is not None and answer.get("next") in (None, sent.get("turn"))
    return status in (408, 503)


async def stored_turns(port: int, dialogue: str) -> list[Turn] | None:
    """A dialogue as the server at `port` has it."""
    line = Lean(port)
    status, answer = await line.request("GET", f"/v1/dialogues/{dialogue}")
    line.close()
    if status == 404:
        return None
    if status != 200:
        raise RefusedError(f"GET {dialogue}: {answer}")
    return [Turn.of(turn["user"], turn["policy"], turn["decision"]) for turn in answer["turns"]]
