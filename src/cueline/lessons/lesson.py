"""What a lesson is made of: steps, each with the variants of doing it side by side."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from cueline.dialogue import Dialogue
from cueline.markup import Html, lines, quiet, table, text

Values = npt.NDArray[Any]
MAX_ROWS, MAX_COLUMNS = 6, 6
"""Numbers of an array that a notebook shows."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to do a step: what a Keras user writes, what comes out, and what is lost."""

    code: str
    shape: str
    """The shape that comes out, the batch axis first, with what each axis counts."""
    rows: tuple[str, ...] = ()
    """The names of the rows of `values`."""
    values: Values = field(default_factory=lambda: np.zeros((0, 0)))
    """Numbers of the first dialogue of the batch. *Shape:* (rows, columns)."""
    weights: tuple[tuple[int, ...], ...] = ()
    """The shapes of the layer's weights."""
    error: str = ""
    """What Keras raises."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """What is done, the variants of it, and what comparing them shows."""

    title: str
    text: str
    variants: tuple[Variant, ...] = ()
    finding: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class Lesson:
    """The steps that one dialogue was taken through."""

    dialogue: Dialogue
    actions: tuple[str, ...]
    steps: Iterable[Step]
    """In order; made as they are asked for, or all at once."""

    def __repr__(self) -> str:
        return f"<Lesson of dialogue {self.dialogue.id}: {len(self.dialogue.turns)} turns>"

    def _repr_html_(self) -> str:
        return lines(Html(self.dialogue._repr_html_()), *map(_step_html, self.steps))

    def as_json(self) -> dict[str, Any]:
        """All of it as `cueline shapes --json` writes it."""
        return {
            "dialogue": self.dialogue.id,
            "turns": len(self.dialogue.turns),
            "actions": list(self.actions),
            "steps": [
                {
                    "title": step.title,
                    "text": step.text,
                    "variants": [_variant_json(variant) for variant in step.variants],
                    "finding": step.finding,
                }
                for step in self.steps
            ],
        }


def _step_html(step: Step) -> Html:
    """The step, its variants side by side."""
    code = [variant.code for variant in step.variants]
    variants = table(code, [[*map(_variant_html, step.variants)]]) if code else None
    found = Html(f"<b>{text(step.finding)}</b>") if step.finding else None
    return lines(Html(f"<h4>{text(step.title)}</h4>"), step.text, variants, found)


def _variant_html(variant: Variant) -> Html:
    rows = zip(variant.rows[:MAX_ROWS], variant.values[:MAX_ROWS], strict=True)
    numbers = ((name, *(f"{one:.3g}" for one in row[:MAX_COLUMNS])) for name, row in rows)
    weights = quiet("weights " + ", ".join(map(str, variant.weights))) if variant.weights else None
    values = table((), numbers) if variant.rows else None
    return lines(variant.shape, weights, values, variant.error, variant.note)


def _variant_json(variant: Variant) -> dict[str, Any]:
    return {
        "code": variant.code,
        "shape": variant.shape,
        "rows": list(variant.rows),
        "values": variant.values.tolist(),
        "weights": [list(shape) for shape in variant.weights],
        "error": variant.error,
        "note": variant.note,
    }


def shape(array: Values, axes: str) -> str:
    """The shape of `array`, with what each axis counts."""
    return f"{tuple(array.shape)} {axes}"


def turn_names(array: Values) -> tuple[str, ...]:
    """Names of the rows of an array with a row for each turn."""
    return tuple(f"turn{number:>3}" for number in range(len(array)))


def difference(first: Values, second: Values) -> str:
    """The largest difference between two arrays, as `magnitude` writes it."""
    return magnitude(first - second)


def magnitude(array: Values) -> str:
    """The largest absolute value in few characters; below the rounding of a float32 it is 0."""
    size = float(np.abs(array).max(initial=0))
    return "0" if size < ROUNDING else f"{size:.3f}" if size >= 0.0005 else f"{size:.0e}"


ROUNDING = 2e-6
"""What two ways to compute the same float32 may differ by."""
