"""What a policy must reach: `micro_f1>=0.9`, by names that stand in the report's JSON.

free_running.exact>=0.8                 a name reaches into the report by dots
exact>=baselines.linear.exact           on the right stands a number, or another figure
against.figures.exact.interval.0>=0     a number counts the items of a list, from 0
"""

from __future__ import annotations

import operator
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from cueline.errors import CuelineError

_OPERATORS = {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt}
_GATE = re.compile(r"\s*(.*[^<>=\s])\s*(>=|<=|>|<)\s*([^<>=\s](?:[^<>=]*[^<>=\s])?)\s*")
_NEAR = 3


@dataclass(frozen=True, slots=True)
class MetricGate:
    """One condition on the figures of a report."""

    figure: str
    operator: str
    bound: str
    """A number, or the name of another figure."""

    @classmethod
    def parse(cls, text: str) -> MetricGate:
        """The gate that `text` says. Raises `CuelineError` where it says none."""
        found = _GATE.fullmatch(text)
        if not found:
            raise CuelineError(
                f"--gate {text!r} is no condition; write FIGURE>=NUMBER, such as 'micro_f1>=0.9', "
                "with >=, >, <= or <"
            )
        return cls(*found.groups())

    def failure(self, report: Mapping[str, Any]) -> str | None:
        """One line that says by how much it is missed; None where it is passed.

        `report` is that of `Report.as_json`. Raises `CuelineError` for a name that is not in it.
        """
        value, bound = figure(report, self.figure), self._bound(report)
        if _OPERATORS[self.operator](value, bound):
            return None
        return f"gate failed: {self}; it is {value:.6g}, against {bound:.6g}"

    def __str__(self) -> str:
        return f"{self.figure}{self.operator}{self.bound}"

    def _bound(self, report: Mapping[str, Any]) -> float:
        try:
            return float(self.bound)
        except ValueError:
            return figure(report, self.bound)


def figure(report: Mapping[str, Any], name: str) -> float:
    """The number of that name. Raises `CuelineError`, with near names, where there is none."""
    numbers = dict(_numbers(report))
    value = numbers.get(name)
    if value is not None:
        return value
    for null in (one for one, number in numbers.items() if number is None):
        if f"{name}.".startswith(f"{null}."):
            raise CuelineError(
                f"--gate: {name!r} has no value here: in the report {null!r} is null"
            )
    near = ", ".join(_near(name, list(numbers))) or "those of `evaluate --json`"
    raise CuelineError(f"--gate: the report has no figure {name!r}; near it: {near}")


def _numbers(value: Any, name: str = "") -> Iterator[tuple[str, float | None]]:
    """Every number of the report by its whole name, and what could have been one and is null."""
    items: Iterator[tuple[Any, Any]] = iter(())
    if isinstance(value, Mapping):
        items = iter(value.items())
    elif isinstance(value, list | tuple):
        items = iter(enumerate(value))
    elif value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        yield name, value
    for key, item in items:
        yield from _numbers(item, f"{name}.{key}" if name else str(key))


def _near(name: str, names: list[str]) -> list[str]:
    """Names that begin or end with it, or else are spelt alike."""
    around = [one for one in names if one.startswith(f"{name}.") or one.endswith(f".{name}")]
    outer = [one for one in names if not re.search(r"\.\d+\.\D", one)]  # not of single turns
    return around[:_NEAR] or get_close_matches(name, outer, _NEAR)
