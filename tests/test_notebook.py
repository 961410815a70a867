"""What is public shows itself in a notebook, and training there goes on like anywhere else."""

from __future__ import annotations

import warnings
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import cueline
from cueline.dialogue import Dialogue, Turn
from cueline.lessons import QUESTION
from cueline.lessons.lesson import Lesson, Step, Variant
from cueline.markup import Html, names, table, text
from cueline.settings import NetworkSettings
from tests.policies import dialogues, random_policy

VOID = ("br",)
NASTY = "<script>alert('x')</script> & \"q\""
POLICY = random_policy(NetworkSettings(embedding=5, units=7))


class Shown(HTMLParser):
    """The words and tags of a piece of HTML; fails where tags do not match."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words, self.tags, self.open = "", list[str](), list[str]()
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


@given(st.text())
def test_text_is_text_whatever_it_is(value: str) -> None:
    shown = Shown(table([value], [[value, names([value])]]))
    assert "".join(shown.words.split()) == "".join((value * 3).split())
    assert set(shown.tags) <= {"table", "thead", "tbody", "tr", "th", "td", "span"}
    assert text(Html("<b>x</b>")) == "<b>x</b>"


@given(dialogues)
def test_a_dialogue_and_its_decisions_show_every_turn(dialogue: Dialogue) -> None:
    decisions = POLICY.decide(dialogue)
    explanations = POLICY.explain(dialogue)
    for html in (dialogue._repr_html_(), decisions._repr_html_(), explanations._repr_html_()):
        shown = Shown(html)
        assert shown.tags.count("tr") == 1 + len(dialogue.turns)
        for turn in dialogue.turns:
            assert (turn.user or "") in shown.words
    assert decisions == [one.decision for one in explanations]
    right = sum(
        set(turn.actions or ()) == set(decision.actions)
        for turn, decision in zip(dialogue.turns, decisions, strict=True)
    )
    assert decisions._repr_html_().count("✓") == right


def test_a_decision_shows_what_is_likely_and_why_it_is_not_sure() -> None:
    decision, _ = POLICY.act("find a table", POLICY.start())
    words = Shown(decision._repr_html_()).words
    assert all(name in words for name in decision.probabilities)
    assert decision.reason in words


def test_what_users_say_cannot_be_code() -> None:
    dialogue = Dialogue(NASTY, (Turn(NASTY, {"f": NASTY}, actions=(NASTY,), system=NASTY),))
    step = Step(NASTY, NASTY, (Variant(NASTY, NASTY, error=NASTY, note=NASTY),), NASTY)
    lesson = Lesson(dialogue, (NASTY,), (step,))
    for html in (
        dialogue._repr_html_(),
        POLICY.explain(dialogue)._repr_html_(),
        lesson._repr_html_(),
    ):
        shown = Shown(html)
        assert "script" not in shown.tags
        assert NASTY in shown.words


@pytest.mark.slow
def test_shapes_are_those_of_the_command() -> None:
    lesson = cueline.shapes()
    assert lesson.dialogue == QUESTION
    words = Shown(lesson._repr_html_()).words
    for step in lesson.steps:
        assert step.title in words
        assert all(variant.shape in words for variant in step.variants)
    assert repr(lesson) == "<Lesson of dialogue question: 3 turns>"


TRAINS = """
import cueline
from cueline.settings import changed
settings = changed(cueline.Settings(), ["training.epochs=400", "training.patience=400"])
policy = cueline.train(cueline.example("train")[:40], config=settings)
print("epochs", len(policy.training["history"]["loss"]))
policy
"""


@pytest.mark.slow
def test_a_kernel_shows_progress_as_lines_and_an_interrupt_keeps_the_best() -> None:
    """In a real kernel, interrupted after its third epoch."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from jupyter_client.manager import start_new_kernel

        manager, client = start_new_kernel(kernel_name="python3")
    told, results, states = "", [], []
    try:
        client.execute(TRAINS)
        interrupted = False
        while "idle" not in states:
            message = client.get_iopub_msg(timeout=300)
            content = message["content"]
            if message["msg_type"] == "stream":
                told += content["text"]
            elif message["msg_type"] == "status" and results:
                states.append(content["execution_state"])
            elif message["msg_type"] in ("execute_result", "display_data", "error"):
                results.append((message["msg_type"], content))
            if "epoch   3" in told and not interrupted:
                interrupted = True
                manager.interrupt_kernel()
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    assert "Warning" not in told
    assert "stopped; keeping epoch" in told
    assert 1 <= int(told.split("epochs ")[1].split()[0]) < 400
    ((kind, content),) = results
    assert kind == "execute_result"
    assert content["data"]["text/plain"].startswith("<Policy ")
