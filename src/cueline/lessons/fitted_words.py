"""A tagger fitted to the user's dialogues, and what it hears in one sentence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cueline.dialogue import Dialogue
from cueline.errors import CorpusError
from cueline.lessons.fitted import FEW
from cueline.lessons.lesson import Step
from cueline.lessons.word_arrays import Sentence, WordArrays, fullest_sentence
from cueline.lessons.word_level import word_steps
from cueline.settings import Settings
from cueline.training.tagging import train_tagger

MAX_LEARNED, HELD_OUT = 120, 6
"""Dialogues learned from at the most, which takes some seconds; one in six is held out."""


def fitted_word_steps(
    dialogue: Dialogue, corpus: Sequence[Dialogue], said: str | None
) -> Iterator[Step]:
    """The sentence of `dialogue` that names most, or `said`; nothing where nothing is named.

    Raises `CorpusError` for `said` where there is nothing to learn from.
    """
    others = [other for other in corpus if other is not dialogue]
    unseen = len(others) >= FEW
    learned = (others if unseen else [*others, dialogue])[:MAX_LEARNED]
    held_out = learned[::HELD_OUT] if unseen else []
    kept = [one for number, one in enumerate(learned) if not unseen or number % HELD_OUT]
    tagger = train_tagger(kept, held_out, Settings())
    if tagger is None:
        if said is not None:
            raise CorpusError(
                "the corpus names nothing, so no words are heard; give one with `spans`, or "
                "with `arguments` that the user's words repeat"
            )
        return
    sentence = fullest_sentence(tagger, dialogue) if said is None else Sentence(said)
    if sentence is None:
        return
    how = "which this one is not among" if unseen else "this one among them"
    yield from word_steps(
        WordArrays(tagger, sentence), f"from {len(kept)} of your dialogues, {how}"
    )
