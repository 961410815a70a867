"""Routers that look at one message: what a cascade is made of elsewhere.

A semantic router takes what was done at the nearest message that it knows; a classifier is fitted
to messages and what was done at them. Both choose among the tools that are offered, and the
policy's own model of arguments fills in their calls, which neither could do: what differs is who
decides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

import msgspec
import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from cueline.dialogue import Dialogue, Turn
from cueline.policy import Decision, Policy
from cueline.types import Floats

Actions = frozenset[str]
Vectors = Callable[[Sequence[str]], Any]
"""From texts to rows of length 1, dense or sparse."""
_STRENGTHS = (1.0, 10.0, 100.0)
"""Inverse strengths of regularisation that the classifier chooses from."""
_ROWS = 512


class Message(NamedTuple):
    """What a router sees at a turn, and what was done there."""

    text: str
    actions: Actions
    allowed: Actions | None


class Router(Protocol):
    """Fitted to messages."""

    classes: list[Actions]

    def scores(self, texts: Sequence[str]) -> Floats:
        """How well each class fits, from 0 to 1. *Shape:* (N, classes)."""
        ...


def messages(dialogues: Sequence[Dialogue]) -> list[Message]:
    """The message at each turn: what the user said, or what tools returned where nobody did."""
    return [
        Message(
            _text(turn),
            frozenset(turn.actions or ()),
            None if turn.available is None else frozenset(turn.available),
        )
        for dialogue in dialogues
        for turn in dialogue.turns
    ]


class NearestNeighbour:
    """The nearest message of each class, by the cosine of vectors."""

    def __init__(self, learned: Sequence[Message], vectors: Vectors) -> None:
        self.classes, self._numbers = _classes(learned)
        self._vectors = vectors
        self._known = vectors([one.text for one in learned])

    def scores(self, texts: Sequence[str]) -> Floats:
        found = np.zeros((len(texts), len(self.classes)))
        order = np.argsort(self._numbers, kind="stable")
        starts = np.searchsorted(self._numbers[order], np.arange(len(self.classes)))
        known, rows = self._known[order], self._vectors(texts)
        for first in range(0, len(texts), _ROWS):
            near = rows[first : first + _ROWS] @ known.T
            near = near.toarray() if hasattr(near, "toarray") else near
            found[first : first + _ROWS] = np.maximum.reduceat(near, starts, axis=1)
        return np.clip(found, 0, 1)


class Classifier:
    """Logistic regression on vectors, as strong as does best on messages that it has not seen."""

    def __init__(
        self, learned: Sequence[Message], fitted: Sequence[Message], vectors: Vectors
    ) -> None:
        self.classes, numbers = _classes(learned)
        self._vectors = vectors
        rows, others = vectors([one.text for one in learned]), vectors([one.text for one in fitted])
        models = [LogisticRegression(C=c, max_iter=2000).fit(rows, numbers) for c in _STRENGTHS]
        right = [self._right(model.predict(others), fitted) for model in models]
        self._model = models[int(np.argmax(right))]

    def _right(self, predicted: Any, fitted: Sequence[Message]) -> int:
        pairs = zip(predicted, fitted, strict=True)
        return sum(self.classes[number] == one.actions for number, one in pairs)

    def scores(self, texts: Sequence[str]) -> Floats:
        return np.asarray(self._model.predict_proba(self._vectors(texts)))


def tfidf(learned: Sequence[Message]) -> Vectors:
    """TF-IDF of words and pairs of words (Salton and Buckley, 1988)."""
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    vectorizer.fit([one.text for one in learned])
    return lambda texts: vectorizer.transform(texts)


def decide(router: Router, policy: Policy, dialogues: Sequence[Dialogue]) -> list[Decision]:
    """The decision at each turn, with arguments; a confidence of 0 where none is possible."""
    asked = messages(dialogues)
    allowed = np.array([_allowed(router.classes, one.allowed) for one in asked])
    scores = np.where(allowed, router.scores([one.text for one in asked]), -1.0)
    best = scores.argmax(axis=1)
    heard = [one for dialogue in dialogues for one in policy.listener.hear_all(dialogue)]
    decisions = []
    for row, (choice, known) in enumerate(zip(best.tolist(), heard, strict=True)):
        decision = _decision(router.classes[choice], max(float(scores[row, choice]), 0.0))
        if policy.argument_model is not None:
            decision = policy.argument_model.complete(decision, known)
        if decision.missing:
            decision = msgspec.structs.replace(decision, confidence=0.0)
        decisions.append(decision)
    return decisions


def _decision(actions: Actions, confidence: float) -> Decision:
    return Decision(
        actions=tuple(sorted(actions)),
        probabilities={},
        sure=True,
        reason="sure",
        confidence=confidence,
        masked=(),
        reasons={},
        candidates=(),
        cut=False,
        risk=1.0,
        coverage=0.9,
    )


def _classes(learned: Sequence[Message]) -> tuple[list[Actions], Any]:
    classes = sorted({one.actions for one in learned}, key=sorted)
    number = {actions: place for place, actions in enumerate(classes)}
    return classes, np.array([number[one.actions] for one in learned])


def _allowed(classes: Sequence[Actions], allowed: Actions | None) -> list[bool]:
    return [allowed is None or actions <= allowed for actions in classes]


def _text(turn: Turn) -> str:
    if turn.user is not None:
        return turn.user
    results = [one for some in turn.results.values() for one in some]
    return " ".join(msgspec.json.encode(one).decode() for one in results)
