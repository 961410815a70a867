"""What was heard and what was called with what, as a table for the terminal."""

from __future__ import annotations

from collections.abc import Mapping

from rich.table import Table

from cueline.evaluation.metrics.words import CountedFigures, WordFigures
from cueline.evaluation.rendering.tables import span, table

SHOWN = 8
"""Labels and parameters shown, those with the most mistakes first."""
_ROWS = {
    "span_f1": "span F1",
    "joint_goal_accuracy": "all slots right",
    "argument_accuracy": "right arguments",
    "call_accuracy": "right calls",
}


def heard_and_called(words: WordFigures) -> Table:
    """The figures, then what went wrong most."""
    made = table("words and calls", "policy", "95 %", "of")
    for name, label in _ROWS.items():
        value = getattr(words, name)
        if value is not None:
            made.add_row(label, f"[bold]{value:.3f}[/]", span(words.intervals[name]), "")
    for kind, counts in (("span", words.labels), ("argument", words.parameters)):
        for name, figures in _worst(counts):
            right = figures.f1 if kind == "span" else figures.right / max(figures.there, 1)
            made.add_row(f"{kind} {name}", f"{right:.3f}", "", f"{figures.there:,}")
    return made


def _worst(counts: Mapping[str, CountedFigures]) -> list[tuple[str, CountedFigures]]:
    def mistakes(one: tuple[str, CountedFigures]) -> int:
        return one[1].right - max(one[1].there, one[1].found)

    return [one for one in sorted(counts.items(), key=mistakes) if mistakes(one)][:SHOWN]
