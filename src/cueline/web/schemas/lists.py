"""What the page's lists are given: the policy, the dialogues and the turns that there are."""

from __future__ import annotations

from msgspec import Struct

from cueline.features.context import Kind


class FeatureAnswer(Struct):
    """A context feature that the policy knows."""

    name: str
    kind: Kind
    values: list[str]
    """The values of a category that training had."""


class PolicyAnswer(Struct):
    """A policy, as one needs to know it to chat with it."""

    hash: str
    actions: list[str]
    features: list[FeatureAnswer]
    single: bool
    """Whether exactly one action is decided on."""
    sure_from: float | None
    """A decision is sure from this confidence; null where none ever is."""


class ActionCount(Struct):
    """An action, and at how many turns it is right."""

    name: str
    turns: int


class ReviewAnswer(Struct):
    """How far people have looked through what there is."""

    turns: int
    corrected: int
    """Turns at which someone said that something else would have been right."""
    confirmed: int
    """Turns at which someone said that it was right."""
    disputed: int
    """Turns at which two people call different actions right."""
    agreed: int
    """Turns at which two people or more call the same actions right."""
    right: int
    """Turns, of those corrected or confirmed, that are decided right."""
    by_author: dict[str, int]
    """Who said something of how many turns; an empty name for those who gave none."""


class CorpusAnswer(Struct):
    """What there is to look at."""

    policy: str
    """The policy whose decisions are shown."""
    dialogues: int
    turns: int
    kinds: dict[str, int]
    """How many dialogues have a turn that is `wrong`, `unsure`, has a `rare` action, is
    `corrected`, `confirmed` or `disputed`, or was `deferred` or `audited` by a cascade."""
    actions: list[ActionCount]
    """The most frequent first."""
    review: ReviewAnswer


class RowAnswer(Struct):
    """A dialogue in a list."""

    id: str
    turns: int
    opening: str
    """The first thing said."""
    kinds: dict[str, int]
    """How many of its turns are of each kind; those it has none of are left out."""
    first_wrong: int | None
    at: float | None
    """When its last turn was, in seconds since 1970; null for what has no time."""


class RowsAnswer(Struct):
    """Some of the dialogues that were asked for, and how many there are together."""

    total: int
    rows: list[RowAnswer]


class TurnRow(Struct):
    """A turn in a list."""

    id: str
    """That of its dialogue."""
    turn: int
    user: str | None
    expected: tuple[str, ...] | None
    """The right actions; null where nobody said what is right."""
    decided: tuple[str, ...]
    confidence: float
    sure: bool
    right: bool | None
    done: tuple[str, ...]
    """What the corpus has there, or what was done, by whomever."""
    at: float | None
    """When it was, in seconds since 1970; null for what has no time."""
    said: str | None
    """`corrected`, `confirmed`, or null where nobody said anything of it."""


class TurnsAnswer(Struct):
    """Some of the turns that were asked for, and how many there are together."""

    total: int
    rows: list[TurnRow]
