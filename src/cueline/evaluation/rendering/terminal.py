"""A report as tables on the terminal, readable in 80 columns."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from cueline.evaluation.failures import Failure
from cueline.evaluation.rendering.breakdowns import circumstances, confused, turns
from cueline.evaluation.rendering.comparison import show_against
from cueline.evaluation.rendering.promises import promises, reliability
from cueline.evaluation.rendering.tables import names, share, span, table, turn_text
from cueline.evaluation.rendering.words import heard_and_called

if TYPE_CHECKING:
    from cueline.evaluation.report import Figures, Report

WORST = 8
"""Actions shown, those with the most mistakes first."""
FAILURES = 5
_ROWS = {
    "exact": "right turns",
    "dialogue_accuracy": "flawless dialogues",
    "accuracy": "top-1 accuracy",
    "micro_f1": "micro F1",
    "macro_f1": "macro F1",
    "weighted_f1": "weighted F1",
    "ece": "calibration error",
}


def show(report: Report, console: Console | None = None) -> None:
    """Print the figures beside the baselines', the worst actions, and some first wrong turns."""
    console = console or Console()
    unknown = report.out_of_space_turns
    note = f", {unknown:,} with an unknown action" if unknown else ""
    console.print(
        f"policy {report.policy}: {report.turns:,} turns in {report.dialogues:,} dialogues{note}"
    )
    for line in promises(report.trust):
        console.print(line)
    if report.lead is not None:
        console.print(str(report.lead))
    console.print()
    tables = [_figures(report), reliability(report.trust), circumstances(report), turns(report)]
    if report.confusions:
        tables += [_worst(report), confused(report.confusions)]
    if report.words is not None:
        tables.insert(1, heard_and_called(report.words))
    for made in tables:
        console.print(made)
        console.print()
    if report.failures:
        console.print(f"{len(report.failures):,} dialogues with a wrong turn; the first ones:")
        for failure in report.failures[:FAILURES]:
            console.print(_failure_text(failure), no_wrap=True, overflow="ellipsis")
    if report.against is not None:
        console.print()
        show_against(report.against, _ROWS, console)


def html(report: Report) -> str:
    """What `show` prints, for a notebook."""
    console = Console(record=True, file=StringIO(), width=100, force_jupyter=False)
    show(report, console)
    return console.export_html(inline_styles=True, code_format="<pre>{code}</pre>")


def _figures(report: Report) -> Table:
    made = table("", "policy", "95 %", *report.baselines)
    deciders: list[Figures] = [report, *report.baselines.values()]
    for name, label in _ROWS.items():
        values = [getattr(figures, name) for figures in deciders]
        if values[0] is not None:
            first, *others = (f"{value:.3f}" for value in values)
            made.add_row(label, f"[bold]{first}[/]", span(report.intervals[name]), *others)
    for risk in report.coverage_at_risk:
        first, *others = (f"{figures.coverage_at_risk[risk]:.3f}" for figures in deciders)
        made.add_row(f"answered, {float(risk):.0%} wrong", f"[bold]{first}[/]", "", *others)
    return made


def _worst(report: Report) -> Table:
    made = table("most mistaken actions", "to do", "decided", "precision", "recall", "F1")
    mistakes = {
        name: one.targets + one.decided - 2 * one.hits for name, one in report.actions.items()
    }
    for name in sorted(mistakes, key=lambda name: (-mistakes[name], name))[:WORST]:
        one = report.actions[name]
        if mistakes[name]:
            label = escape(name) + (" (unknown)" if one.out_of_space else "")
            counts = f"{one.targets:,}", f"{one.decided:,}"
            made.add_row(label, *counts, *map(share, (one.precision, one.recall, one.f1)))
    return made


def _failure_text(failure: Failure) -> Text:
    decided = f"{names(failure.decided)}  {failure.confidence:.2f}"
    lines = [("right", names(failure.expected)), ("decided", decided)]
    return turn_text(failure.dialogue, failure.turn, failure.user, lines)
