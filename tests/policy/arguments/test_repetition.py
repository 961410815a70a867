"""An action is called once for each of several values where training showed it, and else once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cueline.dialogue import Dialogue, Turn
from cueline.policy.arguments.argument_model import ArgumentModel
from cueline.policy.arguments.correctness import same_calls
from cueline.policy.integrity import argument_faults
from cueline.server.protocols.agent import AgentRequest, AgentTool, local_answer
from cueline.training.arguments import call_examples, fit_arguments
from tests.policy.arguments.test_schemas import ALONE, decided

CITIES = ["Paris", "Rome", "Oslo", "Bonn", "Lyon", "Kyiv", "Riga", "Cork"]


def weather(number: int, several: bool = True) -> Dialogue:
    """A question for one city or more, answered by a call for each, or only by one."""
    cities = tuple(CITIES[(number + n) % len(CITIES)] for n in range(number % 3 + 1))
    asked = cities if several else cities[:1]
    calls = tuple({"city": city, "day": f"d{number}"} for city in asked)
    features = {"city": cities, "day": f"d{number}"}
    turn = Turn("weather", features, actions=("book",), arguments={"book": calls})
    return Dialogue(f"d{number}", (turn,))


def fitted(several: bool) -> ArgumentModel:
    examples = list(call_examples([weather(n, several) for n in range(60)], ALONE))
    return fit_arguments(examples, 0)


EACH, ONE = fitted(True), fitted(False)


@given(st.lists(st.sampled_from(["Graz", "Linz", "Nice", "Pisa", "Bari"]), min_size=1, max_size=5))
def test_there_is_a_call_for_each_value_and_each_has_all_its_arguments(cities: list[str]) -> None:
    calls = decided(EACH, city=tuple(cities), day="d99").arguments["book"]
    assert same_calls(calls, [{"city": city, "day": "d99"} for city in dict.fromkeys(cities)])
    (call,) = decided(ONE, city=tuple(cities), day="d99").arguments["book"]
    assert call["city"] in cities


def test_the_probability_is_that_of_all_calls_together() -> None:
    several = decided(EACH, city=("Graz", "Linz"), day="d99")
    repetition = EACH.repetitions["book"]
    less_often = repetition.each / 2 + 0.25
    doubted = replace(EACH, repetitions={"book": replace(repetition, each=less_often)})
    less = decided(doubted, city=("Graz", "Linz"), day="d99")
    assert less.arguments == several.arguments
    share = less_often / repetition.each
    assert abs(less.confidence - share * several.confidence) < 1e-9
    assert ONE.repetitions == {}


def test_where_most_turns_with_several_values_have_one_call_there_is_one() -> None:
    dialogues = [weather(n, several=n % 5 == 0) for n in range(60)]
    mixed = fit_arguments(list(call_examples(dialogues, ALONE)), 0)
    decision = decided(mixed, city=("Graz", "Linz"), day="d99")
    assert len(decision.arguments["book"]) == 1
    assert decision.confidence < 1 - mixed.repetitions["book"].each + 1e-9


def test_a_repetition_of_what_is_no_parameter_is_refused() -> None:
    broken = {"book": replace(EACH.repetitions["book"], parameter="town")}
    (fault,) = argument_faults(["book"], replace(EACH, repetitions=broken))
    assert "'town'" in fault


@pytest.mark.parametrize(("parallel", "count"), [(True, 2), (False, 1)])
def test_an_agent_gets_parallel_calls_to_one_tool(parallel: bool, count: int) -> None:
    decision = replace(decided(EACH, city=("Graz", "Linz"), day="d99"), sure=True)
    turn, tools = Turn("weather", available=("book",)), {"book": AgentTool("book")}
    request = AgentRequest(past=(), turn=turn, tools=tools, parallel=parallel)
    calls = local_answer("hash", decision, request).calls
    assert [call.arguments for call in calls] == list(decision.arguments["book"])[:count]
    assert len({call.id for call in calls}) == count
