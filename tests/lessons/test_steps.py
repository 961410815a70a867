"""The lesson of `cueline shapes` tells the truth and fits into 80 columns."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from rich.cells import cell_len

from cueline.dialogue import Dialogue, Span, Turn
from cueline.errors import CorpusError
from cueline.lessons import QUESTION, Lesson, heading, lesson_steps, step_text
from cueline.lessons.dialogue_arrays import EMBEDDING, UNITS, DialogueArrays, changed
from cueline.lessons.encoding import padding_step
from cueline.lessons.fitted import fitted_step
from cueline.lessons.lesson import ROUNDING, Step, Variant, difference
from cueline.lessons.memory import leak_step, silo_step
from cueline.lessons.terminal import number, wrapped

LONG = Dialogue(
    "long", tuple(Turn(user=f"word{n % 7} again", actions=(f"a{n % 4}",)) for n in range(40))
)
SILENT = Dialogue(
    "silent", (Turn(None, actions=("greet", "ask")), Turn(None), Turn(None, actions=()))
)


@pytest.fixture(scope="module")
def lesson() -> Lesson:
    return Lesson(QUESTION, ("bbbb", "no", "yyyy"), tuple(lesson_steps(QUESTION, [QUESTION])))


def step(lesson: Lesson, title: str) -> Step:
    return next(step for step in lesson.steps if title in step.title)


def test_every_shape_that_comes_out_has_the_batch_axis_first(lesson: Lesson) -> None:
    shapes = [
        variant.shape
        for one in lesson.steps
        for variant in one.variants
        if variant.shape[:1] == "("
    ]
    assert len(shapes) > 20
    assert all(shape.startswith("(1, ") for shape in shapes)


def test_shapes_are_those_of_the_dialogue(lesson: Lesson) -> None:
    last, every = step(lesson, "turns: return_sequences").variants
    assert last.shape.startswith(f"(1, {UNITS}) ")
    assert every.shape.startswith(f"(1, 3, {UNITS}) ")
    assert np.array_equal(last.values[0], every.values[-1])
    assert last.weights == every.weights
    assert step(lesson, "Embedding").variants[0].shape.startswith(f"(1, 3, 6, {EMBEDDING}) ")
    assert step(lesson, "bits").variants[0].values.tolist() == [[0, 1, 0], [0, 0, 1], [1, 0, 0]]


def test_words_as_time_steps_have_the_shapes_of_the_answer(lesson: Lesson) -> None:
    tagging = step(lesson, "Words are not turns")
    assert f"(1, 6, {EMBEDDING}) -> (1, 6, {UNITS}) -> (1, 6, 3)" in tagging.finding
    assert tagging.variants[0].rows == ("do", "you", "know", "an", "apple", "?")


def test_a_keras_user_s_errors_are_real_and_named(lesson: Lesson) -> None:
    one, many, wrapped, silent = step(lesson, "A target at every turn").variants
    assert one.error.startswith("ValueError: ") and "1, 3, 3" in one.error
    assert wrapped.error.startswith("ValueError: ") and f"(1, {UNITS})" in wrapped.error
    assert not many.error and many.shape.startswith("loss ")
    assert not silent.error and silent.shape.startswith("loss ")


def test_the_four_lstms_are_those_of_keras(lesson: Lesson) -> None:
    import keras

    for variant in step(lesson, "return_state").variants:
        layer = eval(f"keras.layers.{variant.code}", {"keras": keras})
        parts = keras.tree.flatten(layer(np.zeros((1, 3, 8), "float32")))
        given = ", ".join(
            f"{name}{tuple(part.shape)}"
            for name, part in zip(["", "h ", "c "], parts, strict=False)
        )
        assert variant.shape == given


def test_a_state_handed_on_gives_the_numbers_of_the_whole(lesson: Lesson) -> None:
    whole, carried, forgotten = step(lesson, "State in").variants
    assert difference(whole.values, carried.values) == "0"
    assert difference(whole.values[0], forgotten.values[0]) == "0"
    assert np.abs(whole.values - forgotten.values)[1:].max(axis=1).min() > 1e-3


def test_only_a_mask_keeps_padding_out_of_an_encoder() -> None:
    without, masked = padding_step(DialogueArrays(QUESTION)).variants
    assert np.abs(without.values).max(axis=-1).min() > 1e-3
    assert np.abs(masked.values).max() == 0


def test_dropout_is_drawn_at_every_turn_but_for_layers_that_draw_once(lesson: Lesson) -> None:
    fresh, same, inside = step(lesson, "Dropout over time").variants
    assert len(np.unique(fresh.values, axis=0)) > 1
    assert len(np.unique(same.values, axis=0)) == 1
    for variant in (fresh, same, inside):
        assert set(np.unique(variant.values)) <= {0, 2}
    assert inside.values.shape == (1, UNITS)


def drinks(count: int) -> list[Dialogue]:
    """What is made at the end was said at the beginning."""
    made = []
    for n in range(count):
        kind = ("tea", "coffee", "juice")[n % 3]
        turns = (
            Turn(f"a {kind} please", actions=("greet", "ask")),
            *(Turn(None, actions=("wait",)) for _ in range(n % 4)),
            Turn("now", actions=(f"make {kind}",)),
        )
        made.append(Dialogue(str(n), turns))
    return made


def test_the_last_step_decides_a_dialogue_that_it_has_not_learned_from() -> None:
    corpus = drinks(48)
    fitted = fitted_step(corpus[7], corpus)
    assert "47 of the 48 first dialogues, which this one is not among" in fitted.text
    assert "All bits are right at 5 of 5 turns. Turn 0: ask + greet." in fitted.finding
    probabilities, bits = fitted.variants
    assert ((probabilities.values > 0.5) == bits.values).all()
    assert bits.shape == "(1, 5, 6) dialogue, turn, action"


def test_a_turn_with_an_action_that_was_never_learned_is_not_right() -> None:
    corpus = [Dialogue(str(n), (Turn("hi", actions=()),)) for n in range(11)]
    corpus += [Dialogue("other", (Turn("hi", actions=("greet",)),))]
    new = Dialogue("new", (Turn("hi", actions=("dance",)),))
    assert "right at 0 of 1 turns" in fitted_step(new, corpus).finding


def test_all_of_it_is_json(lesson: Lesson) -> None:
    said: Any = msgspec.json.decode(msgspec.json.encode(lesson.as_json()))
    assert [one["title"] for one in said["steps"]] == [one.title for one in lesson.steps]
    y = step(lesson, "bits").variants[0]
    assert said["steps"][5]["variants"][0] == {
        "code": "y",
        "shape": y.shape,
        "rows": list(y.rows),
        "values": y.values.tolist(),
        "weights": [],
        "error": "",
        "note": "",
    }


def test_nothing_before_the_last_steps_loads_keras() -> None:
    code = (
        "import sys; from cueline.lessons import *; steps = lesson_steps(QUESTION)\n"
        "for number, step in zip(range(12), steps): print(step.title)\n"
        "assert not {'keras', 'jax', 'torch'} & set(sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "Bidirectional leaks the future" in run.stdout


@pytest.mark.parametrize("dialogue", [QUESTION, LONG, SILENT], ids=lambda d: d.id)
def test_silos_are_blind_to_an_earlier_turn_and_an_lstm_is_not(dialogue: Dialogue) -> None:
    variants = silo_step(DialogueArrays(dialogue)).variants
    silo, lstm = (np.abs(variant.values).max(axis=1) for variant in variants)
    assert silo[0] > 1e-3 and silo[1:].max() < ROUNDING
    assert lstm.min() > 1e-5


@pytest.mark.parametrize("dialogue", [QUESTION, LONG, SILENT], ids=lambda d: d.id)
def test_bidirectional_changes_at_turn_0_with_the_last_turn(dialogue: Dialogue) -> None:
    variants = leak_step(DialogueArrays(dialogue)).variants
    lstm, both = (np.abs(variant.values).max(axis=1) for variant in variants)
    assert lstm[-1] > 1e-3 and lstm[:-1].max() < ROUNDING
    assert both.min() > 1e-5


def test_a_dialogue_of_one_turn_has_nothing_to_remember() -> None:
    one = Dialogue("one", (Turn(user="好 <b>&\x00 \x1b[31m" + "長" * 90, actions=("a",)),))
    steps = [step for step, _ in zip(lesson_steps(one), range(10), strict=False)]
    lines = [line for step in steps for line in step_text(1, step).splitlines()]
    lines += heading(one, 1).splitlines()
    assert any("has one turn" in line for line in lines)
    assert max(map(cell_len, lines)) <= 80
    assert all(line.isprintable() for line in lines)


def test_a_dialogue_without_actions_is_an_error() -> None:
    with pytest.raises(CorpusError, match="'mute' has no action"):
        next(lesson_steps(Dialogue("mute", (Turn(user="hi", actions=()),))))


letters = st.sampled_from("a b長好-é\x00&<") | st.characters()
words = st.text(letters, max_size=60)
names = st.text(letters, min_size=1, max_size=60)
spoken = words.map(lambda said: Turn(said, spans=(Span(0, len(said), "x"),) if said else ()))
silent = st.just(Turn(None))
turns = st.builds(
    lambda turn, actions: replace(turn, actions=tuple(actions)),
    spoken | silent,
    st.lists(names, max_size=3),
)
dialogues = st.builds(Dialogue, id=names, turns=st.lists(turns, min_size=1, max_size=20).map(tuple))


@given(dialogues, st.data())
def test_only_what_is_said_at_one_turn_changes(dialogue: Dialogue, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(dialogue.turns) - 1))
    other = changed(dialogue, place)
    for turn, (old, new) in enumerate(zip(dialogue.turns, other.turns, strict=True)):
        assert (old == new) == (turn != place)
        assert old.actions == new.actions


@st.composite
def steps(draw: st.DrawFn) -> Step:
    def variant() -> Variant:
        rows = draw(st.lists(words, max_size=8))
        size = st.floats(-1e6, 1e6, width=32)
        columns = draw(st.integers(0, 14))
        row = st.lists(size, min_size=columns, max_size=columns)
        numbers = draw(st.lists(row, min_size=len(rows), max_size=len(rows)))
        given = np.array(numbers, np.float32).reshape(len(rows), columns)
        return Variant(
            draw(words), draw(words), tuple(rows), given, ((3, 4),), draw(words), draw(words)
        )

    variants = tuple(variant() for _ in range(draw(st.integers(0, 4))))
    return Step("A step", draw(words), variants, draw(words))


@given(steps(), dialogues)
def test_any_step_and_heading_fit_into_80_columns(one: Step, dialogue: Dialogue) -> None:
    for line in (*step_text(1, one).splitlines(), *heading(dialogue, 3).splitlines()):
        assert cell_len(line) <= 80


@given(st.floats(-1e6, 1e6, width=32))
def test_a_number_is_short_and_right(value: float) -> None:
    written = number(value)
    assert len(written) <= 6
    assert abs(float(written) - value) <= max(
        5.1e-4, abs(value) * (5e-4 if abs(value) < 9999 else 0.5)
    )
    assert (float(written) == 0) == (abs(value) < 2e-6)


@given(st.text(letters, max_size=300), st.integers(10, 80))
def test_wrapping_counts_wide_letters_and_loses_none(words: str, width: int) -> None:
    lines = wrapped(words, width)
    assert all(cell_len(line) <= width for line in lines)
    kept = "".join(c for c in words if c.isprintable() and not c.isspace())
    assert "".join("".join(lines).split()) == kept


@pytest.mark.slow
def test_the_same_on_every_backend_and_at_every_run(lesson: Lesson) -> None:
    code = (
        "from cueline.lessons import *\n"
        "for step in lesson_steps(QUESTION, [QUESTION]):\n"
        "    if step.title != 'Dropout over time': print(step_text(1, step))"
    )
    for backend in filter(find_spec, ("jax", "torch")):
        run = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "KERAS_BACKEND": backend},
            capture_output=True,
            text=True,
            check=True,
        )
        before, _, after = run.stdout.partition("A target at every turn")
        assert all(step_text(1, one) in before for one in lesson.steps[:12])
        assert "All bits are right at 3 of 3 turns." in after
