"""A bot of rules alone: each is right at any turn of a talk, though a file tells it once."""

from __future__ import annotations

from itertools import product
from pathlib import Path

from cueline.dialogue import Turn
from cueline.training.trainer import train

WORDS = {
    "greet": ["hello", "hi there", "good morning"],
    "bye": ["goodbye", "see you later", "farewell"],
    "price": ["how much is it", "what does it cost", "tell me the price"],
    "hours": ["when are you open", "opening hours please", "are you open today"],
}


def test_every_rule_is_right_at_any_turn_of_a_talk(tmp_path: Path) -> None:
    bot = tmp_path / "bot"
    bot.mkdir()
    examples = [
        f"- intent: {intent}\n  examples: |\n" + "".join(f"    - {words}\n" for words in told)
        for intent, told in WORDS.items()
    ]
    rules = [
        f"- rule: {intent}\n  steps: [{{intent: {intent}}}, {{action: utter_{intent}}}]\n"
        for intent in WORDS
    ]
    (bot / "domain.yml").write_text(f"intents: [{', '.join(WORDS)}]\n", "utf-8")
    (bot / "nlu.yml").write_text("nlu:\n" + "".join(examples), "utf-8")
    (bot / "rules.yml").write_text("rules:\n" + "".join(rules), "utf-8")
    policy = train(bot, tmp_path / "policy", seed=0)
    for talk in product(WORDS, repeat=3):
        state = policy.start()
        for number, intent in enumerate(talk):
            decision, state = policy.act(Turn(WORDS[intent][number]), state)
            assert decision.actions == (f"utter_{intent}",), talk
