"""The lesson as one picture: a cell for each number, the ways of a step side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape

import numpy as np

from cueline.lessons.lesson import ROUNDING, Lesson, Numbers, Step, Way
from cueline.lessons.text import cut, number, plain, shortened, wrapped

WIDTH, MARGIN, GAP = 960, 24, 24
LINE, LETTER = 17, 7.3
"""Height of a line and width of a letter, in pixels, for the font below."""
LABEL, CELL, HIGH = 64, 46, 20
MOST_ROWS = 12
STYLE = """
text { font: 12px ui-monospace, Menlo, Consolas, monospace; fill: #222; white-space: pre }
.title { font-weight: bold; font-size: 15px } .code { font-weight: bold }
.small { font-size: 10px; text-anchor: middle }
.error { fill: #a40000 } .shows { fill: #1d5c2e } .paper { fill: #fff } .card { fill: #f6f6f4 }
"""
LESS, MORE = (33, 102, 172), (217, 95, 14)
"""Blue and orange, told apart by everyone: the colours of numbers below and above 0."""

Drawing = tuple[list[str], float]
"""Elements, and where they end."""


def svg(lesson: Lesson) -> str:
    """The picture that `cueline shapes --svg` writes; it refers to nothing outside itself."""
    title = (
        f"{lesson.dialogue.id}: {len(lesson.dialogue.turns)} turns, {len(lesson.actions)} actions"
    )
    parts, y = _lines([cut(plain(title), 90).rstrip()], MARGIN, MARGIN + LINE, "title")
    for count, step in enumerate(lesson.steps, start=1):
        drawn, y = _step(count, step, y + LINE)
        parts += drawn
    height = y + MARGIN
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" '
            f'width="{WIDTH}" height="{height:.0f}" role="img">',
            f"<title>{escape(plain(title))}</title>",
            f"<style>{STYLE}</style>",
            '<rect class="paper" width="100%" height="100%"/>',
            *parts,
            "</svg>\n",
        ]
    )


def _step(count: int, step: Step, y: float) -> Drawing:
    parts, y = _lines([f"{count}. {step.title}"], MARGIN, y + LINE, "title")
    told, y = _lines(_wrapped(step.says, WIDTH - 2 * MARGIN), MARGIN, y + 4)
    y -= LINE / 2
    parts += told
    scale = max((float(np.abs(way.numbers).max(initial=0)) for way in step.ways), default=0)
    for start in range(0, len(step.ways), 2):
        cards, y = _row(step.ways[start : start + 2], scale, y + 6)
        parts += cards
    if step.shows:
        shows = _wrapped(f"=> {step.shows}", WIDTH - 2 * MARGIN)
        told, y = _lines(shows, MARGIN, y + LINE, "shows")
        parts += told
    return parts, y


def _row(ways: Sequence[Way], scale: float, y: float) -> Drawing:
    width = (WIDTH - 2 * MARGIN - GAP * (len(ways) - 1)) / len(ways)
    lefts = [MARGIN + place * (width + GAP) for place in range(len(ways))]
    drawn = [_way(way, scale, x, y, width) for way, x in zip(ways, lefts, strict=True)]
    bottom = max(end for _, end in drawn)
    cards = [_card(x, y, width, bottom - y) for x in lefts]
    return [*cards, *(part for parts, _ in drawn for part in parts)], bottom


def _card(x: float, y: float, width: float, height: float) -> str:
    size = f'width="{width:.1f}" height="{height:.1f}"'
    return f'<rect class="card" x="{x:.1f}" y="{y:.1f}" {size} rx="6"/>'


def _way(way: Way, scale: float, x: float, y: float, width: float) -> Drawing:
    x, width = x + 10, width - 20
    parts, y = _lines(_wrapped(way.code, width), x, y + LINE, "code")
    facts = [f"-> {way.gives}"] if way.gives else []
    facts += ["weights " + ", ".join(map(str, way.weights))] if way.weights else []
    told, y = _lines([line for fact in facts for line in _wrapped(fact, width)], x, y)
    cells, y = _cells(way, scale, x, y - 8, width)
    parts += told + cells
    y += LINE
    for words, style in ((way.error, "error"), (way.note, "")):
        told, y = _lines(_wrapped(words, width), x, y, style)
        parts += told
    return parts, y


def _cells(way: Way, scale: float, x: float, y: float, width: float) -> Drawing:
    """A grid of numbers, each coloured by its size."""
    parts: list[str] = []
    rows: list[tuple[str, Numbers | None]] = list(zip(way.rows, way.numbers, strict=True))
    room = int((width - LABEL - 16) // CELL)
    for name, row in shortened(rows, MOST_ROWS, ("..", None)):
        parts.append(_text(cut(plain(name), 8), x, y + 14))
        if row is not None:
            parts += _numbers(row[:room], scale, x + LABEL, y)
            parts += [_text("..", x + LABEL + room * CELL + 4, y + 14)] if len(row) > room else []
        y += HIGH
    return parts, y


def _numbers(row: Numbers, scale: float, x: float, y: float) -> Iterator[str]:
    for column, value in enumerate(row.tolist()):
        left = x + column * CELL
        size = f'width="{CELL - 2}" height="{HIGH - 2}" fill="{colour(value, scale)}"'
        yield f'<rect x="{left:.1f}" y="{y:.1f}" {size}/>'
        yield _text(number(value), left + (CELL - 2) / 2, y + 13, "small")


def colour(value: float, scale: float) -> str:
    """White at 0, blue below and orange above, full at `scale`; by the root, to show little."""
    if abs(value) < ROUNDING or not scale:
        return "#fff"
    share = 0.75 * min(1.0, abs(value) / scale) ** 0.5
    end = MORE if value > 0 else LESS
    return "#" + "".join(f"{round(255 + (part - 255) * share):02x}" for part in end)


def _lines(lines: Sequence[str], x: float, y: float, style: str = "") -> Drawing:
    """Lines of text, the first at the height `y`; ends at the height of the line after them."""
    parts = [_text(line, x, y + place * LINE, style) for place, line in enumerate(lines)]
    return parts, y + len(lines) * LINE


def _text(words: str, x: float, y: float, style: str = "") -> str:
    named = f' class="{style}"' if style else ""
    return f'<text{named} x="{x:.1f}" y="{y:.1f}">{escape(plain(words))}</text>'


def _wrapped(words: str, width: float) -> list[str]:
    return wrapped(words, int(width / LETTER))
