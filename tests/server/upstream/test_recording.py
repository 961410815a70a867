"""However dialogues of agents grow, branch and mix, the store has each turn as it was done."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from cueline.dialogue import Turn
from cueline.policy import Policy
from cueline.server.domain.audit import replay
from cueline.server.domain.corpora import Sources
from cueline.server.domain.dialogue_view import as_corpus
from cueline.server.domain.policies import Policies
from cueline.server.domain.sessions import Sessions
from cueline.server.errors import StoreUnavailableError
from cueline.server.protocols.agent import AgentAnswers, AgentRequest
from cueline.server.stores.base import Store, Write
from cueline.server.stores.memory import MemoryStore
from cueline.server.upstream.own_answer import MadeCall, OwnAnswer
from cueline.server.upstream.recorder import By, Recorder
from cueline.web.turns_view import TurnFilter, turns
from tests.server.acting import ACTIONS, policy
from tests.server.conftest import run

TEXTS = ("find me a table", "yes", None)


async def ours(acting: Policy, past: list[Turn], turn: Turn, user: str | None) -> OwnAnswer:
    request = AgentRequest(past=tuple(past), turn=turn, tools={})
    local = await AgentAnswers()(acting, request)
    return local.own(Any, user=user)  # type: ignore[arg-type]


def done(draw: random.Random) -> Turn:
    """What a model does: few things, so that dialogues are often alike."""
    if draw.random() < 0.4:
        return Turn(None, actions=("respond",), system=draw.choice(["Yes.", "No."]))
    name = draw.choice(ACTIONS[:2])
    return Turn(None, actions=(name,), arguments={name: ({"n": draw.randint(0, 1)},)})


async def corpus(store: Store) -> Counter[bytes]:
    """The dialogues of the store, without their names."""
    return Counter([msgspec.json.encode(one.turns) async for one in as_corpus(store, check=True)])


@settings(max_examples=40, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(1, 6), st.booleans())
def test_the_store_has_each_dialogue_as_it_was(
    draw: random.Random, count: int, shadowed: bool
) -> None:
    async def work() -> None:
        loaded = Policies(policy(0), [policy(1)])
        loaded.set_shadow(policy(1).hash if shadowed else None)
        store = MemoryStore()
        recorder = Recorder(Sessions(store, loaded))
        dialogues: list[list[Turn]] = [[] for _ in range(count)]
        users = [draw.choice([None, "ann"]) for _ in dialogues]
        for _ in range(4 * count):
            number = draw.randrange(count)
            turns = dialogues[number]
            turn = Turn(draw.choice(TEXTS), available=(*ACTIONS,) if draw.random() < 0.5 else None)
            answer, made = await ours(policy(0), turns, turn, users[number]), done(draw)
            recorder.record("shop", answer, made, draw.choice(["policy", "upstream"]))
            turns.append(
                replace(turn, actions=made.actions, arguments=made.arguments, system=made.system)
            )
        await recorder.finish()
        wanted = Counter(msgspec.json.encode(tuple(turns)) for turns in dialogues if turns)
        assert without_offers(await corpus(store)) == without_offers(wanted)
        assert (recorder.stored, recorder.lost) == (4 * count, 0)
        report = await replay(store, [policy(0), policy(1)])
        assert report.clean and report.decisions == 4 * count * (1 + shadowed)

    run(work())


def without_offers(dialogues: Counter[bytes]) -> Counter[bytes]:
    """The same whatever was offered: of alike dialogues, any may have been gone on with."""
    found: Counter[bytes] = Counter()
    for dialogue, count in dialogues.items():
        turns = msgspec.json.decode(dialogue, type=list[Turn])
        found[msgspec.json.encode([replace(turn, available=None) for turn in turns])] += count
    return found


def test_a_dialogue_that_a_server_does_not_know_is_stored_whole() -> None:
    async def work() -> None:
        store = MemoryStore()
        sessions = Sessions(store, Policies(policy(0)))
        past = [Turn("find me a table", actions=("book",), arguments={"book": ({"n": 1},)})] * 3
        answer = await ours(policy(0), past, Turn("yes"), None)
        recorder = Recorder(sessions)
        recorder.record("shop", answer, Turn(None, actions=("close",)), "upstream")
        await recorder.finish()
        (dialogue,) = [one async for one in as_corpus(store)]
        assert dialogue.turns == (*past, Turn("yes", actions=("close",)))
        assert (await replay(store, [policy(0)])).clean
        (name,) = await store.page()
        by = [event.by for event in (await sessions.events(name))[1:]]  # type: ignore[union-attr]
        assert by == ["caller"] * 3 + ["upstream"]

    run(work())


def test_what_went_upstream_is_a_queue_to_look_through_the_latest_first() -> None:
    async def work() -> None:
        sessions = Sessions(MemoryStore(), Policies(policy(0)))
        recorder, past = Recorder(sessions), list[Turn]()
        call, made = MadeCall("book", {}), Turn(None, actions=("close",))
        done_by: list[tuple[list[MadeCall], By]] = [
            ([], "upstream"),
            ([call], "upstream"),
            ([call], "policy"),
        ]
        for calls, by in done_by:
            answer = await ours(policy(0), past, Turn(f"find {len(past)}"), None)
            recorder.record("shop", answer._replace(calls=calls), made, by)
            past.append(replace(answer.turns[-1], actions=made.actions))
            await recorder.finish()
        view = await Sources(sessions).view("live")
        for kind, turn in ("deferred", 0), ("audited", 1):
            assert [row.turn for row in turns(view, TurnFilter(kind=kind)).rows] == [turn]
            assert view.rows(kind).total == 1
        latest = turns(view, TurnFilter(), "newest").rows
        assert [row.turn for row in latest] == [2, 1, 0]
        assert {row.done for row in latest} == {("close",)}
        assert view.rows().rows[0].at == latest[0].at

    run(work())


class Failing(MemoryStore):
    """Stores so many events, and then some not."""

    def __init__(self, most: int, failing: int = 1_000) -> None:
        super().__init__()
        self._fails, self._count = range(most, most + failing), -1

    async def append(self, write: Write) -> None:
        self._count += 1
        if self._count in self._fails:
            raise StoreUnavailableError("full")
        await super().append(write)


@pytest.mark.parametrize("most", range(6))
def test_after_a_turn_that_is_lost_none_follows(most: int) -> None:
    """A dialogue with a hole in it would teach what nobody did."""

    kept, turns, recorder = run(stored(Failing(most), turns=6))
    assert kept == ([tuple(turns[: most - 1])] if most > 1 else [])
    assert recorder.stored == max(most - 1, 0)
    assert recorder.lost == 6 - recorder.stored


@pytest.mark.parametrize("most", range(6))
def test_once_the_store_is_back_the_dialogue_is_whole_again(most: int) -> None:
    kept, turns, recorder = run(stored(Failing(most, failing=1), turns=7))
    assert tuple(turns) in kept
    assert recorder.lost == 1


async def stored(store: Store, turns: int) -> tuple[list[tuple[Turn, ...]], list[Turn], Recorder]:
    """The dialogues of the store after one of so many turns, those turns, and who stored them."""
    recorder, said = Recorder(Sessions(store, Policies(policy(0)))), list[Turn]()
    for number in range(turns):
        turn, made = Turn(f"find {number}"), Turn(None, actions=("book",))
        answer = await ours(policy(0), said, turn, None)
        recorder.record("shop", answer, made, "upstream")
        said.append(replace(turn, actions=made.actions))
        await recorder.finish()
    return [one.turns async for one in as_corpus(store, check=True)], said, recorder
