from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cueline.corpus.formats import jsonl
from cueline.corpus.transforms.one_action import STEPS, steps
from cueline.dialogue import Dialogue, Turn
from cueline.errors import Place
from cueline.io import decode

names = st.sampled_from("abc")
turns = st.builds(
    Turn,
    user=st.none() | st.text(max_size=3),
    features=st.dictionaries(names, st.booleans() | st.just(("x",)), max_size=2),
    available=st.none() | st.just(("a", "b", "c")),
    actions=st.lists(names, max_size=3, unique=True).map(tuple),
    system=st.none() | st.just("said"),
)
dialogues = st.builds(
    Dialogue, st.just("d"), st.lists(turns, min_size=1, max_size=4).map(tuple), st.just({"k": 1})
)


@given(dialogues)
def test_each_step_is_one_action_in_order_and_then_the_user_is_waited_for(whole: Dialogue) -> None:
    (stepped,) = steps([whole])
    parts = iter(stepped.turns)
    for turn in whole.turns:
        told = [next(parts) for _ in range(len(turn.actions or ()) + 1)]
        assert [step.actions for step in told] == [(name,) for name in turn.actions or ()] + [()]
        assert [step.user for step in told] == [turn.user] + [None] * (len(told) - 1)
        assert [step.system for step in told] == [turn.system] + [None] * (len(told) - 1)
        assert all(step.features == turn.features for step in told)
        assert all(step.available == turn.available for step in told)
    assert next(parts, None) is None
    assert (stepped.id, stepped.meta) == (whole.id, {"k": 1})


def test_what_becomes_known_between_steps_is_told_where_the_corpus_knows_it() -> None:
    told = [["a", {}], ["a", {"done": True, "list": ["x"]}], [None, {}]]
    turn = Turn("hi", {}, actions=("a",))
    whole = Dialogue("d", (turn, Turn("bye", {"k": 1}, actions=())), {STEPS: [told, None]})
    saved = decode(jsonl.encode(whole), Dialogue, Place("d.jsonl"))
    for dialogue in (whole, saved):
        (stepped,) = steps([dialogue])
        assert stepped == Dialogue(
            "d",
            (
                Turn("hi", {}, actions=("a",)),
                Turn(None, {"done": True, "list": ("x",)}, actions=("a",)),
                Turn(None, {}, actions=()),
                Turn("bye", {"k": 1}, actions=()),
            ),
        )
