"""`TimeDistributed` is Keras's in all it gives, and folds time into the batch to give it.

The cases in which Keras's is wrong, and ours differs, stand in `public_reports`: those whose
outcome in Keras is not `right`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import layers as L
from keras import ops

from cueline.errors import CuelineError
from cueline.layers import LSTM, LongLoopWarning, TimeDistributed

from .keras_layers import (
    FOLDED,
    JAX,
    NOISY,
    NOISY_ROWS,
    Make,
    assert_same,
    pair,
    run,
    slow_on_jax,
    steps,
    words_to_turn,
)

OTHER = "torch" if JAX else "jax"


@pytest.mark.slow
def test_all_this_on_the_other_backend() -> None:
    if not find_spec(OTHER):
        pytest.skip(f"{OTHER} is not installed")
    here = Path(__file__).parent
    files = [here / f"test_{name}.py" for name in ("time_distributed", "foldable", "lstm")]
    pytest_here = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*pytest_here, "-k", "not other_backend", *files],
        cwd=here.parents[1],
        env={**os.environ, "KERAS_BACKEND": OTHER},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout


class Gated(keras.Layer):
    """A layer of one's own, unknown to the fold, that multiplies by a mask of any rank."""

    def call(self, inputs: Any, mask: Any = None) -> Any:
        if mask is None:
            return inputs
        mask = ops.cast(mask, inputs.dtype)
        return inputs * ops.reshape(mask, (*mask.shape, *[1] * (inputs.ndim - mask.ndim)))


# Inner layers that take a mask, the shape of a step, and the rank of a step's mask.
MASKED: dict[str, tuple[Make, tuple[int, ...], int]] = {
    "Dense": (lambda: L.Dense(3), (3,), 1),
    "LSTM": (lambda: L.LSTM(3), (3, 2), 2),
    "LSTM, fused": (lambda: LSTM(3, return_sequences=True), (3, 2), 2),
    "GRU": (lambda: L.GRU(3, return_sequences=True), (3, 2), 2),
    "Bidirectional": (lambda: L.Bidirectional(L.SimpleRNN(2)), (3, 2), 2),
    "pooled": (L.GlobalAveragePooling1D, (3, 2), 2),
    "words": (words_to_turn, (3,), 2),
    "Softmax": (L.Softmax, (3,), 2),
    "Softmax of flags": (L.Softmax, (3,), 1),
    "Gated": (Gated, (3, 2), 1),
    "deep": (lambda: keras.Sequential([L.Dense(3), L.LSTM(2)]), (3, 2), 2),
}


@st.composite
def cases(draw: st.DrawFn) -> tuple[Make, np.ndarray, bool | None, np.ndarray | None]:
    """A layer, its input at several steps, whether it trains, and a mask or none."""
    batch, time = draw(st.integers(1, 3)), draw(st.integers(1, 4))
    training = draw(st.sampled_from([None, False, True]))
    seed = draw(st.integers(0, 99))
    if draw(st.booleans()):
        name = draw(st.sampled_from(list(FOLDED)))
        make, shape = FOLDED[name]
        if name.startswith("Random"):  # it draws numbers of its own in training
            training = False
        return make, steps(make, shape, batch, time, seed), training, None
    make, shape, rank = MASKED[draw(st.sampled_from(list(MASKED)))]
    if make is L.Softmax and rank == 1:
        batch, time = 1, 3  # where a mask of rows fits an axis of the batch, were it folded
    mask = np.random.default_rng(seed).random((batch, time, *shape)[: rank + 1]) < 0.6
    return make, steps(make, shape, batch, time, seed), training, mask


def assert_parity(case: tuple[Make, np.ndarray, bool | None, np.ndarray | None]) -> None:
    make, x, training, mask = case
    ours, theirs = pair(make, x)
    assert_same(run(ours, x, training, mask), run(theirs, x, training, mask))


@settings(max_examples=8 if JAX else 100)
@given(cases())
def test_the_same_numbers_and_gradients_as_keras(case: Any) -> None:
    assert_parity(case)


@pytest.mark.slow
@settings(max_examples=400)
@given(cases())
def test_the_same_numbers_and_gradients_as_keras_at_length(case: Any) -> None:
    assert_parity(case)


@slow_on_jax
@pytest.mark.parametrize("name", MASKED)
def test_the_same_numbers_under_a_mask(name: str) -> None:
    make, shape, rank = MASKED[name]
    batch = 1 if name.startswith("Softmax") else 2
    x = steps(make, shape, batch, 3)
    mask = np.random.default_rng(1).random((batch, 3, *shape)[: rank + 1]) < 0.6
    assert_parity((make, x, False, mask))


def words_and_context() -> Any:
    """A model of one time step, with two inputs and two outputs by name."""
    words, context = (
        keras.Input((3,), dtype="int32", name="words"),
        keras.Input((2,), name="context"),
    )
    turn = L.Concatenate()([L.LSTM(4)(L.Embedding(5, 3)(words)), context])
    return keras.Model(
        {"words": words, "context": context},
        {"actions": L.Dense(2)(turn), "labels": L.Reshape((2, 3))(turn)},
    )


STRUCTURES: dict[str, tuple[Make, Any]] = {
    "two inputs": (L.Add, [(4, 3), (4, 3)]),
    "of different ranks": (L.Concatenate, (((3, 2)), ((3, 4)))),
    "by name": (words_and_context, {"words": (3,), "context": (2,)}),
    "two outputs": (lambda: L.LSTM(3, return_state=True), (4, 2)),
    "a loop": (lambda: Both(), {"a": (2,), "b": [(3,)]}),
}


class Both(keras.Layer):
    """A layer of one's own, unknown to the fold, with dicts in and lists out."""

    def call(self, inputs: Any) -> Any:
        return [ops.sum(inputs["a"], axis=-1, keepdims=True), {"b": 2 * inputs["b"][0]}]

    def compute_output_shape(self, input_shape: Any) -> Any:
        return [(*input_shape["a"][:-1], 1), {"b": input_shape["b"][0]}]


@pytest.mark.filterwarnings("ignore:When providing `inputs` as a dict")  # inputs without names
@pytest.mark.parametrize("name", STRUCTURES)
def test_any_structure_goes_in_and_comes_out(name: str, tmp_path: Path) -> None:
    make, shapes = STRUCTURES[name]
    rng = np.random.default_rng(0)
    x = keras.tree.map_shape_structure(
        lambda s: rng.integers(0, 5, (2, 6, *s)).astype("float32"), shapes
    )
    layer = TimeDistributed(make())
    whole = layer(x)
    single = [layer.layer(keras.tree.map_structure(lambda v, t=t: v[:, t], x)) for t in range(6)]
    expected = keras.tree.map_structure(lambda *steps: ops.stack(steps, axis=1), *single)
    keras.tree.assert_same_structure(whole, expected)
    for one, other in zip(*map(keras.tree.flatten, (whole, expected)), strict=True):
        np.testing.assert_allclose(*map(ops.convert_to_numpy, (one, other)), atol=1e-5)
    given = keras.tree.map_shape_structure(lambda s: keras.Input((None, *s)), shapes)
    model = keras.Model(given, layer(given))
    assert [t.shape[2:] for t in model.outputs] == [w.shape[2:] for w in keras.tree.flatten(whole)]
    if name != "a loop":
        model.save(tmp_path / "model.keras")
        model = keras.models.load_model(tmp_path / "model.keras")
    for one, other in zip(*map(keras.tree.flatten, (whole, model(x))), strict=True):
        np.testing.assert_allclose(*map(ops.convert_to_numpy, (one, other)), atol=1e-5)


def test_a_long_loop_is_told_once_and_by_the_name_of_its_layer() -> None:
    layer = TimeDistributed(L.Lambda(lambda x: x + 1, name="added"))
    with pytest.warns(
        LongLoopWarning, match="runs its layer 20 times.*Lambda 'added' is not known"
    ):
        layer(np.zeros((2, 20, 3), "float32"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        layer(np.zeros((2, 20, 3), "float32"))
        TimeDistributed(L.Lambda(lambda x: x + 1))(np.zeros((2, 3, 3), "float32"))
        TimeDistributed(L.Dense(2))(np.zeros((2, 20, 3), "float32"))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["EfficientNetB0", "MobileNetV3Small"])
def test_a_whole_image_model_is_folded_unless_it_learns(name: str) -> None:
    model = getattr(keras.applications, name)(
        weights=None, include_top=False, input_shape=(32, 32, 3), pooling="avg"
    )
    layer = TimeDistributed(model)
    layer.build((None, None, 32, 32, 3))
    assert layer.unfolded(rank=4) == layer.unfolded(False, rank=4) == ""
    assert "BatchNormalization" in layer.unfolded(True, rank=4)
    model.trainable = False
    assert layer.unfolded(True, rank=4) == ""


class Seen(keras.Layer):
    """Keeps the shapes that it is called with."""

    row_independent = True

    def call(self, inputs: Any, training: Any = None) -> Any:
        self.shape, self.training = tuple(inputs.shape), training
        return inputs


@pytest.mark.parametrize("training", [None, False, True])
def test_the_layer_is_called_once_with_all_steps_as_rows(training: bool | None) -> None:
    layer = Seen()
    TimeDistributed(layer)(np.zeros((2, 3, 4), "float32"), training=training)
    assert (layer.shape, layer.training) == ((6, 4), training)


def test_steps_are_rows_in_their_order() -> None:
    x = np.arange(2 * 3 * 4, dtype="float32").reshape(2, 3, 4)
    np.testing.assert_array_equal(ops.convert_to_numpy(TimeDistributed(Seen())(x)), x)


def cost(make: Make, shape: tuple[int, ...]) -> int:
    """How many operations a training step takes: what JAX compiles, what torch runs."""
    x = np.ones(shape, "float32")
    layer = make()
    layer.build(shape)
    if JAX:
        import jax

        def loss(trainable: Any) -> Any:
            rest = [v.value for v in layer.non_trainable_variables]
            return ops.sum(layer.stateless_call(trainable, rest, x)[0])

        values = [v.value for v in layer.trainable_variables]
        return str(jax.make_jaxpr(jax.grad(loss))(values)).count(" = ")

    from torch.utils._python_dispatch import TorchDispatchMode

    class Count(TorchDispatchMode):
        total = 0

        def __torch_dispatch__(self, func: Any, types: Any, args: Any, kwargs: Any = None) -> Any:
            self.total += 1
            return func(*args, **(kwargs or {}))

    with Count() as counted:
        ops.sum(layer(ops.convert_to_tensor(x))).backward()
    return counted.total


@pytest.mark.skipif(keras.backend.backend() == "tensorflow", reason="counts JAX's and torch's")
def test_what_is_compiled_does_not_grow_with_time() -> None:
    costs = {t: cost(lambda: TimeDistributed(L.LSTM(3)), (2, t, 4, 5)) for t in (2, 4, 6, 96)}
    assert len(set(costs.values())) == 1
    looped = [cost(lambda: keras.layers.TimeDistributed(L.LSTM(3)), (2, t, 4, 5)) for t in (2, 6)]
    assert costs[2] < looped[0] < looped[1]  # the count counts


@slow_on_jax
@pytest.mark.parametrize("name", NOISY)
def test_noise_is_drawn_anew_for_every_step_and_spread_as_in_keras(name: str) -> None:
    make, shape = NOISY[name]
    x = np.ones((4, 5, *shape), "float32")
    ours, theirs = (ops.convert_to_numpy(layer(x, training=True)) for layer in pair(make, x))
    assert len(np.unique(ours.reshape(20, -1), axis=0)) == 20
    assert abs(ours.mean() - theirs.mean()) < 0.1
    assert abs(ours.std() - theirs.std()) < 0.1


@slow_on_jax
@pytest.mark.parametrize("name", NOISY_ROWS)
def test_one_draw_for_a_row_is_made_for_every_step_as_often_as_in_keras(name: str) -> None:
    make, shape = NOISY_ROWS[name]
    x = np.broadcast_to(np.arange(np.prod(shape)).reshape(shape), (16, 8, *shape)).astype("float32")
    for layer in pair(make, x):
        rows = ops.convert_to_numpy(layer(x, training=True)).reshape(128, -1)
        kinds, counts = np.unique(rows, axis=0, return_counts=True)
        assert len(kinds) == 2 and min(counts) > 30


def test_dropout_inside_a_recurrence_is_drawn_anew_for_every_step() -> None:
    x = np.ones((2, 3, 4, 50), "float32")
    y = TimeDistributed(LSTM(3, dropout=0.5))(x, training=True)
    assert len(np.unique(ops.convert_to_numpy(y).reshape(6, 3), axis=0)) == 6


def test_a_refused_fold_draws_what_keras_draws() -> None:
    x = np.ones((4, 5, 6), "float32")
    layer = L.Dropout(0.5, seed=1)
    layer.row_independent = False
    theirs = keras.layers.TimeDistributed(L.Dropout(0.5, seed=1))(x, training=True)
    ours = TimeDistributed(layer)(x, training=True)
    np.testing.assert_array_equal(ops.convert_to_numpy(ours), ops.convert_to_numpy(theirs))


def test_a_model_with_open_time_takes_any() -> None:
    words = keras.Input((None, 4), dtype="int32")
    turns = TimeDistributed(words_to_turn())
    model = keras.Model(words, TimeDistributed(L.Dense(2))(turns(words)))
    assert model.output.shape == (None, None, 2)
    x = np.random.default_rng(0).integers(0, 5, (3, 4, 4))
    one_by_one = [model(x[:, t : t + 1]) for t in range(4)]
    expected = ops.convert_to_numpy(ops.concatenate(one_by_one, axis=1))
    np.testing.assert_allclose(ops.convert_to_numpy(model(x)), expected, atol=1e-6)


@pytest.mark.skipif(not JAX, reason="shapes are symbols in jax.export only")
def test_batch_and_time_may_be_symbols() -> None:
    import jax

    layer = TimeDistributed(L.Dense(2))
    layer.build((None, None, 3))
    shape = jax.export.symbolic_shape("b, t, 3")
    exported = jax.export.export(jax.jit(layer))(jax.ShapeDtypeStruct(shape, "float32"))
    x = np.ones((4, 5, 3), "float32")
    np.testing.assert_allclose(exported.call(x), layer(x), rtol=1e-6)


@pytest.mark.parametrize("name", ["Dense", "Functional", "nested"])
def test_saved_and_loaded_it_is_the_same(name: str, tmp_path: Path) -> None:
    make, shape = FOLDED[name]
    x = steps(make, shape, 2, 3)
    given = keras.Input(x.shape[1:], dtype=x.dtype.name)
    model = keras.Sequential([given, TimeDistributed(make())])
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert type(loaded.layers[0]) is TimeDistributed
    np.testing.assert_array_equal(ops.convert_to_numpy(loaded(x)), ops.convert_to_numpy(model(x)))


def test_its_config_is_that_of_keras() -> None:
    layer = keras.layers.TimeDistributed(L.Dense(2), name="each", dtype="float64", trainable=False)
    ours = TimeDistributed.from_config(layer.get_config())
    assert ours.get_config() == layer.get_config()
    assert isinstance(ours, keras.layers.TimeDistributed)
    assert keras.saving.get_registered_name(TimeDistributed) == "cueline>TimeDistributed"


def built(layer: Any, *shape: int) -> Any:
    layer.build(shape)
    return layer


X = np.zeros((4, 5, 3), "float32")
# What does not fit: the layer, the input, its mask, and what the error must name.
WRONG: dict[str, tuple[Make, Any, Any, tuple[str, ...]]] = {
    "no axis left": (
        lambda: L.Dense(2),
        X[0],
        None,
        ("(5, 3)", "(batch, time, ...)", "return_sequences"),
    ),
    "runs over time": (lambda: L.LSTM(2), X, None, ("(4, 5, 3)", "(4, 3)", "3 axes", "without")),
    "too flat": (lambda: L.Conv1D(2, 2), X, None, ("(4, 5, 3)", "(4, 3)", "at least 3 axes")),
    "other width": (
        lambda: built(L.Dense(2), None, 7),
        X,
        None,
        ("(4, 5, 3)", "(4, 3)", "7 values on axis -1", "Give it"),
    ),
    "two lengths": (L.Add, [X, X[:, 1:]], None, ("(4, 5, 3), (4, 4, 3)", "Pad or cut")),
    "a mask for two": (L.Add, [X, X], np.ones((4, 5), bool), ("1 masks for 2", "or None")),
    "time of mask": (L.Identity, X, np.ones((4, 6), bool), ("(4, 6)", "(4, 5, 3)", "(4, 5)")),
    "batch of mask": (L.Identity, X, np.ones((3, 5), bool), ("(3, 5)", "(4, 5, 3)", "(4, 5)")),
    "flat mask": (L.Identity, X, np.ones(4, bool), ("(4,)", "(4, 5, 3)", "(4, 5)")),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_does_not_fit_is_named_with_both_shapes_and_a_remedy(name: str) -> None:
    make, x, mask, named = WRONG[name]
    with pytest.raises(CuelineError) as raised:
        TimeDistributed(make())(x, **({} if mask is None else {"mask": mask}))
    assert isinstance(raised.value, ValueError)
    for part in named:
        assert part in str(raised.value)


def test_a_later_input_of_another_width_is_named_too() -> None:
    layer = TimeDistributed(L.Dense(2))
    layer(X)
    with pytest.raises(CuelineError, match=r"\(4, 5, 7\) that is \(4, 7\).*3 values on axis -1"):
        layer(np.zeros((4, 5, 7), "float32"))


def test_only_a_layer_can_be_wrapped() -> None:
    with pytest.raises(ValueError, match="Layer"):
        TimeDistributed(np.tanh)
