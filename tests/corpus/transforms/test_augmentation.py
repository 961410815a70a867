"""Talks: what stands in them is what a story or a rule says, with what holds at that place."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cueline.corpus import read, read_all
from cueline.corpus.formats import jsonl
from cueline.corpus.transforms.augmentation import OFTEN, joined_dialogues, needed_to_learn
from cueline.corpus.transforms.one_action import steps
from cueline.dialogue import Dialogue, Turn
from tests.corpus.formats.rasa.test_reader import written

BOT = {
    "domain.yml": """\
intents: [greet, book, stop, thank, help]
actions: [utter_greet, utter_thank, utter_help, utter_other, utter_bye, utter_start]
forms: {book_form: {required_slots: []}}
slots:
  vip: {type: bool, initial_value: false}
""",
    "stories.yml": """\
stories:
- story: book
  steps:
  - intent: book
  - slot_was_set: [{vip: true}]
  - action: book_form
  - active_loop: book_form
  - intent: stop
  - action: utter_bye
  - active_loop: null
- story: greeted, help is another
  steps: [{intent: greet}, {action: utter_greet}, {intent: help}, {action: utter_other}]
""",
    "rules.yml": """\
rules:
- rule: thank
  steps: [{intent: thank}, {action: utter_thank}]
- rule: help
  steps: [{intent: help}, {action: utter_help}]
- rule: in the form only
  condition: [{active_loop: book_form}]
  steps: [{intent: greet}, {action: utter_help}, {action: book_form}]
- rule: in no form
  condition: [{active_loop: null}]
  steps: [{intent: stop}, {action: utter_help}]
- rule: to vip alone
  condition: [{slot_was_set: [{vip: true}]}]
  steps: [{intent: thank}, {action: utter_bye}]
- rule: the form ends
  condition: [{active_loop: book_form}]
  steps: [{action: book_form}, {active_loop: null}, {action: utter_start}]
- rule: at the start
  conversation_start: true
  steps: [{intent: thank}, {action: utter_start}]
""",
}
GOES_ON = {
    ("greet", ("utter_help", "book_form", "utter_start")),
    ("help", ("utter_help", "book_form")),
    ("help", ("utter_help", "book_form", "utter_start")),
    ("thank", ("utter_thank", "book_form")),
    ("thank", ("utter_thank", "book_form", "utter_start")),
    ("thank", ("utter_bye", "book_form")),
    ("thank", ("utter_bye", "book_form", "utter_start")),
}
"""Turns within a form: a rule that says nothing of forms has it run again, and so it may end."""
SEEDS = st.integers(0, 5)


@pytest.fixture(scope="module")
def bot(tmp_path_factory: pytest.TempPathFactory) -> list[Dialogue]:
    return read_all([written(tmp_path_factory.mktemp("joined") / "bot", BOT)], "rasa-intents")


def told(turn: Turn) -> tuple[object, ...]:
    return turn.features.get("intent"), turn.actions


def form_after(turn: Turn, before: str | None) -> str | None:
    """The form that is on after a turn, by what is done there."""
    match told(turn):
        case ("book", ("book_form",)):
            return "book_form"
        case (_, (*_, "book_form", "utter_start")) | ("stop", ("utter_bye",)):
            return None
    return before


@given(seed=SEEDS)
def test_every_turn_of_a_joined_dialogue_is_told_somewhere(bot: list[Dialogue], seed: int) -> None:
    known = {told(turn) for dialogue in bot for turn in dialogue.turns}
    made = joined_dialogues(bot, seed)
    found = {told(turn) for joined in made for turn in joined.turns}
    assert known <= found <= known | GOES_ON
    assert len(found & GOES_ON) > len(GOES_ON) / 2
    assert max(len(joined.turns) for joined in made) > max(len(dialogue.turns) for dialogue in bot)
    assert made == joined_dialogues(bot, seed)


@given(seed=SEEDS)
def test_the_features_are_those_that_hold_there(bot: list[Dialogue], seed: int) -> None:
    """What the form is and who is a VIP follows from the actions so far."""
    for joined in joined_dialogues(bot, seed):
        on, vip = (joined.turns[0].features.get(name) for name in ("active_loop", "vip"))
        for turn in joined.turns:
            if told(turn)[1][:1] == ("utter_bye",) and told(turn)[0] == "thank":
                vip = True
            if told(turn)[0] == "book":
                vip = True
            assert turn.features.get("active_loop") == on, joined
            assert turn.features["vip"] == vip, joined
            on = form_after(turn, on)


@given(seed=SEEDS)
def test_rules_stand_only_where_they_may(bot: list[Dialogue], seed: int) -> None:
    for joined in joined_dialogues(bot, seed):
        on = joined.turns[0].features.get("active_loop")
        for number, turn in enumerate(joined.turns):
            before = joined.turns[number - 1].actions if number else ()
            match told(turn):
                case ("greet", ("utter_help", "book_form")):
                    assert on
                case ("stop", ("utter_help",)):
                    assert not on
                case ("thank", ("utter_start",)):
                    assert number == 0
                case ("help", ("utter_help",)):
                    assert before != ("utter_greet",) and not on
                case ("thank", ("utter_thank" | "utter_bye",)):
                    assert not on, "the form runs again"
                case ("thank" | "help", ("utter_thank" | "utter_bye" | "utter_help", "book_form")):
                    assert on
            on = form_after(turn, on)


@given(seed=SEEDS)
def test_a_file_of_dialogues_gives_the_same_joined_dialogues(
    bot: list[Dialogue], seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("joined") / "bot.jsonl"
    jsonl.write(path, bot)
    again = joined_dialogues(read([path]), seed)
    assert json.dumps([joined.meta for joined in again]) == json.dumps(
        [joined.meta for joined in joined_dialogues(bot, seed)]
    )
    assert [joined.turns for joined in again] == [
        joined.turns for joined in joined_dialogues(bot, seed)
    ]


def test_one_action_at_a_time_goes_together(bot: list[Dialogue]) -> None:
    for joined in joined_dialogues(steps(bot), 0):
        for turn, after in zip(joined.turns, joined.turns[1:], strict=False):
            assert turn.actions == () or after.user is None


def test_dialogues_that_say_nothing_of_joining_are_not_joined() -> None:
    dialogues = [Dialogue("d", (Turn("hello", actions=("greet",)),))] * 3
    assert joined_dialogues(dialogues, 0) == []
    assert not needed_to_learn(dialogues).any()


def test_a_story_is_held_out_only_where_it_is_told_often(bot: list[Dialogue]) -> None:
    often = [bot[0]] * OFTEN
    assert needed_to_learn([*bot[1:], *often]).tolist() == [True] * (len(bot) - 1) + [False] * OFTEN
