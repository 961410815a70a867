"""Two policies side by side on the terminal."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console
from rich.table import Table

from cueline.evaluation.comparison import Comparison, MetricDifference
from cueline.evaluation.rendering.tables import names, share, table, turn_text

EXAMPLES = 3


def show_against(comparison: Comparison, labels: Mapping[str, str], console: Console) -> None:
    """Print the differences of the figures, and the first turns that were broken."""
    console.print(
        f"against policy {comparison.policy}:\n{comparison.fixed_turns:,} turns fixed, "
        f"{comparison.broken_turns:,} broken; {comparison.better_dialogues:,} dialogues better, "
        f"{comparison.worse_dialogues:,} worse"
    )
    console.print(_differences(comparison, labels))
    if comparison.broken:
        console.print("the first turns broken:")
    for turn in comparison.broken[:EXAMPLES]:
        lines = [("right", turn.expected), ("decided", turn.decided), ("other", turn.other)]
        text = turn_text(
            turn.dialogue, turn.turn, turn.user, [(what, names(of)) for what, of in lines]
        )
        console.print(text, no_wrap=True, overflow="ellipsis")


def _differences(comparison: Comparison, labels: Mapping[str, str]) -> Table:
    made = table("", "policy", "other", "difference", "95 %", "p")
    for name, label in labels.items():
        if name in comparison.figures:
            made.add_row(label, *_cells(comparison.figures[name]))
    if comparison.free_running is not None:
        made.add_row("free-running, right turns", *_cells(comparison.free_running["exact"]))
    return made


def _cells(one: MetricDifference) -> tuple[str, ...]:
    low, high = one.interval
    return (
        share(one.other + one.difference),
        share(one.other),
        f"{one.difference:+.3f}",
        f"{low:+.3f} to {high:+.3f}",
        f"{one.p_value:.3f}",
    )
