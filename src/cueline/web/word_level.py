"""The words of a turn as the layers of the policy's tagger see them."""

from __future__ import annotations

from cueline.dialogue import Turn
from cueline.lessons.word_arrays import Sentence, WordArrays
from cueline.policy import Policy, State
from cueline.policy.listener import surroundings
from cueline.web.schemas.shapes import TaggedWordsAnswer, TaggerSizesAnswer


def tagger_sizes(policy: Policy) -> TaggerSizesAnswer | None:
    """How wide its arrays are."""
    if policy.tagger is None:
        return None
    arrays = WordArrays(policy.tagger, Sentence(""))
    return TaggerSizesAnswer(
        arrays.embedded.shape[-1], arrays.outputs.shape[-1], list(arrays.tag_names)
    )


def tagged_words(policy: Policy, turn: Turn, state: State) -> TaggedWordsAnswer | None:
    """What is heard at `turn`, which comes after `state`."""
    if policy.tagger is None or not turn.user:
        return None
    previous = [policy.featurizer.actions[number] for number in state.previous]
    arrays = WordArrays(policy.tagger, Sentence(turn.user, surroundings(state.memory, previous)))
    return TaggedWordsAnswer(
        list(arrays.words), arrays.scores[0].round(2).tolist(), arrays.legal, list(arrays.spans)
    )
