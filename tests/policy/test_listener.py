"""What was heard is carried: the last value of each label wins, turn by turn as all at once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cueline.dialogue import Dialogue, Span, Turn
from cueline.policy.arguments.memory import Memory, span_value
from cueline.policy.listener import HEARD, SLOTS, Listener
from cueline.settings import NetworkSettings
from tests.policies import dialogues, random_policy
from tests.policy.tagging.test_tagger import random_tagger

DEAF = random_policy(NetworkSettings(embedding=5, units=7))


def after(turns: list[tuple[str, tuple[Span, ...]]]) -> Memory:
    memory = Memory()
    for text, spans in turns:
        memory = memory.after_hearing(Turn(text), spans).after_acting({}, "which?")
    return memory


def test_a_correction_takes_the_place_of_what_was_named_before() -> None:
    five, six = Span(4, 8, "people"), Span(4, 7, "people", 6)
    city = Span(8, 12, "city")
    assert after([("for five", (five,)), ("no, six", (six,))]).slots == {"people": 6}
    assert after([("for five", (five,)), ("find in Rome", (city,))]).slots == {
        "people": "five",
        "city": "Rome",
    }
    both = "not five, six"
    assert after([(both, (Span(4, 8, "people"), Span(10, 13, "people")))]).slots == {
        "people": "six"
    }


@given(dialogues, st.integers(0, 3))
def test_slots_are_the_last_values_heard_live_as_in_training(dialogue: Dialogue, seed: int) -> None:
    tagger = random_tagger(seed)
    listener, policy = Listener(tagger), DEAF.with_words(tagger, None)
    slots, state = {}, policy.start()
    features = [turn.features for turn in listener.listened(dialogue).turns]
    for number, heard in enumerate(listener.hear_all(dialogue)):
        text = heard.turn.user or ""
        slots.update({span.label: span_value(span, text) for span in heard.spans})
        assert heard.memory.slots == slots
        decision, state = policy.act(dialogue.turns[number], state)
        assert decision.spans == heard.spans and state.memory.slots == slots
        assert features[number][HEARD] == tuple(sorted({span.label for span in heard.spans}))
        assert features[number][SLOTS] == tuple(sorted(slots))
