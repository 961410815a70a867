"""What the page is given to draw a dialogue as the layers of a policy see it."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from cueline.dialogue import Span, Turn


class ShapesRequest(Struct, forbid_unknown_fields=True):
    """A dialogue to walk through the network."""

    turns: Annotated[tuple[Turn, ...], Meta(min_length=1)]
    """Their actions are those decided where they are left out."""


class TaggerSizesAnswer(Struct):
    """How wide the arrays of a word tagger are."""

    embedding: int
    """Size of a word's vector: the word, its form, its ending, and what was going on."""
    units: int
    """Units of both directions together."""
    tags: list[str]
    """By number: `O`, then `B-` and `I-` of each label."""


class TaggedWordsAnswer(Struct):
    """The words of a turn and what each is part of; lists as long as there are words."""

    words: list[str]
    scores: list[list[float]]
    """A row for each word, a column for each tag."""
    tags: list[int]
    """The number of each word's tag, on the best legal path."""
    spans: list[Span]


class SizesAnswer(Struct):
    """How wide the arrays of a policy are."""

    encoder: str
    memory: str
    embedding: int
    """Size of a word's vector."""
    encoding: int
    """Size of the vector of a turn's words."""
    context: int
    """Size of all else that is known at a turn."""
    turn: int
    """Size of a turn vector, which the memory reads."""
    units: int
    """Size of the memory's output, `h`."""
    actions: int


class KnownTurn(Struct):
    """A turn, and what is left of the earlier ones."""

    user: str | None
    words: int
    """Words and word pairs that are read."""
    together: tuple[str, ...]
    """What is decided with the memory."""
    alone: tuple[str, ...]
    """What would be decided without it."""
    norm: float
    """Length of `h`."""
    norm_alone: float
    knows: list[float]
    """For each turn up to this one: by how much `h` differs if that turn is made silent."""
    tagged: TaggedWordsAnswer | None
    """Null where nothing is said, and for a policy without a tagger."""


class ShapesAnswer(Struct):
    """A dialogue as the layers of the policy see it."""

    sizes: SizesAnswer
    tagger: TaggerSizesAnswer | None
    """Null for a policy that hears no words."""
    turns: list[KnownTurn]
