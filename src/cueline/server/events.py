"""What is stored: a dialogue is the list of its events, and everything else follows from them.

An event is never changed. Its place in the list, 0 for `Opened`, is its `seq`: a store takes an
event only at the next free place, and that is what keeps a dialogue in order.

Stored, an event ends with a hash of itself and of the hash before it (Haber and Stornetta, 1991: a
chain of time stamps). Whoever changes what is stored breaks the chain there, or must make it anew
from there on; then the last hash, the head, is another than one exported before.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import Any, Literal

import msgspec
from msgspec import Struct

from cueline.dialogue import Arguments, Span, Turn
from cueline.policy import Decision


class ShadowDecision(Struct, frozen=True):
    """What another policy would have done at the turn, had it been asked."""

    policy: str
    decision: Decision


class Done(Struct, frozen=True, omit_defaults=True):
    """What was really done at a turn, where that was not left to the policy."""

    actions: tuple[str, ...]
    arguments: Arguments = {}
    system: str | None = None
    """What was said."""


class Opened(Struct, frozen=True, tag="opened", omit_defaults=True):
    """A dialogue begins. Times are in seconds since 1970, UTC."""

    at: float
    policy: str
    user: str | None = None
    """Whose dialogue it is, in the caller's own words; to export and erase it by."""
    copy_of: str | None = None
    """The dialogue of the corpus that it goes as, so that its corrections can be kept."""


class Stepped(Struct, frozen=True, tag="turn", omit_defaults=True):
    """A turn and what was decided at it, by which policy."""

    at: float
    turn: int
    said: Turn
    """What was known before the system acted; what it did is not in it."""
    decision: Decision
    policy: str
    took: tuple[str, ...] | None = None
    """What the system really did at the turn before, where that was not what was decided."""
    key: str | None = None
    """The `Idempotency-Key` it came with."""
    digest: str | None = None
    """With a key: a hash of the request, to tell a retry from another turn under the same key."""
    shadow: ShadowDecision | None = None
    done: Done | None = None
    """By the model that the turn went to, or by the policy itself; None where it was not known yet
    when the turn was stored."""
    by: Literal["policy", "upstream", "caller"] = "policy"
    """Who did it; `caller` where a request merely says so of a turn before."""
    audited: bool = False
    """Whether it went upstream though the policy had an answer, which was held against that."""


class Corrected(Struct, frozen=True, tag="correction", omit_defaults=True):
    """Someone says what would have been right at a turn; what was decided there stays decided."""

    at: float
    turn: int
    actions: tuple[str, ...]
    author: str | None = None
    """Who says so."""
    key: str | None = None
    """The `Idempotency-Key` it came with."""
    spans: tuple[Span, ...] | None = None
    """What the user named there; None where nothing is said of it."""
    arguments: Arguments | None = None
    """What the actions are called with; likewise."""


class Responded(Struct, frozen=True, tag="response", omit_defaults=True):
    """An agent was answered, and may go on from the answer."""

    at: float
    id: str
    heard: list[Any]
    """What the request added to the conversation, as it came."""
    answer: dict[str, Any]
    """As it was sent."""
    after: str | None = None
    """The answer that it went on from, of the same conversation."""


class Withdrawn(Struct, frozen=True, tag="withdrawn", omit_defaults=True):
    """Nothing that was said of a turn so far counts any more."""

    at: float
    turn: int
    author: str | None = None
    key: str | None = None


class AuditedTurn(Struct, frozen=True):
    """A turn at which the policy was sure, and what the upstream did says whether it was right."""

    confidence: float
    wrong: bool


class Audited(Struct, frozen=True, tag="audit"):
    """Turns whose decisions were held against the upstream's, in order."""

    at: float
    turns: list[AuditedTurn]


class Asked(Struct, frozen=True, tag="asked"):
    """A sure turn that was drawn, and answered: a person is to say whether it was right."""

    at: float
    dialogue: str
    turn: int
    confidence: float


class Answered(Struct, frozen=True, tag="answered", omit_defaults=True):
    """A person has said it, or nobody can any more."""

    at: float
    question: int
    """The `seq` of the event that asked."""
    wrong: bool | None = None
    """None where the turn is gone: it counts neither way."""
    author: str | None = None


Event = Opened | Stepped | Corrected | Withdrawn | Responded | Audited | Asked | Answered

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)

decode = _decoder.decode
_TURN = b'{"type":"turn",'
_HASH = b',"hash":"'
_LENGTH = 32
"""Digits of a hash."""


def seal(event: Event, head: str = "") -> bytes:
    """`event` as it is stored after the one with the hash `head`; the first has none before it."""
    body = _encoder.encode(event)
    return b'%s%s%s"}' % (body[:-1], _HASH, _digest(head, body))


def is_turn(stored: bytes) -> bool:
    """Whether a stored event is a turn; it is not decoded for that."""
    return stored.startswith(_TURN)


def head_of(stored: bytes) -> str:
    """The hash that a stored event ends with; empty where it ends with none."""
    end = stored[-len(_HASH) - _LENGTH - 2 :]
    return end[len(_HASH) : -2].decode("latin-1") if end.startswith(_HASH) else ""


def tail_of(head: str) -> bytes:
    """What the stored event with the hash `head` ends with."""
    return b'%s"}' % head.encode()


def first_changed(stored: Sequence[bytes]) -> int | None:
    """The place of the first event that is not as it was stored; None where all are."""
    head = ""
    for place, event in enumerate(stored):
        begin = event[: -len(_HASH) - _LENGTH - 2]
        digest = _digest(head, begin + b"}")
        if event != b'%s%s%s"}' % (begin, _HASH, digest):
            return place
        head = digest.decode()
    return None


def _digest(head: str, body: bytes) -> bytes:
    return blake2b(head.encode() + body, digest_size=_LENGTH // 2).hexdigest().encode()
