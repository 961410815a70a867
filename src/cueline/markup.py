"""Pieces of HTML, with which what is public shows itself in a notebook."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

_CELL = "text-align:left;vertical-align:top;padding:2px 10px 2px 0"
_CHIP = "border:1px solid currentColor;border-radius:8px;padding:0 6px;margin-right:4px"
_BAR = "display:inline-block;width:80px;height:8px;margin-right:6px;background:{}"
_FILL = "linear-gradient(to right,#0f6b63 {0:.0%},#8884 {0:.0%})"


class Html(str):
    """Text that is HTML already; all other text is escaped where it is shown."""


def text(value: object) -> Html:
    """A value as HTML; None is nothing."""
    if isinstance(value, Html):
        return value
    return Html("" if value is None else escape(str(value)))


def lines(*values: object) -> Html:
    """Values under one another; those that are nothing take no room."""
    return Html("<br>".join(shown for value in values if (shown := text(value))))


def names(actions: Iterable[str], nothing: str = "nothing") -> Html:
    """A set of actions; `nothing` says what it is where there is none."""
    chips = [f'<span style="{_CHIP}">{escape(name)}</span>' for name in actions]
    return Html(" ".join(chips)) if chips else quiet(nothing)


def quiet(value: object) -> Html:
    """A remark."""
    return Html(f'<span style="opacity:.65">{text(value)}</span>')


def share(value: float) -> Html:
    """A number from 0 to 1, as a bar and in figures."""
    bar = _BAR.format(_FILL.format(min(max(value, 0.0), 1.0)))
    return Html(f'<span style="{bar}"></span>{value:.2f}')


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Html:
    """A table of cells, each a value or HTML."""

    def row(tag: str, cells: Sequence[object]) -> str:
        written = (f'<{tag} style="{_CELL}">{text(cell)}</{tag}>' for cell in cells)
        return f"<tr>{''.join(written)}</tr>"

    body = "".join(row("td", cells) for cells in rows)
    return Html(f"<table><thead>{row('th', head)}</thead><tbody>{body}</tbody></table>")
