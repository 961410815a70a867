"""What the calls are made with."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.server.acting import ACTIONS, WORDS
from tests.server.machine import library

servers = st.integers(0, 1)
users = st.sampled_from(["ann", "bob@shop.eu"])
keys = st.none() | st.sampled_from(["a", "b c"])
action_sets = st.lists(st.sampled_from([*ACTIONS, "ask", "unheard_of"]), unique=True, max_size=3)
requests = st.fixed_dictionaries(
    {
        "user": st.none()
        | st.lists(st.sampled_from([*WORDS, "rome", "é🙂", "\0"]), max_size=4).map(" ".join)
    },
    optional={
        "features": st.fixed_dictionaries(
            {"db_count": st.integers(-1, 9)},
            optional={"area": st.sampled_from(["w", "x"]), "known": st.just(["food", "area"])},
        ),
        "available": action_sets,
        "system": st.sampled_from(["", "Where?"]),
        "took": action_sets,
    },
)
numbers = st.sampled_from(["unsaid", "next", "other"])
"""What a request says of the number of its turn."""
names = st.sampled_from(list(library.policies()))
places = st.integers(0, 3)
"""Of a policy among those that are loaded; the last is one that maybe is not."""
