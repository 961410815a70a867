"""Preconditions drawn at random."""

from __future__ import annotations

from hypothesis import strategies as st

from cueline.preconditions import Precondition
from cueline.preconditions.facts import Compares, Done, Equals, Has, Known, Truth
from tests.policies import ACTIONS

numbers = st.floats(allow_nan=False, allow_infinity=False)


def preconditions(
    actions: st.SearchStrategy[str],
    features: st.SearchStrategy[str],
    values: st.SearchStrategy[str],
) -> st.SearchStrategy[Precondition]:
    signs = st.sampled_from([">", ">=", "<", "<="])
    facts = st.one_of(
        st.builds(Done, actions),
        st.builds(Known, features),
        st.builds(Truth, features, st.booleans()),
        st.builds(Equals, features, values | numbers),
        st.builds(Has, features, values),
        st.builds(Compares, features, signs, numbers),
    )
    return st.builds(Precondition, actions, st.booleans(), facts)


names = st.text(min_size=1) | st.sampled_from(["true", "known", "5", "-1e3", "is", "#", '"', "a b"])
any_precondition = preconditions(names, names, names)
"""With any names at all."""
fitting = preconditions(
    st.sampled_from(ACTIONS),
    st.sampled_from(["city", "known", "count", "open"]),
    st.sampled_from(["paris", "rome", "food", "area"]),
)
"""Of what occurs in `tests.policies`."""
