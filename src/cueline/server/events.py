"""What is stored: a dialogue is the list of its events, and everything else follows from them.

An event is never changed. Its place in the list, 0 for `Opened`, is its `seq`: a store takes an
event only at the next free place, and that is what keeps a dialogue in order.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

from cueline.dialogue import NO_FEATURES, Turn
from cueline.policy.decisions.decision_model import Decision, Reason

Features = dict[str, str | bool | int | float | list[str]]


class CandidateRecord(Struct, frozen=True):
    """A set of actions and the probability that it is the right one."""

    actions: list[str]
    probability: float


class DecisionRecord(Struct, frozen=True):
    """A decision as JSON has it."""

    actions: list[str]
    probabilities: dict[str, float]
    sure: bool
    reason: Reason
    confidence: float
    masked: list[str]
    reasons: dict[str, str]
    """For each masked action, why."""
    candidates: list[CandidateRecord]
    cut: bool
    """Whether there are more candidates than are named."""
    risk: float
    """The share of wrong ones among sure decisions that was chosen."""
    coverage: float
    """The share of turns with the right set among the candidates that was chosen."""

    @classmethod
    def of(cls, decision: Decision) -> DecisionRecord:
        """`decision` as a record."""
        return cls(
            list(decision.actions),
            dict(decision.probabilities),
            decision.sure,
            decision.reason,
            decision.confidence,
            list(decision.masked),
            dict(decision.masked),
            [CandidateRecord(list(actions), p) for actions, p in decision.candidates],
            decision.cut,
            decision.risk,
            decision.coverage,
        )


class ShadowRecord(Struct, frozen=True):
    """What another policy would have done at the turn, had it been asked."""

    policy: str
    decision: DecisionRecord


class Said(Struct, frozen=True, omit_defaults=True):
    """A turn as it came: what was known before the system acted."""

    user: str | None
    features: Features = {}
    available: list[str] | None = None
    system: str | None = None

    def turn(self, actions: list[str] | None = None) -> Turn:
        """As a `Turn`, with the `actions` done there if they are known."""
        features = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in self.features.items()
        }
        return Turn(
            user=self.user,
            features=features or NO_FEATURES,
            available=None if self.available is None else tuple(self.available),
            actions=None if actions is None else tuple(actions),
            system=self.system,
        )


class Opened(Struct, frozen=True, tag="opened", omit_defaults=True):
    """A dialogue begins. Times are in seconds since 1970, UTC."""

    at: float
    policy: str
    user: str | None = None
    """Whose dialogue it is, in the caller's own words; to export and erase it by."""


class Stepped(Struct, frozen=True, tag="turn", omit_defaults=True):
    """A turn and what was decided at it, by which policy."""

    at: float
    turn: int
    said: Said
    decision: DecisionRecord
    policy: str
    took: list[str] | None = None
    """What the system really did at the turn before, where that was not what was decided."""
    key: str | None = None
    """The `Idempotency-Key` it came with."""
    digest: str | None = None
    """With a key: a hash of the request, to tell a retry from another turn under the same key."""
    shadow: ShadowRecord | None = None


class Corrected(Struct, frozen=True, tag="correction"):
    """Someone says what would have been right at a turn; what was decided there stays decided."""

    at: float
    turn: int
    actions: list[str]


Event = Opened | Stepped | Corrected

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)

encode = _encoder.encode
decode = _decoder.decode
