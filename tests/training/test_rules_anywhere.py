"""Each rule is right at any turn of a talk, though a file tells it once."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cueline.corpus import read
from cueline.corpus.formats import jsonl
from cueline.dialogue import Turn
from cueline.policy import Policy
from cueline.training.trainer import train
from tests.corpus.formats.rasa.test_reader import written

WORDS = {
    "greet": ["hello", "hi there", "good morning"],
    "bye": ["goodbye", "see you later", "farewell"],
    "price": ["how much is it", "what does it cost", "tell me the price"],
    "hours": ["when are you open", "opening hours please", "are you open today"],
}


def test_every_rule_is_right_at_any_turn_of_a_talk(tmp_path: Path) -> None:
    examples = [
        f"- intent: {intent}\n  examples: |\n" + "".join(f"    - {words}\n" for words in told)
        for intent, told in WORDS.items()
    ]
    rules = [
        f"- rule: {intent}\n  steps: [{{intent: {intent}}}, {{action: utter_{intent}}}]\n"
        for intent in WORDS
    ]
    files = {
        "domain.yml": f"intents: [{', '.join(WORDS)}]\n",
        "nlu.yml": "nlu:\n" + "".join(examples),
        "rules.yml": "rules:\n" + "".join(rules),
    }
    policy = train(written(tmp_path / "bot", files), tmp_path / "policy", seed=0)
    for talk in product(WORDS, repeat=3):
        state = policy.start()
        for number, intent in enumerate(talk):
            decision, state = policy.act(Turn(WORDS[intent][number]), state)
            assert decision.actions == (f"utter_{intent}",), talk


ANYWHERE = ["thank", "help", "price", "hours", "human"]
"""Intents with a rule that says nothing of forms."""
BOT = {
    "domain.yml": "intents: [greet, book, stop, thank, help, price, hours, human, yes]\n"
    "actions: [utter_greet, utter_other, utter_done, utter_stopped]\n"
    "forms: {book_form: {required_slots: []}}\n",
    "stories.yml": """\
stories:
- story: help is another thing where one was greeted
  steps: [{intent: greet}, {action: utter_greet}, {intent: help}, {action: utter_other}]
- story: greeted, and then yes
  steps: [{intent: greet}, {action: utter_greet}, {intent: yes}, {action: utter_done}]
""",
    "rules.yml": "rules:\n"
    + "".join(
        f"- rule: {name}\n  steps: [{{intent: {name}}}, {{action: utter_{name}}}]\n"
        for name in ANYWHERE
    )
    + """\
- rule: book
  condition: [{active_loop: null}]
  steps: [{intent: book}, {action: book_form}, {active_loop: book_form}]
- rule: stop
  condition: [{active_loop: book_form}]
  steps: [{intent: stop}, {action: utter_stopped}, {active_loop: null}]
""",
}


def told(prefix: list[str]) -> list[tuple[str, bool, set[str]]]:
    """For each thing said: it, whether the form is on, and what is done. The oracle."""
    found, on, before = [], False, ""
    for intent in prefix:
        match intent:
            case "book" if on:
                continue
            case "stop" if not on:
                continue
            case "greet" | "yes" if on or (intent == "yes" and before != "greet"):
                continue
            case "book":
                done = {"book_form"}
            case "stop":
                done = {"utter_stopped"}
            case "yes":
                done = {"utter_done"}
            case "help" if before == "greet":
                done = {"utter_other"}
            case _:
                done = {f"utter_{intent}"} | ({"book_form"} if on else set())
        found.append((intent, on, done))
        on, before = (intent == "book" or on) and intent != "stop", intent
    return found


@pytest.fixture(scope="module")
def policy(tmp_path_factory: pytest.TempPathFactory) -> Policy:
    folder = tmp_path_factory.mktemp("rules")
    bot = written(folder / "bot", BOT)
    jsonl.write(folder / "corpus.jsonl", read([bot], "rasa-intents"))
    return train(folder / "corpus.jsonl", folder / "policy", seed=0)


@given(st.lists(st.sampled_from(["greet", "book", "stop", "yes", *ANYWHERE]), max_size=8))
def test_a_rule_is_right_after_any_prefix_that_no_story_contradicts(
    policy: Policy, prefix: list[str]
) -> None:
    state = policy.start()
    for intent, on, done in told(prefix):
        features = {"intent": intent, **({"active_loop": "book_form"} if on else {})}
        decision, state = policy.act(Turn(f"/{intent}", features), state)
        assert set(decision.actions) == done, (intent, on)
