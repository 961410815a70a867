from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cueline.corpus import read, read_all
from cueline.corpus.formats.rasa import intents as rasa_intents
from cueline.corpus.formats.rasa import reader as rasa
from cueline.corpus.formats.rasa.ways import MOST_WAYS
from cueline.corpus.transforms.one_action import steps
from cueline.dialogue import Dialogue, Span, Turn
from cueline.errors import CorpusError
from tests.corpus.damage import read_bytes

BOT = {
    "domain.yml": """\
version: "3.1"
intents: [greet, table, affirm]
entities: [city]
slots:
  town: {type: categorical, values: [Rome, Oslo], mappings: [{type: from_entity, entity: city}]}
  city: {type: text}
  found: {type: bool}
  guests: {type: float, max_value: 10}
  dishes: {type: list}
  note: {type: any}
  quiet: {type: text, influence_conversation: false}
""",
    "config.yml": "pipeline: [\n",
    "data/testimonials.yml": "stories: []\n",
    "data/nlu.yml": """\
nlu:
- intent: greet
  examples: |
    - hi
    - hello
- intent: table
  examples: |
    - a table
    - dinner in [Paris](city)
- intent: chat/weather
  examples:
  - text: |
      rain?
- synonym: two
  examples: "- 2"
""",
    "data/stories.yml": """\
version: "3.1"
stories:
- story: dinner
  steps:
  - intent: greet
  - action: utter_greet
  - action: utter_offer
  - intent: table
    entities:
    - city: Rome
  - slot_was_set:
    - found: true
    - guests: 2
    - note: x
    - quiet: x
  - action: table_form
  - active_loop: table_form
  - intent: chat
  - action: utter_rain
  - active_loop: null
  - action: utter_done
""",
    "data/rules.yml": """\
rules:
- rule: done
  condition:
  - active_loop: table_form
  - slot_was_set:
    - found: false
  steps:
  - action: ...
  - active_loop: null
  - action: utter_done
""",
    "tests/test_stories.yml": """\
stories:
- story: a test
  steps:
  - user: |
      dinner in [Oslo]{"entity": "city", "value": "Oslo"}
    intent: table
  - action: table_form
  - user: yes
    intent: affirm
  - intent: greet
  - action: utter_greet
""",
}


@pytest.fixture
def bot(tmp_path: Path) -> Path:
    return written(tmp_path / "bot", BOT)


def written(folder: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return folder


def stories(content: str, name: str = "stories.yml") -> list[Dialogue]:
    return read_bytes(rasa_intents, content.encode(), name)


def done(dialogue: Dialogue) -> list[tuple[str | None, tuple[str, ...] | None]]:
    return [(turn.user, turn.actions) for turn in dialogue.turns]


def test_a_bot_is_its_stories_and_rules_without_its_tests(bot: Path) -> None:
    ids = [dialogue.id for dialogue in read_all([bot], "rasa-intents")]
    assert ids == ["dinner", "done"]


def test_intents_stay_as_features_if_wanted(bot: Path) -> None:
    slots = {"city": True, "town": "rome", "found": True, "guests": 2.0}
    given = ("town", "city", "found", "guests")
    heard = {"given": given, "intent": "table", "entities": ("city",)}
    dinner = read_all([bot], "rasa-intents")[0]
    assert dinner.turns == (
        Turn("/greet", {"intent": "greet"}, actions=("utter_greet", "utter_offer")),
        Turn("/table", {**slots, **heard}, actions=("table_form",)),
        Turn(
            "/chat",
            {**slots, "active_loop": "table_form", "intent": "chat"},
            actions=("utter_rain", "utter_done"),
        ),
    )
    assert {k: v for k, v in dinner.meta.items() if k not in ("steps", "joins")} == {
        "source": "stories.yml",
        "story": "dinner",
        "rule": False,
    }


def test_the_condition_of_a_rule_is_known_and_an_ellipsis_is_nothing(bot: Path) -> None:
    rule = read_all([bot], "rasa-intents")[1]
    assert rule.turns == (Turn(None, {"found": False}, actions=("utter_done",)),)
    assert rule.meta["rule"] is True


def test_examples_become_the_users_words_each_in_its_turn(bot: Path) -> None:
    dinners = [d for d in read_all([bot]) if d.meta["story"] == "dinner"]
    assert [d.id for d in dinners] == ["dinner", "dinner #2"]
    said = [[turn.user for turn in dinner.turns] for dinner in dinners]
    assert sorted(words[0] or "" for words in said) == ["hello", "hi"]
    assert [words[1:] for words in said] == [["dinner in Rome", "rain?"]] * 2
    assert "intent" not in dinners[0].turns[0].features
    assert dinners == [d for d in read_all([bot]) if d.meta["story"] == "dinner"]


def test_test_stories_are_a_corpus_of_their_own(bot: Path) -> None:
    (test,) = read_all([bot / "tests"])
    slots = {"city": True, "town": "oslo"}
    assert test.turns == (
        Turn(
            "dinner in Oslo",
            {**slots, "given": ("town", "city")},
            actions=("table_form",),
            spans=(Span(10, 14, "city"),),
        ),
        Turn("yes", slots, actions=()),
        Turn(test.turns[2].user, slots, actions=("utter_greet",)),
    )
    assert test.turns[2].user in ("hi", "hello")
    assert read_all([bot / "tests" / "test_stories.yml"]) == [test]


def test_a_single_file_is_read_with_its_bot(bot: Path) -> None:
    assert [d.id for d in read_all([bot / "data" / "stories.yml"])] == ["dinner", "dinner #2"]
    alone = read_bytes(rasa, BOT["data/stories.yml"].encode(), "stories.yml")
    assert [turn.user for turn in alone[0].turns] == ["/greet", "/table", "/chat"]
    assert alone[0].turns[1].features == {
        "found": True,
        "guests": 2.0,
        "note": "x",
        "quiet": "x",
        "given": ("found", "guests", "note", "quiet"),
    }


def test_steps_know_what_became_known_between_them(bot: Path) -> None:
    (dinner,) = steps([read_all([bot], "rasa-intents")[0]])
    told = [(t.user, t.actions, t.features.get("active_loop")) for t in dinner.turns]
    assert told == [
        ("/greet", ("utter_greet",), None),
        (None, ("utter_offer",), None),
        (None, (), None),
        ("/table", ("table_form",), None),
        (None, (), "table_form"),
        ("/chat", ("utter_rain",), "table_form"),
        (None, ("utter_done",), None),
        (None, (), None),
    ]
    assert "steps" not in dinner.meta


MARKDOWN = """\
<!-- two
lines -->
## dinner
* greet OR hello{"city": "Rome"}
    - utter_greet
    - slot{"found": true, "dishes": ["soup"]}
> asked

# the end
> asked
* table: dinner in [Rome](city)
  - table_form
  - form{"name": "table_form"}
* Well, what now?
  - action_listen
  - It rains today.
  - form{"name": null}
"""


def test_markdown_stories() -> None:
    dialogues = stories(MARKDOWN, "stories.md")
    assert [dialogue.id for dialogue in dialogues] == ["dinner", "dinner #2"]
    slots = {"found": True, "dishes": ("soup",)}
    assert dialogues[1].turns == (
        Turn("/hello", {"intent": "hello", "entities": ("city",)}, actions=("utter_greet",)),
        Turn(
            "/table",
            {**slots, "intent": "table", "entities": ("city",)},
            actions=("table_form",),
        ),
        Turn(
            "Well, what now?",
            {**slots, "active_loop": "table_form"},
            actions=(),
        ),
        Turn(
            None,
            {**slots, "active_loop": "table_form"},
            actions=("It rains today.",),
            system="It rains today.",
        ),
    )


@given(st.lists(st.integers(1, 3), min_size=1, max_size=6))
def test_each_or_doubles_the_ways_up_to_a_limit(sizes: list[int]) -> None:
    text = "stories:\n- story: s\n  steps:\n" + "".join(
        "  - or: [" + ", ".join(f"{{intent: i{n}}}" for n in range(size)) + "]\n  - action: a\n"
        for size in sizes
    )
    product = 1
    for size in sizes:
        product *= size
    ways = stories(text)
    assert len(ways) == min(product, MOST_WAYS)
    assert len({tuple(turn.user for turn in way.turns) for way in ways}) == len(ways)


TOLD_TWICE = {
    "e2e-x/domain.yml": "actions: [What time?]\n"
    "slots:\n  taxi: {type: categorical, values: [free, booked, here]}\n",
    "e2e-x/train.md": "## d\n* Fine: a taxi\n  - What time?\n* now OR never\n  - Bye\n",
    "modular-x/domain.yml": "slots: {taxi: {type: categorical}, time: {type: text}}\n",
    "modular-x/train.md": '## d\n* inform{"taxi": "free", "time": "x"}\n  - ask\n  - book\n'
    '  - slot{"taxi": "booked"}\n* bye\n  - slot{"taxi": "here"}\n  - bye\n',
}


def test_words_and_actions_told_twice_are_joined(tmp_path: Path) -> None:
    folder = written(tmp_path, TOLD_TWICE)
    (dialogue,) = read_all([folder / "e2e-x"])
    assert dialogue.turns == (
        Turn("Fine: a taxi", {"taxi": "free", "given": ("taxi",)}, actions=("ask", "book")),
        Turn("now OR never", {"taxi": "here", "given": ("taxi",)}, actions=("bye",)),
    )
    assert read_all([folder / "e2e-x" / "train.md"]) == [dialogue]


def test_slots_that_the_domain_beside_the_words_does_not_declare_are_no_features(
    tmp_path: Path,
) -> None:
    files = {name: text for name, text in TOLD_TWICE.items() if name != "e2e-x/domain.yml"}
    (dialogue,) = read_all([written(tmp_path, files) / "e2e-x" / "train.md"])
    assert [turn.features for turn in dialogue.turns] == [{}, {}]


@pytest.mark.parametrize(
    "change, message",
    [
        (("## d", "## e"), r"train.md:1: no story of this name in .*train.md"),
        (("* bye", "* bye\n* bye"), r"train.md:1: 2 user turns here, another number .*train.md:1"),
    ],
)
def test_a_joint_that_does_not_fit_is_told(
    change: tuple[str, str], message: str, tmp_path: Path
) -> None:
    files = dict(TOLD_TWICE)
    files["modular-x/train.md"] = files["modular-x/train.md"].replace(*change)
    with pytest.raises(CorpusError, match=message):
        read_all([written(tmp_path, files) / "e2e-x"])


REAL = {
    "carbon-bot": (55, 330, 22, 120),
    "carbon-bot/test_stories": (7, 31, 14, 18),
    "financial-demo/tests": (48, 123, 20, 40),
    "helpdesk-assistant/tests": (12, 19, 14, 11),
}


@pytest.mark.parametrize("name", REAL)
def test_real_bots_are_counted_right(name: str, corpora: Path) -> None:
    turns = [t for d in read([corpora / "rasa_bots" / name], "rasa-intents") for t in d.turns]
    stories, said, actions, several = REAL[name]
    assert len(read_all([corpora / "rasa_bots" / name], "rasa-intents")) == stories
    assert sum(turn.user is not None for turn in turns) == said
    assert len({action for turn in turns for action in turn.actions or ()}) == actions
    assert sum(len(turn.actions or ()) > 1 for turn in turns) == several


def test_real_test_stories_have_the_steps_that_rasa_counts(corpora: Path) -> None:
    tests = steps(read([corpora / "rasa_bots" / "carbon-bot" / "test_stories"]))
    stories = {tuple((t.user is None, t.actions) for t in d.turns) for d in tests}
    assert (len(stories), sum(map(len, stories))) == (6, 71)


@pytest.mark.parametrize("folder", ["e2e", "e2e-status", "modular", "modular-status"])
def test_the_joined_dialogues_are_counted_right(folder: str, corpora: Path) -> None:
    for file, counts in {
        "train.md": (740, 5389, 9100, 48, 286),
        "test.md": (185, 1358, 2297, 40, 148),
    }.items():
        turns = [d.turns for d in read([corpora / "ted_multiwoz" / folder / file])]
        sets = [turn.actions or () for turns_ in turns for turn in turns_]
        actions = [action for set_ in sets for action in set_]
        distinct = len(set(actions)), len(set(map(frozenset, sets)))
        assert (len(turns), len(sets), len(actions), *distinct) == counts


def test_only_what_was_set_in_this_turn_before_acting_is_given() -> None:
    text = """\
rules:
- rule: r
  condition: [{slot_was_set: [{old: a}]}]
  steps: [{intent: i}, {slot_was_set: [{new: b}, {none: null}]}, {action: x},
    {slot_was_set: [{later: c}]}, {intent: j}, {action: y}]
"""
    (rule,) = stories(text)
    first, second = (turn.features for turn in rule.turns)
    assert first == {"old": "a", "new": "b", "given": ("new",), "intent": "i"}
    assert second == {"old": "a", "new": "b", "later": "c", "intent": "j"}
