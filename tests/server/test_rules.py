"""A policy's preconditions hold live, and every decision says which ones did."""

from __future__ import annotations

from functools import cache

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from cueline.policy import Policy
from cueline.policy.policy import NOT_AVAILABLE
from cueline.rules.grammar import parse
from cueline.server.domain.audit import replay
from cueline.server.domain.policies import Policies
from cueline.server.domain.sessions import Sessions
from cueline.server.domain.state_replay import turns
from cueline.server.limits import Limits
from cueline.server.protocols.agent import AgentAnswers
from cueline.server.protocols.chat_completions import ChatRequest
from cueline.server.schemas import StepRequest
from cueline.server.stores.memory import MemoryStore
from tests.rules.drawn import forbids, keeping
from tests.server.acting import policy
from tests.server.conftest import run
from tests.server.domain.test_sessions import action_sets, requests

RULES = [
    parse("book only after offer"),
    parse("close never twice"),
    parse("ask_area never after book"),
    parse("offer only if db_count > 2"),
]
PRECONDITIONS = [rule for rule in RULES if rule is not None]


@cache
def careful(seed: int = 0) -> Policy:
    return keeping(policy(seed), PRECONDITIONS)


@settings(max_examples=20)
@given(st.lists(st.tuples(st.integers(0, 1), requests, st.none() | action_sets), max_size=8))
def test_a_dialogue_rebuilt_from_its_events_keeps_them(
    sent: list[tuple[int, StepRequest, list[str] | None]],
) -> None:
    async def check() -> None:
        store, main, shadow = MemoryStore(), careful(), careful(1)
        policies = [Policies(main, [shadow]) for _ in range(2)]
        for each in policies:
            each.set_shadow(shadow.hash)
        processes = [Sessions(store, each, Limits(), cached=0) for each in policies]
        dialogue = await processes[0].open()
        earlier, last = set[str](), list[str]()
        for number, (process, request, took) in enumerate(sent):
            if took is not None and number > 0:
                request = StepRequest(request.user, request.features, request.available, took=took)
                last = took
            earlier.update(last)
            event = (await processes[process].step(dialogue, request)).event
            said = event.said
            broken = [one for one in PRECONDITIONS if forbids(one, said.features, earlier)]
            absent = set() if said.available is None else {*main.actions.names} - {*said.available}
            expected = {one.action: one.text for one in reversed(broken)}
            assert event.shadow is not None
            for decision in (event.decision, event.shadow.decision):
                assert decision.reasons == expected | dict.fromkeys(absent, NOT_AVAILABLE)
                assert not set(decision.actions) & set(decision.masked)
            last = event.decision.actions
        assert len(turns(await processes[0].events(dialogue))) == len(sent)
        assert (await replay(store, [main, shadow])).differences == []

    run(check())


def test_a_chat_remembers_what_was_called() -> None:
    call = {"function": {"name": "offer", "arguments": "{}"}}
    messages = [
        {"role": "user", "content": "find me a table"},
        {"role": "assistant", "tool_calls": [call]},
        {"role": "user", "content": "yes"},
    ]

    def reasons(messages: list[dict[str, object]]) -> dict[str, str]:
        request = msgspec.convert({"messages": messages}, ChatRequest)
        return run(AgentAnswers()(careful(), request.agent_request())).decision.reasons

    missing = {"offer": "offer only if db_count > 2"}
    assert reasons(messages[:1]) == missing | {"book": "book only after offer"}
    assert reasons(messages) == missing
