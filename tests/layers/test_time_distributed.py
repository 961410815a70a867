"""`TimeDistributed` is Keras's in all it gives, and folds time into the batch to give it."""

from __future__ import annotations

import os
import subprocess
import sys
import unittest
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
from keras.src.layers.rnn import time_distributed_test as keras_tests

from cueline.errors import CuelineError
from cueline.layers import LSTM, TimeDistributed

from .keras_layers import (
    FOLDED,
    JAX,
    NOISY,
    Make,
    assert_same,
    pair,
    run,
    slow_on_jax,
    steps,
    words_to_turn,
)

OTHER = "torch" if JAX else "jax"
KERAS_TESTS = unittest.defaultTestLoader.getTestCaseNames(keras_tests.TimeDistributedTest)


@pytest.mark.parametrize("name", KERAS_TESTS)
def test_keras_own_test(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keras_tests.layers, "TimeDistributed", TimeDistributed)
    result = keras_tests.TimeDistributedTest(name).run()
    for _, trace in result.errors + result.failures:
        pytest.fail(trace)
    assert result.testsRun == 1 and not result.skipped


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
        make, shape = FOLDED[draw(st.sampled_from(list(FOLDED)))]
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
    costs = {t: cost(lambda: TimeDistributed(L.LSTM(3)), (2, t, 4, 5)) for t in (2, 6, 48)}
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
    "two inputs": (L.Add, [X, X], None, ("(4, 5, 3), (4, 5, 3)", "Concatenate")),
    "two outputs": (lambda: L.LSTM(2, return_state=True), X[..., None], None, ("has 3", "Wrap")),
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
