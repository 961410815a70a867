"""The lesson in 80 columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import TypeVar

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from cueline.dialogue import Turn
from cueline.lessons.lesson import ROUNDING, Lesson, Numbers, Step, Way

T = TypeVar("T")
WIDTH = 80
LABEL, CELL = 7, 7
MOST_ROWS, MOST_TURNS = 5, 12


def text(lesson: Lesson) -> str:
    """What `cueline shapes` prints."""
    lines = list(_head(lesson))
    for number, step in enumerate(lesson.steps, start=1):
        lines += _step(number, step)
    return "\n".join(line.rstrip() for line in lines)


def _head(lesson: Lesson) -> Iterator[str]:
    turns = lesson.dialogue.turns
    told = f"dialogue {lesson.dialogue.id}: {len(turns)} turns, {len(lesson.actions)} actions"
    yield set_cell_size(plain(told), WIDTH)
    yield ""
    said = [_turn(number, turn) for number, turn in enumerate(turns)]
    yield from shortened(said, MOST_TURNS, "   ..")
    yield ""
    yield from wrapped(
        "A sample is a dialogue, a time step is a turn. The weights are drawn, not learned: look "
        "at the shapes and at what changes."
    )


def _turn(number: int, turn: Turn) -> str:
    user = "(silence)" if turn.user is None else plain(turn.user)
    actions = " + ".join(map(plain, turn.actions or ())) or "(nothing)"
    return f"{number:>4}  {cut(user, 42)}  {cut(actions, 30)}"


def _step(number: int, step: Step) -> Iterator[str]:
    title = f"{number}. {step.title}"
    yield from ("", title, "-" * len(title))
    yield from wrapped(step.says)
    for pair in _batched(step.ways):
        yield ""
        if len(pair) == 1:
            yield from _way(pair[0], WIDTH)
        else:
            yield from _side_by_side(*pair)
    if step.shows:
        yield ""
        yield from wrapped(f"=> {step.shows}")


def _side_by_side(left: Way, right: Way) -> Iterator[str]:
    width = (WIDTH - 3) // 2
    for one, other in zip_longest(_way(left, width), _way(right, width), fillvalue=""):
        yield f"{set_cell_size(one, width)} | {other}"


def _way(way: Way, width: int) -> Iterator[str]:
    yield from wrapped(way.code, width)
    if way.gives:
        yield from wrapped(f"-> {way.gives}", width)
    if way.weights:
        yield from wrapped("weights " + ", ".join(map(str, way.weights)), width)
    rows = [_row(name, row, width) for name, row in zip(way.rows, way.numbers, strict=True)]
    yield from shortened(rows, MOST_ROWS, "..")
    for told in (way.error, way.note):
        yield from wrapped(told, width)


def _row(name: str, row: Numbers, width: int) -> str:
    room = (width - LABEL - 3) // CELL
    more = " .." if len(row) > room else ""
    return cut(plain(name), LABEL) + "".join(f"{number(n):>{CELL}}" for n in row[:room]) + more


def number(value: float) -> str:
    """A number in six characters; what is 0 but for rounding is 0."""
    size = abs(value)
    if size < ROUNDING:
        return "0"
    if size < 0.0005 or size >= 9999.5:
        return f"{value:.0e}"
    return f"{value:.4g}" if size >= 10 or float(value).is_integer() else f"{value:.3f}"


def shortened(rows: Sequence[T], most: int, gap: T) -> list[T]:
    """The first rows and the last, `most` of them."""
    return list(rows) if len(rows) <= most else [*rows[: most - 1], gap, rows[-1]]


def plain(words: str) -> str:
    """One line of what can be printed."""
    return " ".join("".join(c if c.isprintable() else " " for c in words).split())


def cut(words: str, width: int) -> str:
    """`words` in exactly `width` cells, with `..` where some are left out."""
    cut = set_cell_size(words, width)
    return cut if cell_len(words) <= width else set_cell_size(words, width - 2) + ".."


def _batched(ways: Sequence[Way]) -> Iterator[Sequence[Way]]:
    return (ways[start : start + 2] for start in range(0, len(ways), 2))


def wrapped(words: str, width: int = WIDTH) -> list[str]:
    """`words` in lines of at most `width` cells."""
    lines = Text(plain(words)).wrap(Console(), width)  # counts cells: a CJK letter takes two
    return [line.plain.rstrip() for line in lines if line.plain]
