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
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from cueline.corpus.account import Account
from cueline.corpus.formats.rasa import end_to_end
from cueline.corpus.formats.rasa.applied import applied
from cueline.corpus.formats.rasa.bot import Bot, bot, holds_stories, is_bot
from cueline.corpus.formats.rasa.story import Happening, SlotsSet, Story, UserUttered
from cueline.corpus.formats.rasa.story_replay import LOOP, Heard, Play
from cueline.corpus.formats.rasa.ways import ways
from cueline.corpus.sample import Sample
from cueline.corpus.transforms.one_action import INTENTS, STEPS
from cueline.corpus.transforms.story_concatenation import JOINS
from cueline.dialogue import Dialogue, Feature, Span
from cueline.errors import CorpusError, Place, corpus_error

MOST_VARIANTS = 100
"""Dialogues that one story may become, each with other examples of its intents."""


def recognises(sample: Sample) -> bool:
    """Whether `path` is a bot's folder, or a file of stories."""
    return is_bot(sample.path) if sample.is_folder else holds_stories(sample.head)


def read(path: Path, account: Account | None = None) -> Iterator[Dialogue]:
    """The dialogues of a bot or a file; what the user says are words."""
    account = account or Account()
    found = end_to_end.bot(path, account) or bot(path, account)

    def heard(said: UserUttered) -> tuple[str, dict[str, Feature], tuple[Span, ...]]:
        words, spans = found.examples.words(said)
        return words, {}, spans

    return played(found, heard, words=True)


def played(bot: Bot, heard: Heard, words: bool) -> Iterator[Dialogue]:
    """Each way through the stories of `bot` as a dialogue; as several if examples become words."""
    through = ways(bot.stories, bot.domain, bot.account)
    found = [(way.story, applied(way.story_events)) for way in through]
    if not found:
        raise _nothing(bot)
    uses = Counter(intent for _, story_events in found for intent in _intents(story_events))
    if words:
        _tell_without_words(bot, uses)
    tellings = _tellings(bot, uses) if words and not bot.tests else {}
    names: Counter[str] = Counter()
    for story, story_events in found:
        for _ in range(
            max((tellings.get(intent, 1) for intent in _intents(story_events)), default=1)
        ):
            play = Play(bot.domain, heard)
            play.play(story_events)
            if not play.turns:
                what = "ways on which nothing is known to be done"
                bot.account.leave_out(what, story.named_place)
                continue
            names[story.name] += 1
            yield _dialogue(story, names[story.name], play, words, bot.tests)


def _nothing(bot: Bot) -> CorpusError:
    """Why there is nothing to learn from `bot`."""
    if bot.flows is not None:
        what = "a CALM bot: an LLM follows its flows; Cueline learns from stories and rules"
        return corpus_error(Place(bot.flows), what)
    for what, tally in bot.account.left_out.items():
        return CorpusError(f"{tally.places[0]}: {what}; nothing else is in it")
    return corpus_error(bot.place, "no story and no rule in it")


def _tell_without_words(bot: Bot, intents: Iterable[str]) -> None:
    """Tell of intents that no example says in words."""
    for intent in sorted(intents):
        if not bot.examples.count(intent):
            what = "intents without examples: their users say `/intent`"
            bot.account.leave_out(what, Place(bot.place.file, path=f"`{intent}`"))


def _tellings(bot: Bot, uses: Counter[str]) -> dict[str, int]:
    """How often each use of an intent must occur until each of its examples has had its turn."""
    return {
        intent: min(MOST_VARIANTS, -(-bot.examples.count(intent) // count)) or 1
        for intent, count in uses.items()
    }


def _intents(story_events: Sequence[Happening]) -> Iterator[str]:
    """The intents for which words are needed."""
    for happening in story_events:
        if isinstance(happening, UserUttered) and happening.text is None:
            yield happening.intent or ""


def _dialogue(story: Story, number: int, play: Play, words: bool, test: bool) -> Dialogue:
    name = story.name if number == 1 else f"{story.name} #{number}"
    meta: dict[str, Any] = {
        "source": Path(story.place.file).name,
        "story": story.name,
        "rule": story.rule,
    }
    if any(play.steps):
        meta[STEPS] = play.steps
    if words:
        meta[INTENTS] = [_intent(play, said) for said in play.said]
    if not test:
        meta[JOINS] = _joins(story, play)
    return Dialogue(name, tuple(play.turns), meta)


def _intent(play: Play, said: UserUttered | None) -> list[Any] | None:
    if said is None or said.intent is None:
        return None
    return [said.base_intent, list(play.domain.seen(said))]


def _joins(story: Story, play: Play) -> dict[str, Any]:
    """Rules hold anywhere, stories begin where others end."""
    alone = Play(play.domain, play.heard)
    needs: dict[str, Feature | None] = {}
    for one in story.condition:
        alone.play([one])
        names = one.values if isinstance(one, SlotsSet) else [LOOP]
        needs |= {name: alone.state().get(name) for name in names}
    begin: dict[str, Feature] = alone.state()
    end: dict[str, Feature | None] = {**play.state()}
    if play.turns_a_form_on_or_off and LOOP not in begin:
        end.setdefault(LOOP, None)
    return {
        "begin": begin,
        "needs": needs,
        "end": end,
        "anywhere": story.rule and not story.at_start,
        "first": story.at_start,
        "goes_on": not story.waits,
    }
