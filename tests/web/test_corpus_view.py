"""What the page lists and shows of a corpus is what a look at each turn by itself gives."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cueline.baselines import fit
from cueline.dialogue import Dialogue, Turn
from cueline.evaluation.scored_corpus import ScoredCorpus
from cueline.policy import Policy
from cueline.policy.calibration.risk_control import RiskCurve
from cueline.policy.policy import NOT_AVAILABLE
from cueline.rules.grammar import parse
from cueline.settings import NetworkSettings
from cueline.web.corpus_view import RARE, CorpusView
from cueline.web.dialogue_view import MAX_NAMED_SETS, read
from cueline.web.schemas.reading import DoneAnswer, SeenAnswer
from tests.policies import ACTIONS, dialogues, networks, random_policy
from tests.rules.drawn import keeping

NETWORK = NetworkSettings(embedding=5, units=7, decisions="multi")
corpora = st.lists(dialogues, min_size=1, max_size=5)


def view(policy: Policy, corpus: list[Dialogue]) -> CorpusView:
    return CorpusView(ScoredCorpus.of(policy, corpus))


@given(networks, corpora, st.sampled_from([*ACTIONS, ""]), st.sampled_from(["rome", "", "ROME"]))
def test_a_filter_leaves_the_dialogues_that_one_by_one_are_so(
    network: NetworkSettings, corpus: list[Dialogue], action: str, find: str
) -> None:
    policy = random_policy(network, risk_curve=RiskCurve([0.6], [0.0]))
    found = view(policy, corpus)
    reads = [read(found, number).turns for number in range(len(corpus))]
    expected = [turn.expected for turns in reads for turn in turns]
    often = {name: sum(name in names for names in expected) for name in ACTIONS}
    tests = {
        "wrong": lambda turn: not turn.right,
        "unsure": lambda turn: not turn.decided.sure,
        "rare": lambda turn: any(often[name] < RARE * len(expected) for name in turn.expected),
    }
    for kind in tests:
        counts = [sum(map(tests[kind], turns)) for turns in reads]
        rows = found.rows(kind, limit=200).rows
        assert [(row.id, row.kinds[kind]) for row in rows] == [
            (found.ids[number], count) for number, count in enumerate(counts) if count
        ]
    wrong = {n: [t for t, turn in enumerate(ts) if not turn.right] for n, ts in enumerate(reads)}
    for row in found.rows().rows:
        assert row.first_wrong == (wrong[found.places[row.id]] or [None])[0]
    fits = [
        number
        for number, turns in enumerate(reads)
        if (not action or any(action in (*t.expected, *t.decided.actions) for t in turns))
        and (not find or any("rome" in (turn.user or "") for turn in turns))
    ]
    assert [row.id for row in found.rows("", action, find).rows] == [
        found.ids[number] for number in fits
    ]


@given(st.integers(0, 12), st.integers(0, 5))
def test_pages_laid_side_by_side_are_the_whole_list(offset: int, limit: int) -> None:
    corpus = [Dialogue(f"d{n}", (Turn("find", actions=("find",)),)) for n in range(9)]
    found = view(random_policy(NETWORK), corpus)
    page = found.rows(offset=offset, limit=limit)
    assert page.total == 9
    assert [row.id for row in page.rows] == found.ids[offset : offset + limit]


@given(networks, dialogues)
def test_a_dialogue_is_read_as_the_policy_acts(
    network: NetworkSettings, dialogue: Dialogue
) -> None:
    policy = random_policy(network)
    state = policy.start()
    turns = read(view(policy, [dialogue]), 0).turns
    for turn, shown in zip(dialogue.turns, turns, strict=True):
        decision, state = policy.act(turn, state)
        assert shown.decided.actions == decision.actions
        assert shown.right == (set(turn.actions) == set(decision.actions))
        assert abs(shown.decided.confidence - decision.confidence) < 1e-4
        assert list(shown.decided.likely.values()) == sorted(
            shown.decided.likely.values(), reverse=True
        )


@given(networks, dialogues)
def test_each_masked_action_has_its_reason(network: NetworkSettings, dialogue: Dialogue) -> None:
    policy = keeping(random_policy(network), [parse("book only after ask")])
    done: set[str] = set()
    for turn, shown in zip(dialogue.turns, read(view(policy, [dialogue]), 0).turns, strict=True):
        absent = set() if turn.available is None else set(ACTIONS) - set(turn.available)
        expected = {} if "ask" in done else {"book": "book only after ask"}
        expected |= dict.fromkeys(absent, NOT_AVAILABLE)
        told = {name: why for why, names in shown.decided.masked.items() for name in names}
        assert told == expected
        done |= set(turn.actions)


def test_an_action_the_policy_has_never_seen_is_wrong_and_can_be_found() -> None:
    corpus = [Dialogue("d", (Turn("find", actions=("fly",)),))]
    found = view(random_policy(NETWORK), corpus)
    assert found.rows("wrong", "fly").total == 1
    assert read(found, 0).turns[0].expected == ("fly",)


def trained_on(corpus: list[Dialogue]) -> Policy:
    policy = random_policy(NETWORK)
    dataset = policy.dataset(corpus)
    policy.baselines = fit(dataset, dataset, policy.featurizer, policy.decision_model)
    return policy


def test_what_training_did_at_the_same_turn_is_counted() -> None:
    ask, close = Turn("find a table", actions=("ask",)), Turn("thanks", actions=("close",))
    book = Turn("thanks", actions=("book",))
    policy = trained_on([Dialogue(f"d{n}", (ask, book if n else close)) for n in range(4)])
    new = Dialogue("new", (Turn("paris rome", actions=("find",)), close))
    scored = view(policy, [Dialogue("old", (ask, close)), new])
    first, second = (turn.seen for turn in read(scored, 0).turns)
    assert first == SeenAnswer(4, [DoneAnswer(["ask"], 4)], 1, ["ask"])
    done = [DoneAnswer(["book"], 3), DoneAnswer(["close"], 1)]
    assert second == SeenAnswer(4, done, 3, ["book"])
    assert read(scored, 1).turns[0].seen == SeenAnswer(0, [], 0, [])


def test_a_longer_history_tells_more_than_the_turn_alone() -> None:
    ends = Turn("thanks", actions=("book",)), Turn("thanks", actions=("close",))
    starts = [Turn(city, actions=("ask",)) for city in ("paris", "rome")]
    corpus = [Dialogue(city.user, (city, end)) for city, end in zip(starts, ends, strict=True)]
    scored = view(trained_on(corpus * 3), corpus)
    for number, (city, end) in enumerate((("book", "close"), ("close", "book"))):
        seen = read(scored, number).turns[1].seen
        assert seen.times == 6
        assert {tuple(one.actions): one.times for one in seen.done} == {(city,): 3, (end,): 3}
        assert (seen.turns, seen.then) == (2, [city])


def test_the_rarer_of_many_sets_are_not_named_but_counted() -> None:
    sets = [*({name} for name in ACTIONS), {*ACTIONS[:2]}, {*ACTIONS[1:3]}, {*ACTIONS[2:4]}]
    corpus = [
        Dialogue(f"{n}-{again}", (Turn("thanks", actions=tuple(sorted(names))),))
        for n, names in enumerate(sets)
        for again in range(n + 1)
    ]
    seen = read(view(trained_on(corpus), corpus[:1]), 0).turns[0].seen
    assert seen.times == len(corpus)
    assert [one.times for one in seen.done] == sorted(range(1, len(sets) + 1), reverse=True)[
        :MAX_NAMED_SETS
    ]


def test_a_policy_that_carries_no_tables_says_nothing_of_training() -> None:
    scored = view(random_policy(NETWORK), [Dialogue("d", (Turn("find", actions=("ask",)),))])
    assert read(scored, 0).turns[0].seen is None
