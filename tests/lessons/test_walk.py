"""The lesson of `cueline shapes` tells the truth, fits into 80 columns, and draws whole XML."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from cueline.dialogue import Dialogue, Turn
from cueline.errors import CorpusError
from cueline.lessons import QUESTION, svg, text, walk
from cueline.lessons.arrays import EMBEDDING, UNITS, LessonArrays, changed
from cueline.lessons.lesson import ROUNDING, Lesson, Step, Way, gap
from cueline.lessons.memory import leak_step, silo_step
from cueline.lessons.svg import LETTER, WIDTH
from cueline.lessons.text import number, wrapped

LONG = Dialogue(
    "long", tuple(Turn(user=f"word{n % 7} again", actions=(f"a{n % 4}",)) for n in range(40))
)
SILENT = Dialogue(
    "silent", (Turn(None, actions=("greet", "ask")), Turn(None), Turn(None, actions=()))
)


@pytest.fixture(scope="module")
def lesson() -> Lesson:
    return walk(QUESTION)


def step(lesson: Lesson, title: str) -> Step:
    return next(step for step in lesson.steps if title in step.title)


def test_shapes_are_those_of_the_dialogue(lesson: Lesson) -> None:
    last, every = step(lesson, "return_sequences").ways
    assert last.gives.startswith(f"(1, {UNITS}) ")
    assert every.gives.startswith(f"(1, 3, {UNITS}) ")
    assert np.array_equal(last.numbers[0], every.numbers[-1])
    assert last.weights == every.weights
    assert step(lesson, "Embedding").ways[0].gives.startswith(f"(1, 3, 6, {EMBEDDING}) ")
    assert step(lesson, "bits").ways[0].numbers.tolist() == [[0, 1, 0], [0, 0, 1], [1, 0, 0]]


def test_words_as_time_steps_have_the_shapes_of_the_answer(lesson: Lesson) -> None:
    tagging = step(lesson, "Words are not turns")
    assert f"(6, {EMBEDDING}), (6, {UNITS}), (6, 3)" in tagging.shows
    assert tagging.ways[0].rows == ("do", "you", "know", "an", "apple", "?")


def test_dense_and_timedistributed_dense_are_equal(lesson: Lesson) -> None:
    dense, wrapped = step(lesson, "Dense, or").ways
    assert dense.weights == wrapped.weights == ((UNITS, 3), (3,))
    assert gap(dense.numbers, wrapped.numbers) == "0"
    assert "weights by 0" in step(lesson, "Dense, or").shows


def test_a_keras_user_s_errors_are_real_and_named(lesson: Lesson) -> None:
    one, many, wrapped, silent = step(lesson, "A target at every turn").ways
    assert one.error.startswith("ValueError: ") and "1, 3, 3" in one.error
    assert wrapped.error.startswith("StepShapeError: ") and f"(1, {UNITS})" in wrapped.error
    assert not many.error and many.gives.startswith("loss ")
    assert not silent.error and silent.gives.startswith("loss ")


def test_the_four_lstms(lesson: Lesson) -> None:
    ways = step(lesson, "return_state").ways
    state = f", h (1, {UNITS}), c (1, {UNITS})"
    last, every = f"(1, {UNITS})", f"(1, 3, {UNITS})"
    assert [way.gives for way in ways] == [last, every, last + state, every + state]


def test_a_state_handed_on_gives_the_numbers_of_the_whole(lesson: Lesson) -> None:
    whole, carried, forgotten = step(lesson, "State in").ways
    assert gap(whole.numbers, carried.numbers) == "0"
    assert gap(whole.numbers[0], forgotten.numbers[0]) == "0"
    assert np.abs(whole.numbers - forgotten.numbers)[1:].max(axis=1).min() > 1e-3


@pytest.mark.parametrize("dialogue", [QUESTION, LONG, SILENT], ids=lambda d: d.id)
def test_silos_are_blind_to_an_earlier_turn_and_an_lstm_is_not(dialogue: Dialogue) -> None:
    silo, lstm = (np.abs(way.numbers).max(axis=1) for way in silo_step(LessonArrays(dialogue)).ways)
    assert silo[0] > 1e-3 and silo[1:].max() < ROUNDING
    assert lstm.min() > 1e-5


@pytest.mark.parametrize("dialogue", [QUESTION, LONG, SILENT], ids=lambda d: d.id)
def test_bidirectional_changes_at_turn_0_with_the_last_turn(dialogue: Dialogue) -> None:
    lstm, both = (np.abs(way.numbers).max(axis=1) for way in leak_step(LessonArrays(dialogue)).ways)
    assert lstm[-1] > 1e-3 and lstm[:-1].max() < ROUNDING
    assert both.min() > 1e-5


def test_a_dialogue_of_one_turn_is_told_so() -> None:
    told = text(
        walk(Dialogue("one", (Turn(user="好 <b>&\x00 \x1b[31m" + "長" * 90, actions=("a",)),)))
    )
    assert "has one turn" in told
    assert max(map(cell_len, told.splitlines())) <= 80
    assert all(line.isprintable() for line in told.splitlines())


def test_a_dialogue_without_actions_is_an_error() -> None:
    with pytest.raises(CorpusError, match="'mute' has no action"):
        walk(Dialogue("mute", (Turn(user="hi", actions=()),)))


letters = st.sampled_from("a b長好-é\x00&<") | st.characters()
words = st.text(letters, max_size=60)
turns = st.builds(Turn, user=st.none() | words, actions=st.lists(words, max_size=3).map(tuple))
dialogues = st.builds(Dialogue, id=words, turns=st.lists(turns, min_size=1, max_size=20).map(tuple))


@given(dialogues, st.data())
def test_only_what_is_said_at_one_turn_changes(dialogue: Dialogue, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(dialogue.turns) - 1))
    other = changed(dialogue, place)
    for turn, (old, new) in enumerate(zip(dialogue.turns, other.turns, strict=True)):
        assert (old == new) == (turn != place)
        assert old.actions == new.actions


@st.composite
def lessons(draw: st.DrawFn) -> Lesson:
    def way() -> Way:
        rows = draw(st.lists(words, max_size=8))
        size = st.floats(-1e6, 1e6, width=32)
        columns = draw(st.integers(0, 14))
        row = st.lists(size, min_size=columns, max_size=columns)
        numbers = draw(st.lists(row, min_size=len(rows), max_size=len(rows)))
        given = np.array(numbers, np.float32).reshape(len(rows), columns)
        return Way(
            draw(words), draw(words), tuple(rows), given, ((3, 4),), draw(words), draw(words)
        )

    ways = tuple(way() for _ in range(draw(st.integers(0, 4))))
    told = Step("A step", draw(words), ways, draw(words))
    return Lesson(draw(dialogues), tuple(draw(st.lists(words, max_size=3))), (told,))


@given(lessons())
def test_any_lesson_fits_into_80_columns(lesson: Lesson) -> None:
    for line in text(lesson).splitlines():
        assert cell_len(line) <= 80


@given(lessons())
def test_any_drawing_is_xml_that_stands_alone(lesson: Lesson) -> None:
    drawing = svg(lesson)
    tags = {element.tag.rpartition("}")[2] for element in ElementTree.fromstring(drawing).iter()}
    assert tags <= {"svg", "title", "style", "rect", "text"}
    assert not any(
        word in element.attrib or "url(" in "".join(element.attrib.values())
        for element in ElementTree.fromstring(drawing).iter()
        for word in ("href", "src", "onload")
    )


def test_a_drawing_holds_every_step_inside_its_frame(lesson: Lesson) -> None:
    root = ElementTree.fromstring(svg(lesson))
    drawn = [e for e in root.iter() if e.tag.endswith("text")]
    written = "".join(e.text or "" for e in drawn)
    assert all(step.title in written for step in lesson.steps)
    for element in drawn:
        wide = 0.0 if element.get("class") == "small" else len(element.text or "") * LETTER
        assert 0 <= float(element.attrib["x"]) + wide <= WIDTH
        assert 0 <= float(element.attrib["y"]) <= float(root.attrib["height"])


@given(st.floats(-1e6, 1e6, width=32))
def test_a_number_is_short_and_right(value: float) -> None:
    told = number(value)
    assert len(told) <= 6
    assert abs(float(told) - value) <= max(
        5.1e-4, abs(value) * (5e-4 if abs(value) < 9999 else 0.5)
    )
    assert (float(told) == 0) == (abs(value) < 2e-6)


@given(st.text(letters, max_size=300), st.integers(10, 80))
def test_wrapping_counts_wide_letters_and_loses_none(words: str, width: int) -> None:
    lines = wrapped(words, width)
    assert all(cell_len(line) <= width for line in lines)
    kept = "".join(c for c in words if c.isprintable() and not c.isspace())
    assert "".join("".join(lines).split()) == kept


@pytest.mark.slow
@pytest.mark.skipif(not find_spec("torch"), reason="PyTorch is not installed")
def test_the_same_numbers_on_every_backend(lesson: Lesson) -> None:
    code = "from cueline.lessons import *; print(text(walk(QUESTION)))"
    told = []
    for backend in ("jax", "torch"):
        run = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "KERAS_BACKEND": backend},
            capture_output=True,
            text=True,
            check=True,
        )
        told.append(run.stdout.partition("A target at every turn"))
    assert told[0][0] == told[1][0]
    after = [rest.partition("Dense, or")[2] for _, _, rest in told]
    assert after[0] == after[1]
