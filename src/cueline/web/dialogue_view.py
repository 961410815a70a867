"""One dialogue, turn by turn: right beside decided, what mattered, what was seen before."""

from __future__ import annotations

from collections.abc import Mapping

from cueline.evaluation.scored_corpus import ScoredCorpus
from cueline.policy import Candidate, Decision
from cueline.policy.explain import Explanation
from cueline.web.schemas import (
    DecidedAnswer,
    HeatAnswer,
    ReadAnswer,
    SeenAnswer,
    TurnRead,
)
from cueline.web.training_lookup import recall

LIKELY = 8
"""Actions whose probability is given."""
MIN_CHANGE = 0.005
"""Changes of probability below this do not matter."""


def read(scored: ScoredCorpus, number: int) -> ReadAnswer:
    """The dialogue with that number in its corpus."""
    dialogue = scored.dialogues[number]
    seen = recall(scored.policy, dialogue)
    first, last = scored.answers.starts[number : number + 2].tolist()
    answer_of = {int(scored.answers.turn[answer]): answer for answer in range(first, last)}
    turns = [
        _turn(
            scored,
            explanation,
            answer_of.get(explanation.number),
            seen[answer_of[explanation.number] - first]
            if explanation.number in answer_of
            else None,
        )
        for explanation in scored.policy.explain(dialogue)
    ]
    return ReadAnswer(number, dialogue.id, scored.policy.hash, turns)


def _turn(
    scored: ScoredCorpus, explanation: Explanation, answer: int | None, seen: SeenAnswer | None
) -> TurnRead:
    turn, decision = explanation.turn, explanation.decision
    expected = None if answer is None else tuple(scored.answers.expected(answer))
    heat = [
        HeatAnswer(one.turn, round(one.change, 4), one.without)
        for one in explanation.influences
        if abs(one.change) >= MIN_CHANGE
    ]
    return TurnRead(
        turn.user,
        turn.system,
        turn.features,
        turn.available,
        expected,
        None if expected is None else set(expected) == set(decision.actions),
        decided(decision),
        heat,
        seen,
    )


def decided(decision: Decision) -> DecidedAnswer:
    """A decision in few numbers."""
    ranked = sorted(decision.probabilities.items(), key=lambda pair: -pair[1])[:LIKELY]
    return DecidedAnswer(
        decision.actions,
        round(decision.confidence, 4),
        decision.sure,
        {name: round(probability, 4) for name, probability in ranked if probability > 0},
        [Candidate(one.actions, round(one.probability, 4)) for one in decision.candidates],
        _by_reason(decision.reasons),
    )


def _by_reason(masked: Mapping[str, str]) -> dict[str, list[str]]:
    """Many actions have one reason, and hundreds of turns are sent at once."""
    names: dict[str, list[str]] = {}
    for name, reason in masked.items():
        names.setdefault(reason, []).append(name)
    return names
