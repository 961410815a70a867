"""The dialogues of a corpus to look through, by what is remarkable about them."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from cueline.evaluation.report import Report, report_on
from cueline.evaluation.scored_corpus import ScoredCorpus
from cueline.tokenizer import fold
from cueline.types import Ints
from cueline.web.flow import Flow
from cueline.web.schemas import ActionCount, CorpusAnswer, RowAnswer, RowsAnswer

KINDS = ("wrong", "unsure", "rare")
"""A turn is wrong, a decision unsure, an action rare."""
RARE = 0.02
"""An action is rare that is right at fewer than this share of the turns."""
OPENING = 120
"""Characters of the first thing said that stand for a dialogue."""


class CorpusView:
    """The `D` dialogues of a scored corpus, each with its remarkable turns."""

    def __init__(self, scored: ScoredCorpus) -> None:
        self.scored = scored
        answers, right = scored.answers, scored.right
        self._often = np.bincount(answers.targets.flat, minlength=len(answers.names))
        rare = np.flatnonzero(self._often < RARE * len(right))
        row = answers.targets.row_of_each()
        uncommon = np.zeros(len(right), bool)
        uncommon[row[np.isin(answers.targets.flat, rare)]] = True
        marks = {"wrong": ~right, "unsure": ~scored.sure, "rare": uncommon}
        self._counts = {kind: self._per_dialogue(mark) for kind, mark in marks.items()}
        self._first_wrong = np.full(len(scored.dialogues), -1)
        wrong = np.flatnonzero(~right)[::-1]
        self._first_wrong[answers.dialogue[wrong]] = answers.turn[wrong]
        self._texts = [
            fold(" ".join([d.id, *(turn.user or "" for turn in d.turns)])) for d in scored.dialogues
        ]

    @cached_property
    def flow(self) -> Flow:
        """Its dialogues as a flow of actions."""
        return Flow(self.scored.dialogues)

    @cached_property
    def report(self) -> Report:
        """The figures that `cueline evaluate` gives."""
        return report_on(self.scored)

    def answer(self) -> CorpusAnswer:
        """The corpus as the page gets it."""
        scored = self.scored
        order = np.argsort(-self._often, kind="stable").tolist()
        return CorpusAnswer(
            scored.policy.hash,
            len(scored.dialogues),
            sum(len(dialogue.turns) for dialogue in scored.dialogues),
            {kind: int((counts > 0).sum()) for kind, counts in self._counts.items()},
            [ActionCount(scored.answers.names[n], int(self._often[n])) for n in order],
        )

    def rows(
        self, kind: str = "", action: str = "", find: str = "", offset: int = 0, limit: int = 100
    ) -> RowsAnswer:
        """Those dialogues that are of a kind, have an action, or have a word in them."""
        chosen = np.ones(len(self._texts), bool)
        if kind:
            chosen &= self._counts[kind] > 0
        if action:
            chosen &= self._with(action)
        if find:
            words = fold(find)
            chosen &= np.array([words in text for text in self._texts])
        numbers = np.flatnonzero(chosen)
        return RowsAnswer(
            len(numbers), [self._row(n) for n in numbers[offset : offset + limit].tolist()]
        )

    def _row(self, number: int) -> RowAnswer:
        dialogue = self.scored.dialogues[number]
        first = int(self._first_wrong[number])
        opening = next((turn.user for turn in dialogue.turns if turn.user), "")
        counts = {kind: int(self._counts[kind][number]) for kind in KINDS}
        return RowAnswer(
            number,
            dialogue.id,
            len(dialogue.turns),
            " ".join(opening.split())[:OPENING],
            {kind: count for kind, count in counts.items() if count},
            None if first < 0 else first,
        )

    def _with(self, action: str) -> npt.NDArray[np.bool_]:
        """Dialogues in which an action is right or decided. *Shape:* (D,)."""
        answers, bits = self.scored.answers, self.scored.decided.bits
        found = np.zeros(len(answers.turn), bool)
        if action in answers.names:
            number = answers.names.index(action)
            found[answers.targets.row_of_each()[answers.targets.flat == number]] = True
            if number < bits.shape[1]:
                found |= bits[:, number]
        return self._per_dialogue(found) > 0

    def _per_dialogue(self, mark: npt.NDArray[Any]) -> Ints:
        dialogues = len(self.scored.dialogues)
        return np.bincount(self.scored.answers.dialogue[mark], minlength=dialogues)
