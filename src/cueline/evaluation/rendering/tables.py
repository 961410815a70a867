"""What all tables on the terminal have in common."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text


def table(first: str, *columns: str) -> Table:
    """A table without lines: names on the left, numbers on the right."""
    made = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    made.add_column(first, no_wrap=True, overflow="ellipsis", max_width=34)
    for column in columns:
        made.add_column(column, justify="right", no_wrap=True)
    return made


def share(value: float | None) -> str:
    """A figure from 0 to 1."""
    return "-" if value is None else f"{value:.3f}"


def span(interval: tuple[float, float] | None) -> str:
    """An interval of such figures."""
    return "" if interval is None else f"{interval[0]:.3f}-{interval[1]:.3f}"


def names(actions: tuple[str, ...]) -> str:
    """A set of actions."""
    return " + ".join(actions) or "(nothing)"


def turn_text(dialogue: str, turn: int, user: str | None, lines: Sequence[tuple[str, str]]) -> Text:
    """A turn: where it is, what the user said, and further lines with what each is."""
    said = "(silent)" if user is None else " ".join(user[:200].split())
    text = Text.assemble((dialogue, "bold"), f", turn {turn}")
    for what, line in (("user", said), *lines):
        text.append(f"\n  {what:<8} {line}")
    return text
