"""Arguments are copied from where they come from, live as in training."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

import cueline
from cueline.cli.decision_text import describe
from cueline.dialogue import Dialogue, Span, Turn
from cueline.errors import PolicyError, SettingsError
from cueline.policy import Policy
from cueline.policy.arguments.memory import MAX_CALLS, MAX_TEXTS, MAX_VALUES, Memory
from cueline.policy.serialization import ARGUMENTS
from cueline.server.protocols.agent import AgentAnswers, AgentRequest, AgentTool
from cueline.training.arguments import with_arguments
from cueline.training.listening import Listeners

CITIES = ["Paris", "Rome", "Oslo", "Bonn", "Lyon", "Kyiv", "Riga", "Cork"]


def booking(number: int) -> Dialogue:
    """A search whose result is booked: a city that is named, a name from a result, a number."""
    city, people, place = CITIES[number % len(CITIES)], number % 5 + 2, f"Place{number}"
    text = f"find me a table in {city}"
    search: dict[str, Any] = {"city": city} if number % 3 else {"city": city, "open": True}
    return Dialogue(
        f"d{number}",
        (
            Turn(
                text + ("" if number % 3 else " that is open now"),
                actions=("search",),
                spans=(Span(text.index(city), len(text), "city"),),
                arguments={"search": (search,)},
            ),
            Turn(
                f"book it for {people}",
                {"user_id": f"u{number}"},
                actions=("book",),
                results={"search": ({"name": place, "stars": 3},)},
                arguments={"book": ({"place": place, "people": people, "who": f"u{number}"},)},
            ),
            Turn("thanks", actions=("close",)),
        ),
    )


@pytest.fixture(scope="module")
def policy() -> Policy:
    config = cueline.Settings(
        seed=1, training=cueline.settings.TrainingSettings(epochs=8, held_out=0.2)
    )
    return cueline.train([booking(number) for number in range(120)], config=config)


def decided(policy: Policy, dialogue: Dialogue) -> list[Any]:
    state, found = policy.start(), []
    for turn in dialogue.turns:
        bare = replace(turn, actions=None, arguments={}, spans=())
        decision, state = policy.act(bare, state)
        found.append(decision)
    return found


def test_values_that_training_never_showed_are_copied(policy: Policy) -> None:
    first, second, third = decided(policy, booking(1003))
    assert first.arguments == {"search": ({"city": "Bonn"},)}
    assert second.arguments == {"book": ({"place": "Place1003", "people": 5, "who": "u1003"},)}
    assert second.copied["book"][0]["place"].source == "result search.name"
    assert second.copied["book"][0]["who"].source == "feature user_id"
    assert third.arguments == {}


def test_what_is_said_of_an_optional_one_decides_whether_it_is_there(policy: Policy) -> None:
    assert decided(policy, booking(1002))[0].arguments == {
        "search": ({"city": "Oslo", "open": True},)
    }


def test_a_value_that_is_nowhere_is_missing_and_the_call_not_sure(policy: Policy) -> None:
    state = policy.start()
    _, state = policy.act(replace(booking(7).turns[0], actions=("search",)), state)
    decision, _ = policy.act(Turn("book it"), state)
    assert decision.actions == ("book",)
    assert "place" in decision.missing["book"]
    assert not decision.sure


def test_some_decisions_with_arguments_are_sure(policy: Policy) -> None:
    assert any(one.sure and one.arguments for n in range(9) for one in decided(policy, booking(n)))


def test_what_was_really_called_is_remembered(policy: Policy) -> None:
    _, state = policy.act("find me a table in Rome", policy.start())
    state = policy.took(state, ["search"], {"search": ({"city": "Riga"},)})
    assert state.memory.last_calls == {"search": ({"city": "Riga"},)}
    assert policy.took(state, ["close"]).memory.last_calls == {}


def test_a_saved_policy_calls_alike(policy: Policy, tmp_path: Path) -> None:
    policy.save(tmp_path / "policy")
    again = Policy.load(tmp_path / "policy")
    assert again.hash == policy.hash
    assert decided(again, booking(5)) == decided(policy, booking(5))


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda model: model["parameters"][0].update(action="nope"), "no action of the policy"),
        (lambda model: model["parameters"].append(model["parameters"][0]), "stands twice"),
        (lambda model: model["risk_curve"].update(risk=[0.1] * 99), "99 shares for"),
    ],
)
def test_a_model_that_makes_no_sense_is_refused(
    policy: Policy, tmp_path: Path, change: Any, fault: str
) -> None:
    model = json.loads(msgspec.json.encode(policy.argument_model))
    change(model)
    changed = msgspec.convert(model, type(policy.argument_model))
    policy.with_words(policy.tagger, changed).save(tmp_path / "policy")
    with pytest.raises(PolicyError, match=rf"{ARGUMENTS}: .*{fault}"):
        Policy.load(tmp_path / "policy")


def test_an_evaluation_counts_whole_calls(policy: Policy) -> None:
    dialogues = [booking(number) for number in range(300, 330)]
    report = cueline.evaluate(policy, dialogues)
    assert report.call_accuracy is not None
    assert report.call_accuracy > 0.8
    assert report.span_f1 is not None
    assert report.words is not None
    wrong = [
        replace(
            one,
            turns=(
                replace(one.turns[0], arguments={"search": ({"city": "Nowhere"},)}),
                *one.turns[1:],
            ),
        )
        for one in dialogues
    ]
    worse = cueline.evaluate(policy, wrong)
    assert worse.exact == report.exact
    assert worse.call_accuracy is not None
    assert worse.call_accuracy < 0.6
    assert worse.trust.wrong is not None
    assert report.trust.wrong is not None
    assert worse.trust.wrong > report.trust.wrong


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bytes_in_every_process() -> None:
    """Sets of texts come in another order in another process."""
    program = (
        "import cueline\n"
        "from tests.policy.arguments.test_argument_model import booking\n"
        "config = cueline.Settings(training=cueline.settings.TrainingSettings(epochs=2))\n"
        "print(cueline.train([booking(n) for n in range(40)], config=config).hash)\n"
    )
    hashes = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            text=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert len(hashes) == 1
    assert hashes != {""}


def test_the_users_own_schemas_hold_and_are_saved(policy: Policy, tmp_path: Path) -> None:
    own = {"search": {"properties": {"city": {"enum": ["PARIS", "Rome"]}}, "required": ["near"]}}
    given = [booking(number) for number in range(40)]
    listeners = Listeners.same(policy.listener)
    with_arguments(policy, given, given[:9], listeners, own).save(tmp_path / "policy")
    decision = decided(Policy.load(tmp_path / "policy"), booking(1000))[0]
    assert decision.arguments["search"][0]["city"] == "PARIS"
    assert decision.missing == {"search": ("near",)}


def test_schemas_of_actions_that_no_dialogue_has_stop_training(tmp_path: Path) -> None:
    file = tmp_path / "actions.toml"
    file.write_text("[serch]")
    with pytest.raises(SettingsError, match=r"actions\.toml: \$\.serch: no such action; .* search"):
        cueline.train([booking(number) for number in range(20)], actions=file)


def test_a_corpus_without_calls_teaches_none() -> None:
    dialogues = [
        Dialogue(f"d{n}", (Turn("hello", actions=("greet",)), Turn("bye", actions=("close",))))
        for n in range(20)
    ]
    trained = cueline.train(dialogues, config=cueline.Settings())
    assert trained.argument_model is None
    assert trained.tagger is None
    assert trained.act("hello", trained.start())[0].arguments == {}


texts = st.text(max_size=2000)
turns = st.builds(
    Turn,
    user=st.none() | texts,
    system=st.none() | texts,
    results=st.dictionaries(
        st.sampled_from("ab"),
        st.lists(st.lists(st.integers(), max_size=900), max_size=3).map(tuple),
    ),
    arguments=st.dictionaries(
        st.sampled_from("ab"), st.lists(st.just({"x": 1}), max_size=12).map(tuple)
    ),
)


@settings(max_examples=40)
@given(st.lists(turns, max_size=12))
def test_memory_stays_small_however_long_the_dialogue(some: list[Turn]) -> None:
    memory = Memory()
    for turn in some:
        memory = memory.after_hearing(turn, ()).after_acting(turn.arguments, turn.system)
    assert len(memory.texts) <= MAX_TEXTS
    assert len(memory.system) <= MAX_TEXTS
    assert all(len(calls) <= MAX_CALLS for calls in memory.calls.values())
    assert all(sum(map(len, paths.values())) <= MAX_VALUES for paths in memory.results.values())


def test_a_person_sees_calls_and_where_their_arguments_come_from(policy: Policy) -> None:
    decision = decided(policy, booking(1003))[1]
    line = next(
        line for line in describe(decision, "book it for 5").splitlines() if "book(" in line
    )
    assert "place='Place1003' (result search.name)" in line
    bare, _ = policy.act(Turn("book it"), policy.start())
    assert "=?" in describe(bare, "book it") or bare.actions != ("book",)


@pytest.mark.parametrize(("kind", "fits"), [("string", True), ("integer", False)])
def test_agents_get_arguments_that_fit_the_schema_or_nothing(
    policy: Policy, kind: str, fits: bool
) -> None:
    schema = {"type": "object", "properties": {"city": {"type": kind}}, "required": ["city"]}
    tools = {name: AgentTool(name, schema=schema) for name in ("search", "book")}
    turn = Turn("find me a table in Oslo", available=("search", "book"))
    request = AgentRequest(past=(), turn=turn, tools=tools)
    local = asyncio.run(AgentAnswers()(policy.at(risk=1), request))
    called = [(call.tool.name, call.arguments) for call in local.calls]
    assert called == ([("search", {"city": "Oslo"})] if fits else [])
    assert local.decision.sure == fits
    assert local.decision.abstained == (None if fits else "arguments")
    assert local.decision.reason == ("sure" if fits else "arguments")
