"""One dialogue, turn by turn: right beside decided, what mattered, what was seen before."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cueline.baselines.counts import TargetCounts
from cueline.baselines.fitting import due
from cueline.baselines.ngram import Histories, NGram
from cueline.baselines.turn_hashes import whole_turns
from cueline.dataset import Ragged
from cueline.dataset.named_arrays import unflatten
from cueline.dialogue import Dialogue
from cueline.policy import Candidate, Decision, Policy
from cueline.policy.explain import Explanation
from cueline.web.corpus_view import CorpusView
from cueline.web.schemas.reading import (
    DecidedAnswer,
    DoneAnswer,
    InfluenceAnswer,
    ReadAnswer,
    SeenAnswer,
    TurnRead,
)
from cueline.web.words_view import DialogueWords

LIKELY = 8
"""Actions whose probability is given."""
MIN_CHANGE = 0.005
"""Changes of probability below this do not matter."""
MAX_NAMED_SETS = 5
"""Sets of actions named that training has seen at a turn."""


def read(view: CorpusView, place: int) -> ReadAnswer:
    """The dialogue at that place in its corpus."""
    scored, dialogue = view.scored, view.scored.dialogues[place]
    seen = recall(scored.policy, dialogue)
    first, last = scored.answers.starts[place : place + 2].tolist()
    answer_of = {int(scored.answers.turn[answer]): answer for answer in range(first, last)}
    explanations = view.explained(place)
    words = DialogueWords(scored, dialogue, [one.decision for one in explanations])
    turns = [
        _turn(
            view,
            place,
            explanation,
            answer_of.get(explanation.number),
            seen[answer_of[explanation.number] - first]
            if explanation.number in answer_of
            else None,
            words,
        )
        for explanation in explanations
    ]
    return ReadAnswer(view.ids[place], scored.policy.hash, turns)


def _turn(
    view: CorpusView,
    place: int,
    explanation: Explanation,
    answer: int | None,
    seen: SeenAnswer | None,
    words: DialogueWords,
) -> TurnRead:
    turn, decision = explanation.turn, explanation.decision
    verdict = view.verdicts(place).get(explanation.number)
    expected = None
    if verdict is not None:
        expected = verdict.actions
    elif answer is not None and view.known[answer]:
        expected = tuple(view.scored.answers.expected(answer))
    heat = [
        InfluenceAnswer(one.turn, round(one.change, 4), one.without)
        for one in explanation.influences
        if abs(one.change) >= MIN_CHANGE
    ]
    return TurnRead(
        turn.user,
        turn.system,
        turn.features,
        turn.available,
        expected,
        turn.actions or (),
        turn.spans,
        turn.arguments,
        None if expected is None else set(expected) == set(decision.actions),
        verdict,
        _decided(decision),
        heat,
        seen,
        words.read(explanation.number, expected is not None and verdict is None),
    )


def _decided(decision: Decision) -> DecidedAnswer:
    """A decision in few numbers."""
    ranked = sorted(decision.probabilities.items(), key=lambda pair: -pair[1])[:LIKELY]
    return DecidedAnswer(
        decision.actions,
        round(decision.confidence, 4),
        decision.sure,
        {name: round(probability, 4) for name, probability in ranked if probability > 0},
        [Candidate(one.actions, round(one.probability, 4)) for one in decision.candidates],
        _by_reason(decision.reasons),
        decision.spans,
        decision.arguments,
    )


def _by_reason(masked: Mapping[str, str]) -> dict[str, list[str]]:
    """Many actions have one reason, and hundreds of turns are sent at once."""
    names: dict[str, list[str]] = {}
    for name, reason in masked.items():
        names.setdefault(reason, []).append(name)
    return names


def recall(policy: Policy, dialogue: Dialogue) -> list[SeenAnswer | None]:
    """For each answer of `dialogue`: what training saw done at that turn, and after that history.

    None where the policy carries no such tables.
    """
    arrays, dataset = policy.baselines, policy.dataset([dialogue])
    if "seen.keys" not in arrays:
        return [None] * len(dataset.targets)
    histories = Histories(whole_turns(dataset), dataset.dialogues, due(dataset))
    seen, memory = unflatten(TargetCounts, arrays, "seen"), unflatten(NGram, arrays, "memory")
    sets = Ragged(arrays["sets.flat"], arrays["sets.starts"])

    def names(answer: int) -> list[str]:
        return [policy.actions.names[bit] for bit in sets[answer]] if answer >= 0 else []

    def seen_answer(key: np.uint64, length: int, answer: int) -> SeenAnswer:
        done = seen.of_key(key)
        named = [DoneAnswer(names(which), times) for which, times in done[:MAX_NAMED_SETS]]
        return SeenAnswer(sum(times for _, times in done), named, length, names(answer))

    keys, lengths = histories.keys[histories.due], _known_lengths(memory, histories)
    answers = memory.find(histories)[0].tolist()
    return [seen_answer(*one) for one in zip(keys, lengths, answers, strict=True)]


def _known_lengths(memory: NGram, histories: Histories) -> list[int]:
    """Turns of the longest history that `memory` knows, for each answer that is due."""
    lengths = np.zeros(len(histories.due), np.int64)
    for length, (hashes, reaches) in enumerate(histories.suffixes(int(memory.longest[0]))):
        known = reaches & (lengths == length) & np.isin(hashes, memory.hashes)
        lengths[known] = length + 1
    return lengths.tolist()
