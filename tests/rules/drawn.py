"""Preconditions drawn at random, and what they mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hypothesis import strategies as st

from cueline.dialogue import Feature
from cueline.policy import Policy
from cueline.rules import Precondition
from cueline.rules.conditions import Compares, Equals, Has, IsKnown, IsTrue, WasDone
from tests.policies import ACTIONS

numbers = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-3, 9).map(float)


def orders(actions: st.SearchStrategy[str]) -> st.SearchStrategy[Precondition]:
    return st.builds(Precondition, actions, st.booleans(), st.builds(WasDone, actions))


def preconditions(
    actions: st.SearchStrategy[str],
    features: st.SearchStrategy[str],
    values: st.SearchStrategy[str],
) -> st.SearchStrategy[Precondition]:
    signs = st.sampled_from([">", ">=", "<", "<="])
    facts = st.one_of(
        st.builds(IsKnown, features),
        st.builds(IsTrue, features, st.booleans()),
        st.builds(Equals, features, values | numbers),
        st.builds(Has, features, values),
        st.builds(Compares, features, signs, numbers),
    )
    return orders(actions) | st.builds(Precondition, actions, st.booleans(), facts)


names = st.text(min_size=1) | st.sampled_from(["true", "known", "5", "-1e3", "is", "#", '"', "a b"])
any_precondition = preconditions(names, names, names)
"""With any names at all."""
fitting = preconditions(
    st.sampled_from(ACTIONS),
    st.sampled_from(["city", "known", "count", "open"]),
    st.sampled_from(["paris", "rome", "food", "area"]),
)
"""Of what occurs in `tests.policies`."""


def keeping(policy: Policy, preconditions: Sequence[Precondition]) -> Policy:
    """`policy` with preconditions."""
    made_of = (
        policy.settings,
        policy.actions,
        policy.featurizer,
        policy.decision_model,
        policy.weights,
    )
    return Policy(*made_of, policy.training, policy.baselines, preconditions)


def forbids(precondition: Precondition, features: Mapping[str, Feature], done: set[str]) -> bool:
    """What a precondition means, said as plainly as can be."""
    fact = precondition.fact
    value = None if isinstance(fact, WasDone) else features.get(fact.feature)
    match fact:
        case WasDone(action):
            holds = action in done
        case IsKnown():
            holds = value is not None
        case IsTrue(_, truth):
            holds = value is truth
        case Equals(_, str(name)):
            holds = value == name or (isinstance(value, tuple) and set(value) == {name})
        case Equals(_, number):
            holds = type(value) in (int, float) and value == number
        case Has(_, name):
            holds = value == name or (isinstance(value, tuple) and name in value)
        case Compares(_, sign, number):
            sides = {">": 1, ">=": 1, "<": -1, "<=": -1}
            holds = type(value) in (int, float) and (
                (value - number) * sides[sign] > 0 or ("=" in sign and value == number)
            )
    return holds != precondition.only
