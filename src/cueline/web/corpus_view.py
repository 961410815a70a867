"""The dialogues of a corpus to look through, by what is remarkable about them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any, get_args

import numpy as np
import numpy.typing as npt

from cueline.evaluation.report import Report, report_on
from cueline.evaluation.scored_corpus import ScoredCorpus
from cueline.policy.explain import Explanations
from cueline.tokenizer import fold
from cueline.types import Ints
from cueline.web.flow import Flow
from cueline.web.live_turns import LiveTurn, Went
from cueline.web.schemas.lists import ActionCount, CorpusAnswer, ReviewAnswer, RowAnswer, RowsAnswer
from cueline.web.verdicts import Verdict, Verdicts

SAID = ("corrected", "confirmed", "disputed")
"""Someone said something of a turn."""
KINDS = ("wrong", "unsure", "rare", *SAID, *get_args(Went))
"""Besides, a turn is wrong, a decision unsure, an action rare; or the turn went upstream."""
RARE = 0.02
"""An action is rare that is right at fewer than this share of the turns."""
RECENT = 32
"""Dialogues whose explanations are kept."""
OPENING = 120
"""Characters of the first thing said that stand for a dialogue."""


class CorpusView:
    """The `D` dialogues of a scored corpus, each with its remarkable turns.

    `N` turns have an answer, or one of each dialogue has. Where `assumed` is false nobody says what
    is right but people: a turn without a verdict is neither right nor wrong.
    """

    def __init__(
        self,
        scored: ScoredCorpus,
        verdicts: Verdicts | None = None,
        live: Sequence[Sequence[LiveTurn]] | None = None,
        assumed: bool = True,
    ) -> None:
        self.scored, self.live, self._assumed = scored, live, assumed
        self.ids = _distinct([dialogue.id for dialogue in scored.dialogues])
        self.places = {id: place for place, id in enumerate(self.ids)}
        answers = scored.answers
        self.right, self.known = scored.right.copy(), np.full(len(scored.right), assumed)
        """Whether the decision is right, where that is known. *Shape of both:* (N,)."""
        self._often = np.bincount(answers.targets.flat, minlength=len(answers.names))
        rare = np.flatnonzero(self._often < RARE * len(self.right))
        row = answers.targets.row_of_each()
        uncommon = np.zeros(len(self.right), bool)
        uncommon[row[np.isin(answers.targets.flat, rare)]] = True
        said = {kind: np.zeros(len(self.right), bool) for kind in SAID}
        self._marks = {"unsure": ~scored.sure, "rare": uncommon, **said, **self._went()}
        self.texts = [
            fold(" ".join([d.id, *(turn.user or "" for turn in d.turns)])) for d in scored.dialogues
        ]
        self.explained = lru_cache(RECENT)(self._explained)
        self._verdicts: dict[int, dict[int, Verdict]] = {}
        for id, of_turns in (verdicts or {}).items():
            for turn, verdict in of_turns.items():
                self.note(id, turn, verdict)

    def note(self, id: str, turn: int, verdict: Verdict | None) -> None:
        """Someone said what is right at a turn, or nobody says so any more."""
        place = self.places.get(id)
        row = None if place is None else self.row(place, turn)
        if place is None or row is None:
            return
        of_turns = self._verdicts.setdefault(place, {})
        of_turns.pop(turn, None)
        if verdict is None:
            self.right[row], self.known[row] = self.scored.right[row], self._assumed
        else:
            of_turns[turn] = verdict
            decided = self.scored.answers.named(self.scored.decided.bits[row])
            self.right[row], self.known[row] = set(decided) == set(verdict.actions), True
        before = verdict and (
            self.done(place, turn) if verdict.decided is None else verdict.decided
        )
        same = verdict is not None and set(before or ()) == set(verdict.actions)
        self._marks["confirmed"][row] = verdict is not None and same
        self._marks["corrected"][row] = verdict is not None and not same
        self._marks["disputed"][row] = verdict is not None and verdict.disputed

    def _explained(self, place: int) -> Explanations:
        """The decisions of the dialogue at `place`; whoever corrects it reads it often."""
        return self.scored.policy.explain(self.scored.dialogues[place])

    def row(self, place: int, turn: int) -> int | None:
        """The answer at a turn of the dialogue at `place`; None where none is due."""
        first, last = self.scored.answers.starts[place : place + 2].tolist()
        found = np.flatnonzero(self.scored.answers.turn[first:last] == turn)
        return first + int(found[0]) if len(found) else None

    def _went(self) -> dict[str, npt.NDArray[np.bool_]]:
        """The answers of turns that went upstream, by why. *Shape of each:* (N,)."""
        live = [self.live_turn(row) for row in range(len(self.right))]
        went = [one.went if one else None for one in live]
        return {kind: np.array([each == kind for each in went], bool) for kind in get_args(Went)}

    def live_turn(self, row: int) -> LiveTurn | None:
        """What is known of the turn of an answer because it was live."""
        if self.live is None:
            return None
        answers = self.scored.answers
        return self.live[int(answers.dialogue[row])][int(answers.turn[row])]

    def done(self, place: int, turn: int) -> tuple[str, ...]:
        """What the corpus has at a turn, or what was done there."""
        return self.scored.dialogues[place].turns[turn].actions or ()

    def verdicts(self, place: int) -> Mapping[int, Verdict]:
        """What people said of the turns of the dialogue at `place`."""
        return self._verdicts.get(place, {})

    def marks(self, kind: str) -> npt.NDArray[np.bool_]:
        """The answers that are of a kind. *Shape:* (N,)."""
        return ~self.right & self.known if kind == "wrong" else self._marks[kind]

    @cached_property
    def flow(self) -> Flow:
        """Its dialogues as a flow of actions."""
        return Flow(self.scored.dialogues)

    @cached_property
    def report(self) -> Report:
        """The figures that `cueline evaluate` gives."""
        return report_on(self.scored)

    def review(self) -> ReviewAnswer:
        """How far people have looked through it."""
        said = self._marks["corrected"] | self._marks["confirmed"]
        verdicts = [one for of_turns in self._verdicts.values() for one in of_turns.values()]
        return ReviewAnswer(
            turns=len(self.right),
            corrected=int(self._marks["corrected"].sum()),
            confirmed=int(self._marks["confirmed"].sum()),
            disputed=int(self._marks["disputed"].sum()),
            right=int(self.right[said].sum()),
            agreed=sum(len(one.opinions) > 1 and not one.disputed for one in verdicts),
            by_author=dict(Counter(said.author or "" for one in verdicts for said in one.opinions)),
        )

    def answer(self) -> CorpusAnswer:
        """The corpus as the page gets it."""
        scored = self.scored
        order = np.argsort(-self._often, kind="stable").tolist()
        counts = {kind: self._per_dialogue(self.marks(kind)) for kind in KINDS}
        return CorpusAnswer(
            scored.policy.hash,
            len(scored.dialogues),
            sum(len(dialogue.turns) for dialogue in scored.dialogues),
            {kind: int((each > 0).sum()) for kind, each in counts.items()},
            [ActionCount(scored.answers.names[n], int(self._often[n])) for n in order],
            self.review(),
        )

    def rows(
        self, kind: str = "", action: str = "", find: str = "", offset: int = 0, limit: int = 100
    ) -> RowsAnswer:
        """Those dialogues that are of a kind, have an action, or have a word in them."""
        chosen = np.ones(len(self.texts), bool)
        if kind:
            chosen &= self._per_dialogue(self.marks(kind)) > 0
        if action:
            chosen &= self._per_dialogue(self.with_action(action)) > 0
        if find:
            words = fold(find)
            chosen &= np.array([words in text for text in self.texts])
        places = np.flatnonzero(chosen)
        return RowsAnswer(len(places), self._rows(places[offset : offset + limit].tolist()))

    def with_action(self, action: str) -> npt.NDArray[np.bool_]:
        """The answers at which an action is right or decided. *Shape:* (N,)."""
        answers, bits = self.scored.answers, self.scored.decided.bits
        found = np.zeros(len(answers.turn), bool)
        if action in answers.names:
            number = answers.names.index(action)
            found[answers.targets.row_of_each()[answers.targets.flat == number]] = True
            if number < bits.shape[1]:
                found |= bits[:, number]
        return found

    def _rows(self, places: Sequence[int]) -> list[RowAnswer]:
        marks = {kind: self.marks(kind) for kind in KINDS}
        return [self._row(place, marks) for place in places]

    def _row(self, place: int, marks: Mapping[str, npt.NDArray[np.bool_]]) -> RowAnswer:
        dialogue, answers = self.scored.dialogues[place], self.scored.answers
        own = slice(*answers.starts[place : place + 2].tolist())
        counts = {kind: int(mark[own].sum()) for kind, mark in marks.items()}
        wrong = answers.turn[own][marks["wrong"][own]]
        opening = next((turn.user for turn in dialogue.turns if turn.user), "")
        return RowAnswer(
            self.ids[place],
            len(dialogue.turns),
            " ".join(opening.split())[:OPENING],
            {kind: count for kind, count in counts.items() if count},
            int(wrong[0]) if len(wrong) else None,
            None if self.live is None else self.live[place][-1].at,
        )

    def _per_dialogue(self, mark: npt.NDArray[Any]) -> Ints:
        dialogues = len(self.scored.dialogues)
        return np.bincount(self.scored.answers.dialogue[mark], minlength=dialogues)


def _distinct(ids: Sequence[str]) -> list[str]:
    """The ids, those that came before with a number behind them."""
    seen: Counter[str] = Counter()
    found = []
    for id in ids:
        seen[id] += 1
        found.append(id if seen[id] == 1 else f"{id} ({seen[id]})")
    return found
