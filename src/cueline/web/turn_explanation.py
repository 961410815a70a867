"""Why a turn was decided as it was: what was new to the policy, and what mattered."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

import numpy as np
from msgspec.structs import replace

from cueline.dialogue import Dialogue, Feature, Turn
from cueline.evaluation.scored_corpus import ScoredCorpus
from cueline.features.vocabulary import UNKNOWN
from cueline.policy import Policy
from cueline.tokenizer import tokens
from cueline.web.corpus_view import CorpusView
from cueline.web.dialogue_view import read
from cueline.web.schemas.reading import ExplainedTurn, SentFeature


def explained(policy: Policy, turns: Sequence[Turn]) -> ExplainedTurn:
    """The last of `turns`, each with what was done at it."""
    done = tuple(replace(turn, actions=turn.actions or ()) for turn in turns)
    scored = ScoredCorpus.of(policy, [Dialogue("talk", done)])
    answer = read(CorpusView(scored, assumed=False), 0).turns[-1]
    novel = bool(policy.decision_model.are_novel(scored.newness[-1:])[0])
    threshold = (policy.decision_model.novel if novel else policy.decision_model.alike).sure
    return ExplainedTurn(
        reason=policy.decide(Dialogue("talk", done))[-1].reason,
        risk=policy.decision_model.risk,
        sure_from=float(threshold) if np.isfinite(threshold) else None,
        novel=novel,
        unknown_words=unknown_words(policy, turns[-1].user),
        features=[sent(policy, name, value) for name, value in turns[-1].features.items()],
        heat=answer.heat,
        seen=answer.seen,
    )


def unknown_words(policy: Policy, user: str | None) -> list[tuple[int, int]]:
    """Where the words stand that training never had, in characters of `user`."""
    if user is None:
        return []
    heard = tokens(user, policy.featurizer.max_words)
    numbers = policy.featurizer.vocabulary.words([token.word for token in heard])
    pairs = zip(heard, numbers, strict=True)
    return [(token.start, token.end) for token, number in pairs if number == UNKNOWN]


def sent(policy: Policy, name: str, value: Feature) -> SentFeature:
    """A feature of a turn, whether training had it so, and what may have been meant."""
    context = policy.featurizer.context
    columns, _ = context.entries({name: value})
    known = [feature.name for feature in context.features]
    close = get_close_matches(name, known, n=1)
    return SentFeature(
        name,
        known=name in known,
        seen=context.novel({name: value}, columns) == 0,
        meant=close[0] if close and name not in known else None,
    )
