"""A report as tables on the terminal, readable in 80 columns."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from cueline.evaluation.report import Failure, Figures, Report
from cueline.evaluation.trust_table import reliability, told

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
    foreign = f", {report.foreign_turns:,} with an unknown action" if report.foreign_turns else ""
    console.print(
        f"policy {report.policy}: {report.turns:,} turns in {report.dialogues:,} dialogues{foreign}"
    )
    console.print(_figures(report))
    for line in told(report.trust):
        console.print(line)
    console.print(reliability(report.trust))
    if any(one.hits < max(one.targets, one.decided) for one in report.actions.values()):
        console.print(_worst(report))
    if report.failures:
        console.print(f"{len(report.failures):,} dialogues with a wrong turn; the first ones:")
        for failure in report.failures[:FAILURES]:
            console.print(_told(failure), no_wrap=True, overflow="ellipsis")


def _figures(report: Report) -> Table:
    table = _table("", "policy", "95 %", *report.baselines)
    deciders: list[Figures] = [report, *report.baselines.values()]
    for name, label in _ROWS.items():
        values = [getattr(figures, name) for figures in deciders]
        if values[0] is not None:
            low, high = report.intervals[name]
            first, *others = (f"{value:.3f}" for value in values)
            table.add_row(label, f"[bold]{first}[/]", f"{low:.3f}-{high:.3f}", *others)
    for risk in report.coverage_at_risk:
        first, *others = (f"{figures.coverage_at_risk[risk]:.3f}" for figures in deciders)
        table.add_row(f"answered, {float(risk):.0%} wrong", f"[bold]{first}[/]", "", *others)
    return table


def _worst(report: Report) -> Table:
    table = _table("most mistaken actions", "to do", "decided", "precision", "recall", "F1")
    mistakes = {
        name: one.targets + one.decided - 2 * one.hits for name, one in report.actions.items()
    }
    for name in sorted(mistakes, key=lambda name: (-mistakes[name], name))[:WORST]:
        one = report.actions[name]
        if mistakes[name]:
            label = escape(name) + (" (unknown)" if one.foreign else "")
            counts = f"{one.targets:,}", f"{one.decided:,}"
            table.add_row(label, *counts, *map(_share, (one.precision, one.recall, one.f1)))
    return table


def _told(failure: Failure) -> Text:
    said = "(silent)" if failure.user is None else " ".join(failure.user[:200].split())
    return Text.assemble(
        (failure.dialogue, "bold"),
        f", turn {failure.turn}\n",
        f"  user     {said}\n",
        f"  right    {_names(failure.expected)}\n",
        f"  decided  {_names(failure.decided)}  {failure.confidence:.2f}",
    )


def _table(first: str, *columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    table.add_column(first, no_wrap=True, overflow="ellipsis", max_width=34)
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    return table


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _names(actions: tuple[str, ...]) -> str:
    return " + ".join(actions) or "(nothing)"
