"""What the page is given of one dialogue: its turns, and why each is decided as it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct

from cueline.dialogue import Arguments, Feature, Span, Value
from cueline.policy import Candidate
from cueline.policy.decisions.decision import Reason
from cueline.web.verdicts import Verdict


class DecidedAnswer(Struct):
    """What the policy decides."""

    actions: tuple[str, ...]
    confidence: float
    sure: bool
    likely: dict[str, float]
    """The likeliest actions, the likeliest first."""
    candidates: list[Candidate]
    masked: dict[str, list[str]]
    """The actions that were not allowed, by the reason."""
    spans: tuple[Span, ...]
    """What was heard in the user's words."""
    arguments: Arguments
    """What the actions are called with."""


class InfluenceAnswer(Struct):
    """What an earlier turn does to a decision."""

    turn: int
    change: float
    """How much likelier the decision is with it than without it."""
    without: tuple[str, ...]
    """What would have been decided without it."""


class DoneAnswer(Struct):
    """What was done at some turns of the training corpus."""

    actions: list[str]
    times: int


class SeenAnswer(Struct):
    """What training has seen of a turn."""

    times: int
    """At how many turns it was the same: what was said, the features, and what was done before."""
    done: list[DoneAnswer]
    """What was done at those turns, the most frequent first; some of it where it was very much."""
    turns: int
    """How many turns of the history are the same; one more where the dialogue begins there."""
    then: list[str]
    """What was done most often after those."""


class PieceRead(Struct):
    """Some of what the user said, and what it names."""

    text: str
    heard: str | None
    """The label that was heard."""
    value: Value | None
    """What the words stand for, where that is not the words."""
    due: str | None
    """The label that the corpus has there."""
    right: bool
    """Whether the corpus has a span of that label from the same character to the same."""


Match = Literal["right", "wrong", "left out", "not due", "unlabelled"]
"""How a call or an argument stands to the corpus; `unlabelled` where that says nothing of it."""


class ArgumentRead(Struct):
    """An argument as it is given, and as it is right."""

    name: str
    given: bool
    value: Any
    """Null where none is given."""
    missing: bool
    """Whether it is needed, and its value was found nowhere."""
    state: Match
    right: Any
    """The value in the corpus, null where it has none."""
    source: str | None
    """What it was copied from, as `decision.copied` has it."""
    turn: int | None
    """The turn that it was copied from; null for a constant of training."""
    probability: float | None


class CallRead(Struct):
    """A call as it is made, beside the one in the corpus that it is most like."""

    action: str
    state: Match
    arguments: list[ArgumentRead]


class WordsRead(Struct):
    """What was heard at a turn, and the calls made there."""

    labelled: bool
    """Whether it is known which spans are right."""
    pieces: list[PieceRead]
    """What the user said, in order; empty where nothing in it is named."""
    calls: list[CallRead]


class TurnRead(Struct):
    """A turn of a dialogue that is looked at."""

    user: str | None
    system: str | None
    features: Mapping[str, Feature]
    available: tuple[str, ...] | None
    expected: tuple[str, ...] | None
    """The right actions (or labels, at the last turn); null where no answer is due, or where nobody
    said what is right."""
    done: tuple[str, ...]
    """What the corpus has, or what was done; right only if someone says so, if it is live."""
    spans: tuple[Span, ...]
    arguments: Arguments
    right: bool | None
    verdict: Verdict | None
    """What people said of it."""
    decided: DecidedAnswer
    heat: list[InfluenceAnswer]
    """The earlier turns that matter, the most influential first."""
    seen: SeenAnswer | None
    """Null where no answer is due, or where the policy carries nothing of what it has seen."""
    words: WordsRead | None
    """Null where nothing is named and nothing is called."""


class ReadAnswer(Struct):
    """A dialogue, turn by turn."""

    id: str
    policy: str
    turns: list[TurnRead]


class SentFeature(Struct):
    """A feature that was sent with a turn."""

    name: str
    known: bool
    """Whether the policy has a feature of that name: else it is not looked at."""
    seen: bool
    """Whether training had it with that value."""
    meant: str | None
    """The known name that it may be a misspelling of."""


class ExplainedTurn(Struct):
    """Why the last turn of a dialogue is decided as it is."""

    reason: Reason
    """Why the decision is sure or not; the first reason that holds."""
    risk: float
    """The share of wrong ones among sure decisions that was chosen."""
    sure_from: float | None
    """Such turns are sure from this confidence; null where they never are."""
    novel: bool
    """Whether so much of it is new that it is held to the threshold of new turns."""
    unknown_words: list[tuple[int, int]]
    """Where words stand that training never had: from and to, in characters."""
    features: list[SentFeature]
    heat: list[InfluenceAnswer]
    seen: SeenAnswer | None
