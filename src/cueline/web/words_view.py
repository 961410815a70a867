"""What was heard at each turn of a dialogue, and from where each argument of a call was copied."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from cueline.dialogue import Dialogue, Span, Turn
from cueline.evaluation.metrics.words import made_calls, paired_calls
from cueline.evaluation.scored_corpus import ScoredCorpus
from cueline.policy import Decision
from cueline.policy.arguments.candidates import Source, text_values
from cueline.policy.arguments.correctness import same_call
from cueline.policy.arguments.memory import MAX_VALUES
from cueline.policy.arguments.values import leaves, same_value, value_key
from cueline.policy.decisions.decision import Copied
from cueline.web.schemas.reading import ArgumentRead, CallRead, Match, PieceRead, WordsRead

Calls = Mapping[str, Sequence[Mapping[str, Any]]]


class DialogueWords:
    """The words and calls of one dialogue of a corpus, as a policy has them and as they are right.

    Where the corpus marks no spans, or has no calls, nobody knows what is right.
    """

    def __init__(
        self, scored: ScoredCorpus, dialogue: Dialogue, decisions: Sequence[Decision]
    ) -> None:
        self.turns, self.decisions = dialogue.turns, decisions
        self.has_spans, self.has_calls = scored.has_spans, scored.has_calls

    def read(self, number: int, labelled: bool) -> WordsRead | None:
        """What there is to see at a turn; `labelled` where it is known what is right there."""
        turn, decision = self.turns[number], self.decisions[number]
        spans_labelled, calls_labelled = labelled and self.has_spans, labelled and self.has_calls
        due = turn.spans if spans_labelled else ()
        found = pieces(turn.user or "", decision.spans, due) if decision.spans or due else []
        calls = list(
            self._calls(
                number, _due_calls(turn, decision) if calls_labelled else {}, calls_labelled
            )
        )
        if not found and not calls:
            return None
        return WordsRead(spans_labelled, found, calls)

    def _calls(self, number: int, due: Calls, labelled: bool) -> Iterator[CallRead]:
        decision = self.decisions[number]
        for action in dict.fromkeys([*due, *decision.arguments]):
            made = made_calls(decision, action)
            copied = [*decision.copied.get(action, ()), *[{}] * len(made)]
            for call, place in paired_calls(due.get(action, ()), made):
                own = {} if place is None else made[place]
                sources = {} if place is None else copied[place]
                missing = () if place is None else decision.missing.get(action, ())
                names = dict.fromkeys([*own, *missing, *(call or {})])
                yield CallRead(
                    action,
                    _call_state(call, None if place is None else own, labelled),
                    [
                        self._argument(number, name, own, sources, call, name in missing, labelled)
                        for name in names
                    ],
                )

    def _argument(
        self,
        number: int,
        name: str,
        made: Mapping[str, Any],
        copied: Mapping[str, Copied],
        call: Mapping[str, Any] | None,
        missing: bool,
        labelled: bool,
    ) -> ArgumentRead:
        source = copied.get(name)
        state: Match = "unlabelled"
        if labelled and call is not None:
            state = _argument_state(name, made, call)
        return ArgumentRead(
            name,
            name in made,
            made.get(name),
            missing,
            state,
            None if call is None else call.get(name),
            None if source is None else source.source,
            None if source is None else self.origin(number, source.source, made[name]),
            None if source is None else round(source.probability, 4),
        )

    def origin(self, number: int, source: str, value: Any) -> int | None:
        """The turn that a value was copied from at turn `number`; None for a constant of training.

        The latest one whose words, features, results or calls have it by that name.
        """
        for place in range(number, -1, -1):
            if any(name == source for name in self._offered(place, number, value)):
                return place
        return None

    def _offered(self, place: int, number: int, value: Any) -> Iterator[str]:
        """The names of what a turn has that a call at turn `number` may copy."""
        turn = self.turns[place]
        for span in self.decisions[place].spans:
            yield str(Source("slot", span.label))
            if place == number:
                yield str(Source("span", span.label))
                yield str(Source("spans", span.label))
        if place == number:
            yield from (str(Source("feature", name)) for name in turn.features)
        else:
            for action, calls in turn.arguments.items():
                yield from (
                    str(Source("argument", action, name)) for call in calls for name in call
                )
        for action, results in turn.results.items():
            paths = (path for result in results for path, _ in leaves(result, MAX_VALUES))
            yield from (str(Source("result", action, path)) for path in paths)
        if value_key(value) in map(value_key, text_values(turn.user or "")):
            yield from (str(Source("text", str(age))) for age in range(3))


def pieces(text: str, heard: Sequence[Span], due: Sequence[Span]) -> list[PieceRead]:
    """`text` cut where a span begins or ends; put together again it is the same."""
    cuts = {0, len(text)}.union(*((span.start, span.end) for span in (*heard, *due)))
    right = {(span.start, span.end, span.label) for span in due}
    found = []
    for start, end in pairwise(sorted(cuts)):
        mine, other = _over(heard, start), _over(due, start)
        found.append(
            PieceRead(
                text[start:end],
                None if mine is None else mine.label,
                None if mine is None else mine.value,
                None if other is None else other.label,
                mine is not None and (mine.start, mine.end, mine.label) in right,
            )
        )
    return found


def _over(spans: Sequence[Span], place: int) -> Span | None:
    """The longest span that holds the character at `place`."""
    there = [span for span in spans if span.start <= place < span.end]
    return max(there, key=lambda span: span.end - span.start, default=None)


def _due_calls(turn: Turn, decision: Decision) -> Calls:
    """The calls that are right; one without arguments where an action has none in the corpus."""
    bare = [action for action in turn.actions or () if action in decision.arguments]
    return {**dict.fromkeys(bare, ({},)), **turn.arguments}


def _call_state(
    call: Mapping[str, Any] | None, made: Mapping[str, Any] | None, labelled: bool
) -> Match:
    if not labelled:
        return "unlabelled"
    if call is None:
        return "not due"
    if made is None:
        return "left out"
    return "right" if same_call(call, made) else "wrong"


def _argument_state(name: str, made: Mapping[str, Any], call: Mapping[str, Any]) -> Match:
    if name not in call:
        return "not due"
    if name not in made:
        return "left out"
    return "right" if same_value(made[name], call[name]) else "wrong"
