"""One turn to numbers: its words, and the columns of everything else known before acting."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from operator import or_
from typing import NamedTuple

from msgspec import Struct

from cueline.actions import ActionSpace
from cueline.dialogue import Dialogue, Turn
from cueline.features.context import Context
from cueline.features.counts import FeatureCounts
from cueline.features.entities import Lexicon, lexicon, mark, occurrences, of_features
from cueline.features.vocabulary import UNKNOWN, Vocabulary
from cueline.settings import FeatureSettings
from cueline.tokenizer import value_words, words


class TurnVector(NamedTuple):
    """A turn as numbers, sparse: which words, and which columns of the context are not zero."""

    words: tuple[int, ...]
    columns: tuple[int, ...]
    values: tuple[float, ...]


class Featurizer(Struct, dict=True):
    """Fitted on a corpus, it turns turns into numbers and never changes again.

    Columns of the context, `C` in every shape: the previous actions (one bit each), whether the
    user was silent, then the context features.
    """

    actions: list[str]
    """The names whose bits stand for the previous actions."""
    vocabulary: Vocabulary
    context: Context
    entities: dict[str, list[str]]
    max_words: int
    offers: bool = False
    """Whether training said at any turn which actions were available."""

    @classmethod
    def fit(
        cls,
        dialogues: Iterable[Dialogue],
        settings: FeatureSettings,
        entities: Mapping[str, Iterable[str]],
        pairs: bool = True,
    ) -> Featurizer:
        """Learn words, word `pairs` if wanted, values and actions from `dialogues`."""
        counted = FeatureCounts.of(
            dialogues, lexicon(_sorted(entities)), settings.max_words, settings.pairs and pairs
        )
        return cls.of(counted, settings, entities)

    @classmethod
    def of(
        cls, counts: FeatureCounts, settings: FeatureSettings, entities: Mapping[str, Iterable[str]]
    ) -> Featurizer:
        """Learn words, values and actions from what was counted in dialogues."""
        return cls(
            actions=sorted(counts.actions),
            vocabulary=Vocabulary.of(counts.words, settings.min_count, settings.max_vocabulary),
            context=Context.of(counts.context, settings.max_values),
            entities=_sorted(entities),
            max_words=settings.max_words,
            offers=counts.offers,
        )

    def extended(
        self,
        dialogues: Iterable[Dialogue],
        settings: FeatureSettings,
        entities: Mapping[str, Iterable[str]],
        pairs: bool = True,
    ) -> Featurizer:
        """With what is new in `dialogues`. Words and actions keep their numbers, columns may move;
        `FeatureExpansion` maps the old ones to the new.
        """
        known = lexicon(self.entities_and(entities))
        wanted = settings.pairs and pairs
        counts = FeatureCounts.of(dialogues, known, settings.max_words, wanted)
        return self.grown(counts, settings, entities)

    def grown(
        self,
        counts: FeatureCounts,
        settings: FeatureSettings,
        entities: Mapping[str, Iterable[str]],
    ) -> Featurizer:
        """`extended` by what was counted."""
        return Featurizer(
            actions=self.actions + sorted(counts.actions - set(self.actions)),
            vocabulary=self.vocabulary.grown(
                counts.words, settings.min_count, settings.max_vocabulary
            ),
            context=self.context.grown(counts.context, settings.max_values),
            entities=self.entities_and(entities),
            max_words=settings.max_words,
            offers=self.offers or counts.offers,
        )

    def entities_and(self, more: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
        """Its own entities and `more` of them."""
        kinds = {*self.entities, *more}
        return _sorted({k: (*self.entities.get(k, ()), *more.get(k, ())) for k in kinds})

    @cached_property
    def action_space(self) -> ActionSpace:
        """The previous actions' bits."""
        return ActionSpace(self.actions)

    @cached_property
    def width(self) -> int:
        """Number of context columns, `C`."""
        return len(self.actions) + 1 + self.context.width

    @cached_property
    def category_columns(self) -> tuple[frozenset[int], frozenset[int]]:
        """The columns that say that a category is there, and that it has an unseen value."""
        first = len(self.actions) + 1
        starts = [first + start for start, _ in self.context.categories.values()]
        return frozenset(starts), frozenset(start + 1 for start in starts)

    @cached_property
    def _lexicon(self) -> Lexicon:
        return lexicon(self.entities)

    def turn(self, turn: Turn, previous: Iterable[int]) -> TurnVector:
        """`turn` after the actions numbered `previous`."""
        words = self._words(*self._marked(turn), value_masked=False)
        return TurnVector(words, *self._context(turn, previous, value_masked=False))

    def views(self, turn: Turn, previous: Sequence[int]) -> tuple[TurnVector, TurnVector]:
        """`turn`, and the same value-masked: as if none of its values had been seen before.

        Training uses the second now and then, so that the network knows what to do with new values.
        """
        text, inside = self._marked(turn)
        words = self._words(text, inside, value_masked=False)
        if turn.user is not None and turn.spans:
            named = (turn.user[span.start : span.end] for span in turn.spans)
            # Numbers and times are never new for long.
            values = {value_words(one) for one in named if not any(map(str.isdigit, one))}
            inside = [*map(or_, inside, occurrences(text, values))]
        masked_words = self._words(text, inside, value_masked=True) if any(inside) else words
        seen = TurnVector(words, *self._context(turn, previous, value_masked=False))
        if not turn.features:
            return seen, TurnVector(masked_words, seen.columns, seen.values)
        return seen, TurnVector(masked_words, *self._context(turn, previous, value_masked=True))

    def _marked(self, turn: Turn) -> tuple[list[str], list[bool]]:
        """The user's words with markers, and which of them belong to a value."""
        if turn.user is None:
            return [], []
        text = words(turn.user, self.max_words)
        return mark(text, (of_features(turn.features, text), self._lexicon))

    def _context(
        self, turn: Turn, previous: Iterable[int], value_masked: bool
    ) -> tuple[tuple[int, ...], tuple[float, ...]]:
        """The columns that are not zero, and their values."""
        first = len(self.actions)
        before = [*previous, first] if turn.user is None else previous
        columns, values = self.context.entries(turn.features, value_masked)
        places = (*before, *[first + 1 + column for column in columns])
        return places, (*[1.0] * (len(places) - len(values)), *values)

    def _words(self, text: list[str], inside: list[bool], value_masked: bool) -> tuple[int, ...]:
        numbers = self.vocabulary.words(text)
        if value_masked:
            numbers = [UNKNOWN if value else n for n, value in zip(numbers, inside, strict=True)]
            text = ["" if value else word for word, value in zip(text, inside, strict=True)]
        return (*numbers, *self.vocabulary.word_pairs(text))


def _sorted(entities: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    return {kind: sorted(set(values)) for kind, values in sorted(entities.items())}
