"""Rasa bots: stories, rules and test stories in YAML (2.x, 3.x) or Markdown (1.x).

    stories:
    - story: a table
      steps:
      - intent: request_table
        entities: [{city: Rome}]
      - action: utter_ask_people
      - action: utter_offer

A folder with a domain is a bot and is read as a whole, without its test stories; a file of stories,
such as the test stories, is read with the domain and the NLU examples of the bot it belongs to.
What the user says are words: those of the story, else of an NLU example of the intent. A story has
as many variants as its intents have unused examples. `rasa-intents` leaves intents as features.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeGuard

from cueline.corpus.formats.rasa import end_to_end as rasa_together
from cueline.corpus.formats.rasa.bot import Bot, bot, holds_stories, is_bot
from cueline.corpus.formats.rasa.story import Said, Step, Story, plain
from cueline.corpus.formats.rasa.story_replay import Heard, Play
from cueline.corpus.transforms.one_action import STEPS
from cueline.dialogue import Dialogue, Feature

MOST_VARIANTS = 20
"""Dialogues that one story may become, each with other examples of its intents."""


def recognises(path: Path, head: str) -> bool:
    """Whether `path` is a bot's folder, or a file of stories."""
    return is_bot(path) if path.is_dir() else holds_stories(head)


def read(path: Path) -> Iterator[Dialogue]:
    """The dialogues of a bot or a file; what the user says are words."""
    found = rasa_together.bot(path) or bot(path)

    def heard(said: Said) -> tuple[str, dict[str, Feature]]:
        return found.examples.words(said), {}

    return played(found, heard, words=True)


def played(bot: Bot, heard: Heard, words: bool) -> Iterator[Dialogue]:
    """Each story of `bot` as a dialogue, or as several if examples of its intents become words."""
    stories = list(plain(bot.stories))
    variants = _variants(bot, stories) if words and not bot.tests else {}
    names: Counter[str] = Counter()
    for story in stories:
        intents = [step.intent for step in story.steps if _needs_words(step)]
        for _ in range(max((variants.get(intent or "", 1) for intent in intents), default=1)):
            play = Play(bot.domain, heard)
            play.play(story)
            if play.turns:
                names[story.name] += 1
                yield _dialogue(story, names[story.name], play)


def _variants(bot: Bot, stories: list[Story]) -> dict[str, int]:
    """How often each use of an intent must be told until each of its examples has had its turn."""
    steps = (step for story in stories for step in story.steps)
    uses = Counter(step.intent or "" for step in steps if _needs_words(step))
    return {
        intent: min(MOST_VARIANTS, -(-bot.examples.count(intent) // count)) or 1
        for intent, count in uses.items()
    }


def _needs_words(step: Step) -> TypeGuard[Said]:
    return isinstance(step, Said) and step.text is None


def _dialogue(story: Story, number: int, play: Play) -> Dialogue:
    name = story.name if number == 1 else f"{story.name} #{number}"
    meta: dict[str, Any] = {
        "source": Path(story.place.file).name,
        "story": story.name,
        "rule": story.rule,
    }
    if any(play.steps):
        meta[STEPS] = play.steps
    return Dialogue(name, tuple(play.turns), meta)
