"""What is shown of words and calls is what was heard, where it was, and what the figures count."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cueline.dialogue import Dialogue, Span, Turn
from cueline.evaluation.metrics.words import word_figures
from cueline.evaluation.scored_corpus import ScoredCorpus
from cueline.policy import Decision, Policy
from cueline.policy.arguments.argument_model import ArgumentModel
from cueline.policy.arguments.candidates import ActionParameter, Source
from cueline.policy.decisions.decision import Copied
from cueline.settings import NetworkSettings
from cueline.web.schemas.reading import ArgumentRead, WordsRead
from cueline.web.words_view import DialogueWords, pieces
from tests.policies import ACTIONS, dialogues, random_policy
from tests.policy.tagging.test_tagger import random_tagger

DEAF = random_policy(NetworkSettings(embedding=5, units=7))
SLOTS = tuple(Source("slot", label) for label in ("city", "people"))
MODEL = ArgumentModel(
    tuple(
        ActionParameter(action, name, "string", required, (source,), ("Oslo",))
        for action in ACTIONS
        for name, source, required in (("where", SLOTS[0], True), ("who", SLOTS[1], False))
    ),
    {},
)


def talking(seed: int) -> Policy:
    """A policy that hears and calls at random, from sources that are really there."""
    return DEAF.with_words(random_tagger(seed), MODEL)


def words_of(policy: Policy, dialogue: Dialogue) -> list[WordsRead | None]:
    scored = ScoredCorpus.of(policy, [dialogue])
    words = DialogueWords(scored, dialogue, policy.decide(dialogue))
    return [words.read(number, True) for number in range(len(dialogue.turns))]


letters = st.sampled_from("ab 長👩‍👩‍👧مרि") | st.characters()


@st.composite
def marked(draw: st.DrawFn) -> tuple[str, list[Span], list[Span]]:
    text = draw(st.text(letters, min_size=1, max_size=30))
    place = st.integers(0, len(text))

    def spans() -> list[Span]:
        cuts = sorted(draw(st.sets(place, max_size=6)))
        labels = st.sampled_from(["city", "people"])
        return [Span(*both, draw(labels)) for both in list(pairwise(cuts))[::2]]

    return text, spans(), spans()


@given(marked())
def test_pieces_are_the_text_and_each_span_is_all_of_its_pieces(
    drawn: tuple[str, list[Span], list[Span]],
) -> None:
    text, heard, due = drawn
    found = pieces(text, heard, due)
    assert "".join(piece.text for piece in found) == text
    at = [sum(len(piece.text) for piece in found[:number]) for number in range(len(found))]
    for span in heard:
        mine = [one for start, one in zip(at, found, strict=True) if span.start <= start < span.end]
        assert "".join(one.text for one in mine) == text[span.start : span.end]
        assert {one.heard for one in mine} == {span.label}
        assert {one.right for one in mine} == {span in due}
    heard_of = sum(len(one.text) for one in found if one.heard)
    due_of = sum(len(one.text) for one in found if one.due)
    assert heard_of == sum(span.end - span.start for span in heard)
    assert due_of == sum(span.end - span.start for span in due)


calls = st.dictionaries(
    st.sampled_from(["where", "who", "when"]), st.sampled_from(["Oslo", "paris", "5"])
)


@given(dialogues, st.data(), st.integers(0, 3))
def test_what_is_called_right_is_what_the_figures_count(
    dialogue: Dialogue, data: st.DataObject, seed: int
) -> None:
    drawn = st.lists(calls, min_size=1, max_size=2)
    turns = [
        replace(
            turn, arguments={name: tuple(data.draw(drawn)) for name in (turn.actions or ())[:1]}
        )
        for turn in dialogue.turns
    ]
    policy, made = talking(seed), replace(dialogue, turns=tuple(turns))
    figures = word_figures([made], [policy.decide(made)])
    due = [
        call
        for words, turn in zip(words_of(policy, made), turns, strict=True)
        for call in (words.calls if words else ())
        if call.action in turn.arguments and call.state != "not due"
    ]
    counted = figures.calls.values() if figures else ()
    if any(turn.arguments for turn in turns):
        assert len(due) == sum(one.there for one in counted)
        assert sum(call.state == "right" for call in due) == sum(one.right for one in counted)
    else:
        assert not due


def decided(**changes: Any) -> Decision:
    return replace(DEAF.decide(Dialogue("d", (Turn("hi", actions=()),)))[0], **changes)


def argument(words: WordsRead | None, name: str) -> ArgumentRead:
    assert words is not None
    return next(one for call in words.calls for one in call.arguments if one.name == name)


def read(turns: list[Turn], decisions: list[Decision], labelled: bool = True) -> WordsRead | None:
    dialogue = Dialogue("d", tuple(turns))
    scored = ScoredCorpus.of(DEAF, [dialogue])
    return DialogueWords(scored, dialogue, decisions).read(len(turns) - 1, labelled)


def booked(call: dict[str, Any], **sources: str) -> Decision:
    copied = {name: Copied(source, 0.75) for name, source in sources.items()}
    return decided(
        actions=("book",), arguments={"book": (call,)}, copied={"book": (copied,)}, spans=()
    )


def test_each_argument_stands_beside_what_would_have_been_right() -> None:
    decision = replace(
        booked({"where": "Oslo", "what": "x", "who": "me"}, where="constant", who="feature who"),
        missing={"book": ("when",)},
    )
    due = {"where": "oslo", "who": "you", "when": "now", "how": "well"}
    turn = Turn("hi", {"who": "me"}, actions=("book",), arguments={"book": (due,)})
    words = read([turn], [decision])
    assert words is not None and words.calls[0].state == "wrong"
    states = {one.name: (one.state, one.right) for one in words.calls[0].arguments}
    assert states == {
        "where": ("right", "oslo"),
        "what": ("not due", None),
        "who": ("wrong", "you"),
        "when": ("left out", "now"),
        "how": ("left out", "well"),
    }
    assert argument(words, "when").missing and not argument(words, "how").missing
    unknown = read([turn], [decision], labelled=False)
    assert unknown is not None
    assert {one.state for call in unknown.calls for one in call.arguments} == {"unlabelled"}


def test_calls_that_are_not_due_and_that_are_left_out() -> None:
    turn = Turn("hi", actions=("find",), arguments={"find": ({"where": "Rome"},)})
    words = read([turn], [booked({"who": "me"}, who="constant")])
    assert words is not None
    assert {call.action: call.state for call in words.calls} == {
        "find": "left out",
        "book": "not due",
    }
    turn = Turn("hi", actions=("book", "find"), arguments={"find": ({"where": "Rome"},)})
    words = read(
        [turn],
        [
            booked({}),
        ][:1],
    )
    assert words is not None
    assert {call.action: call.state for call in words.calls}["book"] == "right"


EARLIER = [
    Turn("to Rome", actions=("find",), arguments={"find": ({"where": "Rome"},)}),
    Turn("my id is A7", actions=(), results={"find": ({"rooms": [{"name": "Ritz"}]},)}),
]
HEARD = [decided(spans=(Span(3, 7, "city"),)), decided(spans=())]


@pytest.mark.parametrize(
    ("source", "value", "turn"),
    [
        ("span people", "two", 2),
        ("spans people", "two", 2),
        ("slot city", "Rome", 0),
        ("slot people", "two", 2),
        ("feature user", "u1", 2),
        ("argument find.where", "Rome", 0),
        ("result find.rooms[].name", "Ritz", 1),
        ("text 1", "A7", 1),
        ("constant", "Rome", None),
    ],
)
def test_an_argument_is_followed_to_where_it_was_copied_from(
    source: str, value: str, turn: int | None
) -> None:
    last = Turn("for two", {"user": "u1"}, actions=("book",))
    decision = replace(booked({"it": value}, it=source), spans=(Span(4, 7, "people"),))
    words = read([*EARLIER, last], [*HEARD, decision])
    assert argument(words, "it").turn == turn
    assert argument(words, "it").source == source


@given(dialogues, st.integers(0, 3))
def test_every_slot_that_is_copied_was_heard_where_it_says(dialogue: Dialogue, seed: int) -> None:
    policy = talking(seed)
    decisions = policy.decide(dialogue)
    for words in words_of(policy, dialogue):
        for call in words.calls if words else ():
            for one in call.arguments:
                if one.source and one.source.startswith("slot "):
                    assert one.turn is not None
                    label = one.source.removeprefix("slot ")
                    there = [span for span in decisions[one.turn].spans if span.label == label]
                    text = dialogue.turns[one.turn].user or ""
                    assert one.value == text[there[-1].start : there[-1].end]
                    assert msgspec.json.encode(one)
