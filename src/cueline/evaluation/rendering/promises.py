"""What was promised and what was found, as lines and a table for the terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich.table import Table

from cueline.evaluation.rendering.tables import table
from cueline.evaluation.trust import TrustFigures


def promises(trust: TrustFigures) -> Iterator[str]:
    """The chosen risk and coverage, each beside what came of it."""
    wrong = "" if trust.wrong is None else f", {trust.wrong:.1%} of them wrong"
    yield f"sure at {trust.answered:.1%} of turns{wrong} (at most {trust.risk:.1%} promised)"
    yield f"the best threshold in hindsight answers {trust.answerable:.1%}"
    cut = f", cut at {trust.cut:.1%}" if trust.cut else ""
    yield (
        f"right among the candidates at {trust.covered:.1%} of turns ({trust.coverage:.1%} "
        f"promised): {trust.candidates:.1f} on average{cut}"
    )
    yield f"area under the risk-coverage curve {trust.aurc:.4f}"


def reliability(trust: TrustFigures) -> Table:
    """What decisions of a confidence came to."""
    made = table("decisions of confidence", "turns", "right")
    for one in trust.reliability:
        made.add_row(f"{one.confidence:.3f}", f"{one.turns:,}", f"{one.right:.3f}")
    return made
