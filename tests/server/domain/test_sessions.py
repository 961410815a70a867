"""Dialogues that are neither lost, doubled nor mixed up, whatever process they are sent to."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cueline.server.domain.audit import replay
from cueline.server.domain.policies import Policies
from cueline.server.domain.sessions import Sessions, StepResult
from cueline.server.domain.state_replay import known, turns
from cueline.server.errors import (
    CapacityError,
    DialogueNotFoundError,
    IdempotencyKeyReusedError,
    SequenceConflictError,
    StoreUnavailableError,
    TurnConflictError,
    TurnNotFoundError,
)
from cueline.server.events import Corrected, Stepped
from cueline.server.limits import Limits
from cueline.server.schemas import StepRequest
from cueline.server.stores.base import Store, Write
from cueline.server.stores.memory import MemoryStore
from tests.server.acting import ACTIONS, WORDS, policy
from tests.server.conftest import Opener, run

action_sets = st.lists(st.sampled_from([*ACTIONS, "unheard_of"]), unique=True, max_size=3)
requests = st.builds(
    StepRequest,
    user=st.none() | st.lists(st.sampled_from([*WORDS, "zyx"]), max_size=5).map(" ".join),
    features=st.fixed_dictionaries(
        {}, optional={"db_count": st.integers(0, 9), "area": st.sampled_from(["w", "x"])}
    ),
    available=st.none() | action_sets,
)


def service(store: Store | None = None, cached: int = 100, **limits: int) -> Sessions:
    return Sessions(store or MemoryStore(), Policies(policy()), Limits(**limits), cached=cached)


async def outcome(step: asyncio.Future[StepResult] | object) -> Stepped | type[Exception]:
    try:
        return (await step).event  # type: ignore[misc]
    except (TurnConflictError, StoreUnavailableError) as error:
        return type(error)


@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.integers(0, 1), requests, st.none() | action_sets),
        max_size=12,
    )
)
def test_many_dialogues_through_two_processes_are_each_as_if_alone(
    sent: list[tuple[int, int, StepRequest, list[str] | None]],
) -> None:
    async def check() -> None:
        store, plain = MemoryStore(), policy()
        processes = [service(store, cached=2), service(store, cached=0)]
        dialogues = [await processes[0].open() for _ in range(3)]
        states = [plain.start() for _ in dialogues]
        for number, process, request, took in sent:
            if took is not None and states[number].turn > 0:
                states[number] = plain.took(states[number], known(plain, took))
                request = StepRequest(request.user, request.features, request.available, took=took)
            stepping = await processes[process].step(dialogues[number], request)
            decision, after = plain.act(request.said, states[number])
            assert stepping.event.decision.actions == decision.actions
            assert stepping.event.decision.probabilities == decision.probabilities
            assert stepping.event.turn == states[number].turn
            states[number] = after
        assert (await replay(store, [plain])).clean

    run(check())


def test_a_retry_gets_the_answer_of_the_first_time_and_no_second_turn(opener: Opener) -> None:
    async def check() -> None:
        first, second = service(await opener()), service(await opener())
        dialogue = await first.open()
        request = StepRequest("find me a table")
        answers = [await first.step(dialogue, request, key="k")]
        await first.step(dialogue, StepRequest("for two"), key="other")
        for sessions in (first, second, service(await opener(), cached=0)):
            answers.append(await sessions.step(dialogue, request, key="k"))
        assert [answer.repeated for answer in answers] == [False, True, True, True]
        assert len({answer.event.at for answer in answers}) == 1
        assert len(turns(await second.events(dialogue))) == 2
        with pytest.raises(IdempotencyKeyReusedError):
            await second.step(dialogue, StepRequest("something else"), key="k")

    run(check())


def test_the_same_request_sent_everywhere_at_once_is_one_turn(opener: Opener) -> None:
    async def check() -> None:
        processes = [service(await opener()), service(await opener())]
        dialogue = await processes[0].open()
        for number in range(5):
            steps = [
                processes[n % 2].step(dialogue, StepRequest("yes"), key=f"k{number}")
                for n in range(8)
            ]
            answers = await asyncio.gather(*steps)
            assert {answer.event.turn for answer in answers} == {number}
            assert sum(not answer.repeated for answer in answers) == 1
        assert len(turns(await processes[0].events(dialogue))) == 5

    run(check())


def test_of_different_turns_at_once_one_wins_and_the_others_are_told(opener: Opener) -> None:
    async def check() -> None:
        sessions = service(await opener())
        dialogue = await sessions.open()
        for number in range(5):
            requests = [StepRequest(f"take {n}", turn=number) for n in range(8)]
            steps = [outcome(sessions.step(dialogue, request)) for request in requests]
            assert (await asyncio.gather(*steps)).count(TurnConflictError) == 7
        stored = turns(await sessions.events(dialogue))
        assert [event.turn for event in stored] == list(range(5))

    run(check())


def test_of_turns_without_a_number_each_is_stored_once_or_told(opener: Opener) -> None:
    async def check() -> None:
        processes = [service(await opener()), service(await opener())]
        dialogue = await processes[0].open()
        answered = []
        for number in range(5):
            steps = [
                outcome(processes[n % 2].step(dialogue, StepRequest(f"{number}, take {n}")))
                for n in range(8)
            ]
            outcomes = await asyncio.gather(*steps)
            answered += [event for event in outcomes if isinstance(event, Stepped)]
            assert len(answered) + outcomes.count(TurnConflictError) >= 8
        stored = turns(await processes[0].events(dialogue))
        assert sorted(answered, key=lambda event: event.turn) == stored
        assert [event.turn for event in stored] == list(range(len(stored)))

    run(check())


def test_of_one_turn_sent_to_two_processes_at_once_one_wins(opener: Opener) -> None:
    async def check() -> None:
        processes = [service(await opener()), service(await opener())]
        dialogue = await processes[0].open()
        for number in range(6):
            steps = [
                outcome(sessions.step(dialogue, StepRequest("go", turn=number)))
                for sessions in processes
            ]
            outcomes = await asyncio.gather(*steps)
            assert outcomes.count(TurnConflictError) == 1
        stored = turns(await processes[0].events(dialogue))
        assert [event.turn for event in stored] == list(range(6))

    run(check())


def test_a_turn_out_of_order_is_refused_and_told_what_is_next() -> None:
    async def check() -> None:
        sessions = service()
        dialogue = await sessions.open()
        await sessions.step(dialogue, StepRequest("a", turn=0))
        for wrong in (0, 2, 7):
            with pytest.raises(TurnConflictError) as caught:
                await sessions.step(dialogue, StepRequest("b", turn=wrong))
            assert caught.value.next_turn == 1
        with pytest.raises(TurnConflictError, match="took"):
            await sessions.step(await sessions.open(), StepRequest("a", took=["book"]))

    run(check())


class Forgetful(MemoryStore):
    """Writes, and then loses the connection before it could say so."""

    broken = False

    async def append(self, write: Write) -> None:
        await super().append(write)
        if self.broken:
            raise StoreUnavailableError("the line went dead")


def test_after_a_lost_line_a_retry_with_a_key_finds_what_was_written() -> None:
    async def check() -> None:
        store = Forgetful()
        sessions = service(store)
        dialogue = await sessions.open()
        store.broken = True
        with pytest.raises(StoreUnavailableError):
            await sessions.step(dialogue, StepRequest("yes"), key="k")
        store.broken = False
        assert (await sessions.step(dialogue, StepRequest("yes"), key="k")).repeated
        assert (await sessions.step(dialogue, StepRequest("no"))).event.turn == 1
        assert len(turns(await sessions.events(dialogue))) == 2

    run(check())


def test_what_one_process_erased_no_other_goes_on_with() -> None:
    async def check() -> None:
        store = MemoryStore()
        first, second = service(store), service(store)
        dialogue = await first.open()
        await second.step(dialogue, StepRequest("yes"))
        await first.erase(dialogue)
        for sessions in (first, second):
            with pytest.raises(DialogueNotFoundError):
                await sessions.step(dialogue, StepRequest("yes"))
            with pytest.raises(DialogueNotFoundError):
                await sessions.erase(dialogue)

    run(check())


def test_a_dialogue_opened_again_under_its_key_is_another_to_every_process() -> None:
    async def check() -> None:
        store = MemoryStore()
        first, second = service(store), service(store)
        dialogue = await first.open("ann", "key")
        await first.step(dialogue, StepRequest("find me a table"))
        await second.erase(dialogue)
        assert await second.open("bob", "key") == dialogue
        await second.step(dialogue, StepRequest("no"))
        await first.step(dialogue, StepRequest("thanks"))
        assert (await replay(store, [policy()])).clean

    run(check())


class Snatched(MemoryStore):
    """Another server opened under the same key just then, and has erased it already."""

    times = 1

    async def append(self, write: Write) -> None:
        if self.times:
            self.times -= 1
            raise SequenceConflictError(write.dialogue)
        await super().append(write)


def test_an_opening_that_lost_to_one_that_is_gone_opens_after_all() -> None:
    async def check() -> None:
        sessions = service(Snatched())
        dialogue = await sessions.open(key="key")
        assert len(await sessions.events(dialogue)) == 1

    run(check())


def test_a_correction_is_kept_and_changes_no_decision() -> None:
    async def check() -> None:
        store = MemoryStore()
        first, second = service(store), service(store)
        dialogue = await first.open()
        for number in range(3):
            await first.step(dialogue, StepRequest("yes"))
            await second.correct(dialogue, Corrected(0.0, number, ("book",)))
            await first.correct(dialogue, Corrected(0.0, number, ("close",)))
        assert len(await first.events(dialogue)) == 10
        assert (await replay(store, [policy()])).clean
        with pytest.raises(TurnNotFoundError, match="has 3"):
            await first.correct(dialogue, Corrected(0.0, 3, ()))

    run(check())


def test_a_dialogue_and_a_service_hold_as_much_as_they_may() -> None:
    async def check() -> None:
        sessions = service(turns=2, dialogues=2)
        dialogue = await sessions.open()
        for _ in range(2):
            await sessions.step(dialogue, StepRequest("yes"))
        with pytest.raises(CapacityError):
            await sessions.step(dialogue, StepRequest("yes"))
        other = await sessions.open()
        with pytest.raises(CapacityError):
            await sessions.open()
        await sessions.erase(other)
        await sessions.open()

    run(check())


def test_quiet_dialogues_expire_and_memory_forgets_them() -> None:
    async def check() -> None:
        now = [1000.0]
        sessions = Sessions(MemoryStore(lambda: now[0]), Policies(policy()), Limits(ttl=10))
        quiet, busy = await sessions.open(), await sessions.open()
        now[0] = 1008.0
        await sessions.step(busy, StepRequest("yes"))
        now[0] = 1012.0
        assert await sessions.expire() == 1
        assert sessions.dialogues == 1
        await sessions.step(busy, StepRequest("yes"))
        with pytest.raises(DialogueNotFoundError):
            await sessions.step(quiet, StepRequest("yes"))

    run(check())


@given(
    st.lists(st.floats(-1e7, 1e7), min_size=1, max_size=4), st.integers(11, 40), st.integers(0, 40)
)
def test_a_clock_that_is_wrong_erases_nothing(
    jumps: list[float], dialogues: int, steps: int
) -> None:
    async def check() -> None:
        now = [1e9]
        store = MemoryStore(lambda: now[0])
        sessions = Sessions(store, Policies(policy()), Limits(ttl=100))
        opened = [await sessions.open() for _ in range(dialogues)]
        for jump in jumps:
            now[0] = 1e9 + jump
            assert await sessions.expire() == 0
        now[0] = 1e9
        for dialogue in opened[:steps]:
            await sessions.step(dialogue, StepRequest("yes"))
        assert await store.count() == dialogues

    run(check())


def test_a_clock_that_goes_back_makes_nothing_older() -> None:
    async def check() -> None:
        now = [1000.0]
        sessions = Sessions(MemoryStore(lambda: now[0]), Policies(policy()), Limits(ttl=10))
        dialogue = await sessions.open()
        now[0] = 500.0
        await sessions.step(dialogue, StepRequest("yes"))
        now[0] = 1005.0
        assert await sessions.expire() == 0

    run(check())


def test_a_step_reads_nothing_again_however_long_the_dialogue_is() -> None:
    class Counted(MemoryStore):
        read = 0

        async def events(self, dialogue: str, start: int = 0) -> list[bytes]:
            found = await super().events(dialogue, start)
            self.read += len(found)
            return found

    async def check() -> None:
        store = Counted()
        sessions = Sessions(store, Policies(policy()), Limits(turns=1000))
        dialogue = await sessions.open()
        for turn in range(1000):
            await sessions.step(dialogue, StepRequest("yes", turn=turn), f"key {turn}")
        assert store.read == 0
        await Sessions(store, Policies(policy())).correct(dialogue, Corrected(0.0, 0, ()))
        assert store.read == 1001  # another server does so once

    run(check())


def test_memory_holds_no_more_dialogues_than_it_may() -> None:
    async def check() -> None:
        sessions = service(cached=5)
        dialogues = [await sessions.open() for _ in range(20)]
        for dialogue in dialogues:
            await sessions.step(dialogue, StepRequest("yes"))
        assert len(sessions) == 5

    run(check())
