"""What the page is given of many dialogues: how good a policy is, and where they go."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

from cueline.evaluation.curve import CurvePoint
from cueline.web.schemas.lists import ReviewAnswer


class ConfusionAnswer(Struct):
    """Which actions are taken for which."""

    actions: list[str]
    counts: list[list[int]]
    """A row for each action that was right, a column for each that was decided; in the last row
    and column stands what has no counterpart."""


class EvaluationAnswer(Struct):
    """How good a policy is."""

    report: dict[str, Any] | None
    """As `cueline evaluate --json` writes it, but for the failures; null for what is live, where
    only the turns count that someone looked at."""
    review: ReviewAnswer
    sure_from: float | None
    """The confidence from which the policy is sure; null where it never is."""
    confusion: ConfusionAnswer
    training: dict[str, Any]
    """What is known of how the policy was trained."""
    curve: list[CurvePoint]
    """What `cueline curve` found, the fewest dialogues first; none where it was not given."""


ChangeKind = Literal["broken", "fixed", "other", "unjudged"]


class ChangeRow(Struct):
    """A turn that two policies decide differently."""

    kind: ChangeKind
    id: str
    turn: int
    user: str | None
    expected: tuple[str, ...] | None
    """What is right; null where nobody said so."""
    before: tuple[str, ...]
    after: tuple[str, ...]


class ChangesAnswer(Struct):
    """What changes from one policy to another."""

    turns: int
    fixed: int
    """Turns that were wrong and are right now."""
    broken: int
    """Turns that were right and are wrong now."""
    other: int
    """Turns decided otherwise, but wrong both times."""
    unjudged: int
    """Turns decided otherwise of which nobody said what is right."""
    changes: list[ChangeRow]
    """Some of them: those broken first, then those fixed, the others, and the unjudged ones."""


class NodeAnswer(Struct):
    """A set of actions at a turn."""

    set: int
    """Its number, the most frequent set first; -1 where the dialogue is over, -2 for the others."""
    actions: list[str]
    dialogues: int


class FlowEdgeAnswer(Struct):
    """From a set at a turn to one at the next."""

    start: int
    end: int
    dialogues: int


class FlowAnswer(Struct):
    """Where dialogues go after a path."""

    total: int
    """Dialogues there are."""
    dialogues: int
    """Those that go along the path."""
    columns: list[list[NodeAnswer]]
    """A column a turn: those of the path, then those after it."""
    ways: list[list[FlowEdgeAnswer]]
    """From each column to the next."""
