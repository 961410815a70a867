"""What callers send and get, as JSON; the schema at `/openapi.json` is made from these."""

from __future__ import annotations

from hashlib import blake2b
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from cueline.dialogue import Arguments, Names, Span, Turn
from cueline.policy import Decision
from cueline.server.events import ShadowDecision, Stepped
from cueline.web.verdicts import Opinion

Number = Annotated[int, Meta(ge=0, le=1_000_000_000)]
USER = "^[A-Za-z0-9_@:+=~-][A-Za-z0-9_@:+=~.-]{0,199}$"
User = Annotated[str, Meta(pattern=USER + r"(?!\n)")]
"""A caller's name for a user, such as can stand in a path; in Python, `$` lets a newline by."""


Author = Annotated[str, Meta(min_length=1, max_length=100)]
"""Who corrects or trains, as they call themselves."""


class OpenRequest(Struct, forbid_unknown_fields=True):
    """Whose dialogue it is, if that should be known: to export and erase all of a user's."""

    user: User | None = None


class OpenAnswer(Struct):
    """The dialogue that was opened."""

    id: str


class StepRequest(Turn, frozen=True, kw_only=True):
    """A turn of the corpus format, its actions and their arguments open."""

    actions: None = None
    arguments: None = None  # type: ignore[assignment]
    turn: Number | None = None
    """The number of the turn, from 0; refused if it is not the next."""
    took: Names | None = None
    """What the system really did at the turn before, where that was not what was decided."""

    @property
    def said(self) -> Turn:
        """The turn as it is stored."""
        return Turn(
            self.user,
            self.features,
            self.available,
            system=self.system,
            spans=self.spans,
            results=self.results,
        )

    def digest(self) -> str:
        """A hash of the request, to tell a retry from another turn."""
        return blake2b(msgspec.json.encode(self), digest_size=12).hexdigest()


class StepAnswer(Decision, frozen=True, kw_only=True):
    """What the policy decides at the turn."""

    turn: int
    policy: str

    @classmethod
    def to(cls, event: Stepped) -> StepAnswer:
        """The answer to a turn: the same, however often it is asked for."""
        decision = msgspec.structs.asdict(event.decision)
        return cls(**decision, turn=event.turn, policy=event.policy)


class BatchStepRequest(StepRequest, frozen=True, kw_only=True):
    """A turn of one dialogue among several."""

    dialogue: str
    key: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    """As the header `Idempotency-Key` of a single turn."""

    def step(self) -> StepRequest:
        """The turn by itself."""
        fields = {name: getattr(self, name) for name in StepRequest.__struct_fields__}
        return StepRequest(**fields)


class ProblemAnswer(Struct, omit_defaults=True):
    """What went wrong (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    next: int | None = None
    """For a turn that is not next: the one that is."""


class BatchStepAnswer(Struct, omit_defaults=True):
    """One of a batch: an answer, or what went wrong."""

    dialogue: str
    answer: StepAnswer | None = None
    problem: ProblemAnswer | None = None


class CorrectionRequest(Struct, forbid_unknown_fields=True):
    """What would have been right; to say what was decided confirms it."""

    actions: Names
    author: Author | None = None
    """Who says so; whoever calls with an API key is who the key is for."""
    spans: tuple[Span, ...] | None = None
    """What the user named there; null where nothing is said of it."""
    arguments: Arguments | None = None
    """What the actions are called with; likewise."""


class TurnCorrection(CorrectionRequest, kw_only=True, forbid_unknown_fields=True):
    """What would have been right at a turn that is looked at."""

    dialogue: str
    """By its id in the list."""
    turn: Number


class CorrectionsRequest(Struct, forbid_unknown_fields=True):
    """What would have been right at several turns."""

    corrections: list[TurnCorrection]
    author: Author | None = None
    """Who says so, where a correction does not say it itself."""


class CorrectedAnswer(Struct):
    """How many corrections were stored."""

    corrected: int


class CorrectionRow(Struct):
    """A correction in a list. Times are in seconds since 1970, UTC."""

    source: Literal["corpus", "live"]
    id: str
    """That of the dialogue."""
    turn: int
    user: str | None
    decided: tuple[str, ...]
    """What was decided there, then."""
    actions: tuple[str, ...]
    """What would have been right; a confirmation where it is what was decided."""
    author: str | None
    at: float
    opinions: list[Opinion]
    """What each person called right there last."""
    spans: tuple[Span, ...] | None
    arguments: Arguments | None


class CorrectionsAnswer(Struct):
    """All corrections."""

    learned_until: float | None
    """Those before were learned from by the training that began then; null where there was none."""
    rows: list[CorrectionRow]


class CorrectionAnswer(Struct):
    """The correction as it was stored."""

    turn: int
    actions: tuple[str, ...]
    unknown: tuple[str, ...]
    """Those that the policy has no such action for: spelt wrong, or yet to be learned."""


class TurnAnswer(Turn, frozen=True, kw_only=True):
    """A turn of a dialogue as it was, and all that is known of it since."""

    actions: None = None
    turn: int
    decision: Decision
    policy: str
    took: tuple[str, ...] | None = None
    """What was really done, where that is known not to be the decision."""
    correction: tuple[str, ...] | None = None
    """What would have been right, by the latest correction."""
    shadow: ShadowDecision | None = None


class DialogueAnswer(Struct):
    """A dialogue."""

    id: str
    policy: str
    """The policy that decides the next turn."""
    user: str | None
    turns: list[TurnAnswer]


class PolicyRequest(Struct, forbid_unknown_fields=True):
    """A policy folder by its name in the folder of policies."""

    name: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$")]


class SwapRequest(Struct, forbid_unknown_fields=True):
    """The policy that new dialogues get."""

    policy: str
    replay: bool = False
    """Whether live dialogues go over to it too, each at its next turn."""


class ShadowRequest(Struct, forbid_unknown_fields=True):
    """The policy that decides beside, null for none."""

    policy: str | None


class GateAnswer(Struct):
    """How a policy did before it was let in."""

    policy: str
    dialogues: int
    turns: int
    """Live turns that were replayed to it."""
    agreement: float
    """Share of them at which it decides what was decided."""
    corrected: int
    corrected_right: float
    """Share of the corrected turns at which it decides what is right; 1 where there are none."""
    gate_turns: int
    gate_exact: float
    """Share of the turns of the gate's corpus that it decides right; 1 without a corpus."""


class PoliciesAnswer(Struct):
    """The policies that are loaded, by hash."""

    current: str
    previous: str | None
    shadow: str | None
    loaded: list[str]


class TrainingRequest(Struct, forbid_unknown_fields=True):
    """What is to become of the new policy."""

    serve: bool = False
    """Whether new dialogues get it, once it is past the gate."""
    author: Author | None = None
    """Who asks for it; whoever calls with an API key is who the key is for."""
    since: Annotated[float, Meta(ge=0)] | None = None
    """Learn from all dialogues that began since then, in seconds since 1970, not from corrected
    ones alone."""


TrainingState = Literal[
    "training", "gate", "trained", "serving", "refused", "failed", "cancelled", "interrupted"
]
"""`training` and `gate` are under way. `serving`: it was let in, and new dialogues got it from then
on. `refused`: the gate is shut. `interrupted`: the server ended first; begin again."""


class TrainingJob(Struct, kw_only=True):
    """A training, from its base to the policy it made. Times are in seconds since 1970, UTC."""

    name: str
    """That of the policy to be, in the folder of policies."""
    state: TrainingState
    began: float
    ended: float | None = None
    base: str
    """The policy that is trained further."""
    dialogues: int
    """Those that it learns from."""
    corrections: int
    """Their corrected turns."""
    epochs: int
    """At the most: it stops early."""
    epoch: int = 0
    """The latest that is over."""
    seconds_left: float | None = None
    """At the most, if all epochs are needed; null while nobody can say."""
    author: str | None = None
    key: str | None = None
    """The Idempotency-Key that it was asked for with."""
    policy: str | None = None
    """The policy that came out."""
    gate: GateAnswer | None = None
    detail: str | None = None
    """Why it failed or was refused."""
    lines: list[str] = []
    """What it has said so far; only of the latest."""


class TrainingAnswer(Struct):
    """Where the trainings stand."""

    possible: bool = False
    """Whether the server may train."""
    running: bool = False
    """Whether this server does."""
    current: str | None = None
    """The policy of new dialogues."""
    previous: str | None = None
    """The one before it, which can be gone back to."""
    jobs: list[TrainingJob] = []
    """The latest first."""


class Question(Struct):
    """A turn that was sure, and answered: was that right?"""

    question: int
    dialogue: str
    turn: int
    user: str | None
    """What was said."""
    decision: Decision
    arguments: Arguments
    """What the actions were called with."""


class QuestionAnswer(Struct):
    """The first turn that waits for a person, if one does."""

    waiting: int
    first: Question | None = None


class VerdictRequest(CorrectionRequest, kw_only=True):
    """What is right at the turn of a question; to say what was decided confirms it."""

    question: Number


class VerdictAnswer(Struct):
    """What that makes of the turn."""

    wrong: bool


class EraseAnswer(Struct):
    """How many dialogues were erased."""

    erased: int


class DeletedAnswer(Struct):
    """That the conversation with this response is gone, as OpenAI's clients know it."""

    id: str
    object: str = "response"
    deleted: bool = True


class HealthAnswer(Struct):
    """That it is there."""

    status: str


class CascadeStanding(Struct):
    """Who answers agents now; `GET /v1/cascade` says more of it."""

    upstream: str
    standing: str
    answers_from: float | None
    """The confidence from which sure turns are answered here; null where none are."""


class ReadyAnswer(Struct, omit_defaults=True):
    """That turns can be taken."""

    status: str
    cascade: CascadeStanding | None = None
