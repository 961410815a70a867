"""What a dialogue has offered for arguments so far: small, and of a bounded size."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from cueline.dialogue import Arguments, Span, Turn, Value
from cueline.policy.arguments.values import leaves

MAX_TEXTS = 6
"""Texts of the user that are remembered, the latest ones."""
MAX_TEXT = 1000
"""Characters of each."""
MAX_CALLS = 8
"""Calls of an action that are remembered, the latest ones."""
MAX_VALUES = 400
"""Values of an action's results that are remembered, the first ones."""
MAX_RESULTS = 16
"""Actions whose results are remembered, the latest ones."""


class Memory(Struct, frozen=True, omit_defaults=True):
    """Values by where they were heard or seen; never changed, only replaced."""

    slots: Mapping[str, Value] = {}
    """The last value of each label that the user named."""
    texts: tuple[str, ...] = ()
    """What the user said, the latest last."""
    system: tuple[str, ...] = ()
    """What the system said at the turns before, the latest last."""
    calls: Mapping[str, tuple[Mapping[str, Any], ...]] = {}
    """What each action was called with at the turns before, the latest last."""
    results: Mapping[str, Mapping[str, tuple[Any, ...]]] = {}
    """What the last calls of each action returned, by the path to it."""
    last_calls: Arguments = {}
    """The calls of the last turn, which may yet be said to have been others."""
    last_system: str | None = None
    """What the system said at the last turn."""

    def after_hearing(self, turn: Turn, spans: tuple[Span, ...]) -> Memory:
        """With the last turn in it, and what is known at `turn` before the system acts."""
        changes: dict[str, Any] = self._last_turn()
        if spans:
            heard = {span.label: span_value(span, turn.user or "") for span in spans}
            changes["slots"] = {**self.slots, **heard}
        if turn.user:
            changes["texts"] = (*self.texts, turn.user[:MAX_TEXT])[-MAX_TEXTS:]
        if turn.results:
            found = {action: _by_path(some) for action, some in turn.results.items()}
            kept = {name: old for name, old in self.results.items() if name not in found}
            changes["results"] = dict([*kept.items(), *found.items()][-MAX_RESULTS:])
        return replace(self, **changes) if changes else self

    def after_acting(self, calls: Arguments, system: str | None) -> Memory:
        """With what the system did at the turn that was heard."""
        return replace(self, last_calls=calls, last_system=system)

    def _last_turn(self) -> dict[str, Any]:
        changes: dict[str, Any] = {}
        if self.last_calls:
            made = {
                action: (*self.calls.get(action, ()), *calls)[-MAX_CALLS:]
                for action, calls in self.last_calls.items()
            }
            changes.update(calls={**self.calls, **made}, last_calls={})
        if self.last_system:
            system = (*self.system, self.last_system[:MAX_TEXT])[-MAX_TEXTS:]
            changes.update(system=system, last_system=None)
        return changes


def span_value(span: Span, text: str) -> Value:
    """What a span stands for."""
    return text[span.start : span.end] if span.value is None else span.value


def _by_path(results: tuple[Any, ...]) -> dict[str, tuple[Any, ...]]:
    found: dict[str, list[Any]] = {}
    inner = (pair for result in results for pair in leaves(result, MAX_VALUES))
    for path, value in islice(inner, MAX_VALUES):
        found.setdefault(path, []).append(value)
    return {path: tuple(values) for path, values in found.items()}
