"""Turns at which two policies decide differently."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cueline.errors import PolicyError
from cueline.evaluation.scored_corpus import ScoredCorpus


@dataclass(frozen=True, kw_only=True)
class Changed:
    """A turn that two policies decide differently."""

    number: int
    """The dialogue's place in the corpus, from 0."""
    dialogue: str
    turn: int
    """Its number, from 0."""
    user: str | None
    expected: tuple[str, ...]
    decided: tuple[str, ...]
    other: tuple[str, ...]
    """What the other policy decided."""


def comparable(own: ScoredCorpus, other: ScoredCorpus) -> None:
    """Raise `PolicyError` unless the two were asked the same of the same dialogues."""
    if _question(own) != _question(other):
        raise PolicyError(
            "the two policies answer different questions: compare two that decide at each turn, or "
            "two that give the same label to whole dialogues"
        )
    if [dialogue.id for dialogue in own.dialogues] != [each.id for each in other.dialogues]:
        raise PolicyError("the dialogues have changed between the two; evaluate both again")


def changed_turns(own: ScoredCorpus, other: ScoredCorpus, rows: Iterable[int]) -> list[Changed]:
    """The answers numbered `rows`; the action spaces of the two may differ."""
    return [_changed(own, other, row) for row in rows]


def _question(scored: ScoredCorpus) -> tuple[str, str | None]:
    network = scored.policy.settings.network
    return network.answer, network.label if network.answer == "dialogue" else None


def _changed(own: ScoredCorpus, other: ScoredCorpus, row: int) -> Changed:
    answers = own.answers
    number, turn = int(answers.dialogue[row]), int(answers.turn[row])
    dialogue = own.dialogues[number]
    return Changed(
        number=number,
        dialogue=dialogue.id,
        turn=turn,
        user=dialogue.turns[turn].user,
        expected=answers.expected(row),
        decided=answers.named(own.decided.bits[row]),
        other=other.answers.named(other.decided.bits[row]),
    )
