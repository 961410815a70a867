"""What another policy changes is what comparing turn by turn gives."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cueline.dialogue import Dialogue, Turn
from cueline.errors import PolicyError
from cueline.evaluation.scored_corpus import ScoredCorpus
from cueline.settings import NetworkSettings
from cueline.web.corpus_view import CorpusView
from cueline.web.evaluation_view import MAX_CHANGES, changes
from tests.policies import dialogues, networks, random_policy

corpora = st.lists(dialogues, min_size=1, max_size=4)


@given(networks, corpora)
def test_what_another_policy_changes_is_told_turn_by_turn(
    network: NetworkSettings, corpus: list[Dialogue]
) -> None:
    views = [CorpusView(ScoredCorpus.of(random_policy(network, seed), corpus)) for seed in (0, 1)]
    before, after = (view.scored for view in views)
    same = changes(views[0], views[0])
    assert (same.fixed, same.broken, same.other, same.unjudged, same.changes) == (0, 0, 0, 0, [])
    found = changes(*views)
    kinds = {"fixed": 0, "broken": 0, "other": 0}
    for row in range(len(before.right)):
        was, now = (
            set(each.policy.actions.named(each.decided.bits[row])) for each in (before, after)
        )
        right = set(before.answers.expected(row))
        if was != now:
            kinds["broken" if was == right else "fixed" if now == right else "other"] += 1
    assert kinds == {kind: getattr(found, kind) for kind in kinds}
    assert len(found.changes) == min(sum(kinds.values()), MAX_CHANGES)
    for one in found.changes:
        assert set(one.after) != set(one.before)
        place = views[0].places[one.id]
        assert set(corpus[place].turns[one.turn].actions) == set(one.expected)
    wrong = [set(one.before) != set(one.expected) for one in found.changes]
    assert wrong == sorted(wrong)  # what was right before comes first


def test_policies_that_were_asked_something_else_are_not_compared() -> None:
    corpus = [Dialogue("a", (Turn("hi", actions=("ask",)),), {"topic": "ask"})]
    labels = NetworkSettings(5, answer="dialogue", label="topic", units=7)
    one, other = (
        CorpusView(ScoredCorpus.of(random_policy(network), corpus))
        for network in (NetworkSettings(5, units=7), labels)
    )
    with pytest.raises(PolicyError, match="different questions"):
        changes(one, other)
