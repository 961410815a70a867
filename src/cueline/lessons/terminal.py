"""The lesson in 80 columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from typing import TypeVar

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from cueline.dialogue import Dialogue, Turn
from cueline.lessons.lesson import ROUNDING, Step, Values, Variant

T = TypeVar("T")
WIDTH = 80
LABEL, CELL = 7, 7
MAX_ROWS, MAX_TURNS = 5, 12


def heading(dialogue: Dialogue, actions: int) -> str:
    """What `cueline shapes` prints first: the dialogue."""
    count = f"dialogue {dialogue.id}: {len(dialogue.turns)} turns, {actions} actions"
    turns = [_turn(number, turn) for number, turn in enumerate(dialogue.turns)]
    explained = wrapped(
        "A sample is a dialogue, a time step is a turn; the batch is one dialogue. Until the last "
        "step weights are drawn, not learned: look at the shapes and at what changes."
    )
    lines = [
        set_cell_size(plain(count), WIDTH),
        "",
        *shortened(turns, MAX_TURNS, "   .."),
        "",
        *explained,
    ]
    return _joined(lines)


def sentence_heading(text: str) -> str:
    """What `cueline shapes` prints first of a sentence alone."""
    return _joined(
        wrapped(f"sentence: {text}") + ["", *wrapped("Words inside a turn; the batch is one.")]
    )


def step_text(number: int, step: Step) -> str:
    """One step, its variants side by side, in 80 columns."""
    return _joined(_step(number, step))


def _joined(lines: Iterable[str]) -> str:
    return "\n".join(line.rstrip() for line in lines)


def _turn(number: int, turn: Turn) -> str:
    user = "(silence)" if turn.user is None else plain(turn.user)
    actions = " + ".join(map(plain, turn.actions or ())) or "(nothing)"
    return f"{number:>4}  {cut(user, 42)}  {cut(actions, 30)}"


def _step(number: int, step: Step) -> Iterator[str]:
    title = f"{number}. {step.title}"
    yield from ("", title, "-" * len(title))
    yield from wrapped(step.text)
    for pair in _pairs(step.variants):
        yield ""
        if len(pair) == 1:
            yield from _variant(pair[0], WIDTH)
        else:
            yield from _side_by_side(*pair)
    if step.finding:
        yield ""
        yield from wrapped(f"=> {step.finding}")


def _side_by_side(left: Variant, right: Variant) -> Iterator[str]:
    width = (WIDTH - 3) // 2
    for one, other in zip_longest(_variant(left, width), _variant(right, width), fillvalue=""):
        yield f"{set_cell_size(one, width)} | {other}"


def _variant(variant: Variant, width: int) -> Iterator[str]:
    yield from wrapped(variant.code, width)
    if variant.shape:
        yield from wrapped(f"-> {variant.shape}", width)
    if variant.weights:
        yield from wrapped("weights " + ", ".join(map(str, variant.weights)), width)
    named = zip(variant.rows, variant.values, strict=True)
    yield from shortened([_row(name, row, width) for name, row in named], MAX_ROWS, "..")
    for words in (variant.error, variant.note):
        yield from wrapped(words, width)


def _row(name: str, row: Values, width: int) -> str:
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


def _pairs(variants: Sequence[Variant]) -> Iterator[Sequence[Variant]]:
    return (variants[start : start + 2] for start in range(0, len(variants), 2))


def wrapped(words: str, width: int = WIDTH) -> list[str]:
    """`words` in lines of at most `width` cells."""
    lines = Text(plain(words)).wrap(Console(), width)  # counts cells: a CJK letter takes two
    return [line.plain.rstrip() for line in lines if line.plain]
