"""A promise that is watched: from how often the upstream's answers differ to what is answered here.

Turns that are sure are sorted into levels, by their confidence; each level holds those of the
levels after it. A level answers as soon as a bound on its risk is at most what was promised, and
for as long. A detector finds a risk that has risen since: then what was seen before counts for
nothing, and the level must show its worth again. All of its turns go upstream until then, which
shows it at no more cost.

What is kept: in at most `delta` of all streams, however they drift, does a level ever answer while
the mean risk of its audited turns, since it was last begun anew, is above what was promised. For
that `delta` is divided among the levels, and of its part a level gives 1/2 to its first beginning,
1/6 to its second, 1/12 to its third, and so on: 1 / (n (n + 1)).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from cueline.policy.calibration.betting import ChangeDetector, MeanBound

LEVELS = (0.0, 0.9, 0.97, 0.99)
"""The confidence of a level, beside that the turn is sure."""
DELTA = 0.05
"""The share of streams in which the promise may be broken."""
PATIENCE = 1_000
"""Audited turns until a false alarm, on average, where the risk is just what was promised."""

Standing = Literal["answers", "unproven", "broken"]
"""`unproven`: a bound is not low enough yet. `broken`: the same, after its risk had risen."""


class LevelStanding(Struct, frozen=True):
    """What is known of a level."""

    confidence: float
    """From which on its turns are."""
    standing: Standing
    audits: int
    """Since it was last begun anew."""
    wrong: int
    """Those of them at which the upstream did something else."""
    upper_bound: float
    """On its risk."""


class Level:
    """Turns of a confidence, and what has been seen of them."""

    def __init__(self, promised: float, delta: float) -> None:
        self._promised, self._delta = promised, delta
        self._begun = 0
        self.answers, self.broken = False, False
        self._begin()

    def _begin(self) -> None:
        self._begun += 1
        self.audits, self.wrong = 0, 0
        """Since it was last begun; `wrong` where the upstream did something else."""
        self.bound, self._detector = MeanBound(), ChangeDetector(self._promised, PATIENCE)

    @property
    def delta(self) -> float:
        """What may go wrong since it was last begun."""
        return self._delta / (self._begun * (self._begun + 1))

    def audited(self, wrong: bool) -> None:
        """The upstream answered a turn of it."""
        self.audits, self.wrong = self.audits + 1, self.wrong + wrong
        self.bound.update(wrong)
        if self._detector.update(wrong):
            self._begin()
            self.broken = True
        self.answers = self.bound.rules_out(self._promised, self.delta)
        self.broken = self.broken and not self.answers


class RiskWatch:
    """What the audits of one policy's sure turns come to."""

    def __init__(self, promised: float, delta: float = DELTA) -> None:
        """`promised` is the share of wrong answers that is bearable."""
        self.promised, self.audits = promised, 0
        # A promise of nothing is kept by answering nothing, and one of anything by anything.
        bounded = min(max(promised, 1e-6), 1 - 1e-6)
        self.levels = [Level(bounded, delta / len(LEVELS)) for _ in LEVELS]

    def audited(self, confidence: float, wrong: bool) -> None:
        """The upstream answered a turn that was sure, and ours was `wrong` if it differs."""
        self.audits += 1
        for level in self._holding(confidence):
            level.audited(wrong)

    def answers(self, confidence: float) -> bool:
        """Whether a sure turn is answered here."""
        levels = list(self._holding(confidence))
        return not levels[-1].broken and any(level.answers for level in levels)

    def refuses(self, confidence: float) -> bool:
        """Whether there is evidence against answering it here, even where nobody else can."""
        levels = list(self._holding(confidence))
        return not self.answers(confidence) and any(level.broken for level in levels)

    @property
    def threshold(self) -> float | None:
        """The confidence from which sure turns are answered; None where none are."""
        found = (confidence for confidence in LEVELS if self.answers(confidence))
        return next(found, None)

    @property
    def standing(self) -> Standing:
        """That of all: `answers` where any level does, `broken` where one stands against it."""
        if self.threshold is not None:
            return "answers"
        return "broken" if any(level.broken for level in self.levels) else "unproven"

    @property
    def upper_bound(self) -> float:
        """On the risk of what is answered here, or would be if it was trusted."""
        place = 0 if self.threshold is None else LEVELS.index(self.threshold)
        level = self.levels[place]
        return level.bound.upper(level.delta)

    def standings(self) -> list[LevelStanding]:
        """How each level stands."""
        return [
            LevelStanding(
                confidence,
                "answers" if level.answers else "broken" if level.broken else "unproven",
                level.audits,
                level.wrong,
                level.bound.upper(level.delta),
            )
            for confidence, level in zip(LEVELS, self.levels, strict=True)
        ]

    def _holding(self, confidence: float) -> Iterator[Level]:
        """The levels that a turn of this confidence is of; the first is always one."""
        for least, level in zip(LEVELS, self.levels, strict=True):
            if confidence >= least:
                yield level
