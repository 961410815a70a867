"""A number opens the turns that it counts, and a queue is in its order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cueline.dialogue import Dialogue
from cueline.evaluation.metrics.confusions import confusion_matrix
from cueline.evaluation.scored_corpus import ScoredCorpus
from cueline.policy.calibration.risk_control import RiskCurve
from cueline.settings import NetworkSettings
from cueline.web.corpus_view import CorpusView
from cueline.web.turns_view import NONE, TurnFilter, turns
from cueline.web.verdicts import Opinion, Verdict
from tests.policies import dialogues, networks, random_policy

corpora = st.lists(dialogues, min_size=1, max_size=4)


def view(network: NetworkSettings, corpus: list[Dialogue], assumed: bool = True) -> CorpusView:
    policy = random_policy(network, risk_curve=RiskCurve([0.6], [0.0]))
    return CorpusView(ScoredCorpus.of(policy, corpus), assumed=assumed)


@given(networks, corpora)
def test_each_cell_of_the_confusions_opens_as_many_turns_as_it_counts(
    network: NetworkSettings, corpus: list[Dialogue]
) -> None:
    found = view(network, corpus)
    confused = confusion_matrix(found.scored.decided, found.scored.answers)
    names = [*confused.actions, NONE]
    for expected, row in zip(names, confused.counts, strict=True):
        for decided, count in zip(names, row, strict=True):
            if (expected, decided) != (NONE, NONE):
                cell = turns(found, TurnFilter(expected=expected, decided=decided))
                assert cell.total == count


@given(networks, corpora, st.floats(0, 1))
def test_a_threshold_parts_the_turns_and_each_order_has_them_all(
    network: NetworkSettings, corpus: list[Dialogue], threshold: float
) -> None:
    found, total = view(network, corpus), sum(len(dialogue.turns) for dialogue in corpus)
    below = turns(found, TurnFilter(below=threshold), "unsure", limit=200)
    above = turns(found, TurnFilter(above=threshold), limit=200)
    assert below.total + above.total == total
    confidences = [row.confidence for row in below.rows]
    assert confidences == sorted(confidences)
    assert all(row.confidence <= threshold + 1e-4 for row in below.rows)
    whole = {(row.id, row.turn) for row in turns(found, TurnFilter(), limit=200).rows}
    sample = turns(found, TurnFilter(), "random", limit=200).rows
    assert {(row.id, row.turn) for row in sample} == whole
    against = turns(found, TurnFilter(), "contradictory", limit=200)
    assert against.total == sum(row.right is False for row in sample)


@given(networks, corpora, st.booleans(), st.data())
def test_a_verdict_is_what_is_right_until_it_is_taken_back(
    network: NetworkSettings, corpus: list[Dialogue], assumed: bool, data: st.DataObject
) -> None:
    found = view(network, corpus, assumed)
    before = turns(found, TurnFilter(), limit=200)
    row = data.draw(st.sampled_from(before.rows))
    actions = data.draw(st.sampled_from([row.decided, ("never", "seen")]))
    opinions = tuple(Opinion(name, 0.0, actions) for name in ("ann", "bob"))
    found.note(row.id, row.turn, Verdict(actions, opinions))
    (after,) = [
        one
        for one in turns(found, TurnFilter(), limit=200).rows
        if (one.id, one.turn) == (row.id, row.turn)
    ]
    assert (after.expected, after.right) == (actions, actions == row.decided)
    done = found.done(found.places[row.id], row.turn)
    assert after.said == ("confirmed" if set(done) == set(actions) else "corrected")
    assert turns(found, TurnFilter(open=True)).total == before.total - 1
    assert (found.review().agreed, found.review().by_author) == (1, {"ann": 1, "bob": 1})
    other = (*opinions, Opinion("cat", 0.0, ("something", "else")))
    found.note(row.id, row.turn, Verdict(actions, other))
    assert (found.review().agreed, found.review().disputed) == (0, 1)
    assert found.rows("wrong").total == sum(
        any(
            turn.right is False
            for turn in turns(found, TurnFilter(), limit=200).rows
            if turn.id == id
        )
        for id in found.ids
    )
    found.note(row.id, row.turn, None)
    assert turns(found, TurnFilter(), limit=200) == before


@given(networks, dialogues)
def test_turns_that_are_alike_are_found_and_are_not_the_turn_itself(
    network: NetworkSettings, dialogue: Dialogue
) -> None:
    twins = [Dialogue(f"{n}", dialogue.turns) for n in range(3)]
    found = view(network, twins)
    for turn in range(len(dialogue.turns)):
        alike = turns(found, TurnFilter(like=("1", turn)), limit=200).rows
        assert {("0", turn), ("2", turn)} <= {(row.id, row.turn) for row in alike}
        assert ("1", turn) not in {(row.id, row.turn) for row in alike}
    assert turns(found, TurnFilter(like=("9", 0))).total == 0
