"""What the page is given, as JSON; the service's schema is made from these too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from cueline.dialogue import Arguments, Feature, Span, Turn, Value
from cueline.evaluation.curve import CurvePoint
from cueline.features.context import Kind
from cueline.policy import Candidate
from cueline.policy.decisions.decision import Reason
from cueline.web.verdicts import Verdict


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
    right: int
    """Turns, of those corrected or confirmed, that are decided right."""
    by_author: dict[str, int]
    """Whose word counts at how many turns; an empty name for those who gave none."""


class CorpusAnswer(Struct):
    """What there is to look at."""

    policy: str
    """The policy whose decisions are shown."""
    dialogues: int
    turns: int
    kinds: dict[str, int]
    """How many dialogues have a turn that is `wrong`, `unsure`, has a `rare` action, or is
    `corrected`, `confirmed` or `disputed`."""
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
    """When its last event was, in seconds since 1970; null for what has no time."""


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
    said: str | None
    """`corrected`, `confirmed`, or null where nobody said anything of it."""


class TurnsAnswer(Struct):
    """Some of the turns that were asked for, and how many there are together."""

    total: int
    rows: list[TurnRow]


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
