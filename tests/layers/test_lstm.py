"""The fused LSTM is Keras's: the same numbers, gradients, states and config."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from keras import ops

from cueline.layers import LSTM, lstm

from .keras_layers import JAX, assert_same, run

on_torch = pytest.mark.skipif(JAX, reason="the kernel is torch's; on JAX it is Keras's layer")


def both(shape: tuple[int, ...], **options: Any) -> tuple[Any, Any]:
    ours, theirs = LSTM(3, **options), keras.layers.LSTM(3, **options)
    ours.build(shape)
    theirs.build(shape)
    theirs.set_weights(ours.get_weights())
    ours.set_weights([w + 0.1 for w in ours.get_weights()])  # biases that are not all 0 or 1
    theirs.set_weights(ours.get_weights())
    return ours, theirs


def normal(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape).astype("float32")


class Stateful(keras.layers.Layer):
    """Calls an LSTM from a state, and joins all that it gives."""

    def __init__(self, lstm: Any, state: list[np.ndarray] | None) -> None:
        super().__init__()
        self.lstm, self.state, self.supports_masking = lstm, state, True

    def build(self, shape: Any) -> None:
        self.lstm.build(shape)

    def call(self, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        state = None if self.state is None else [ops.convert_to_tensor(s) for s in self.state]
        given = self.lstm(inputs, initial_state=state, training=training, mask=mask)
        return ops.concatenate([ops.reshape(g, (-1,)) for g in keras.tree.flatten(given)])


WAYS = ("return_sequences", "return_state", "go_backwards", "use_bias")
EXTRA: list[dict[str, Any]] = [
    {"activation": "relu"},
    {"recurrent_activation": "hard_sigmoid"},
    {"recurrent_dropout": 0.5},
    {"unroll": True},
    {"implementation": 1},
]


@pytest.fixture(params=[1, 3, 128], ids=lambda rows: f"{rows} rows a block")
def rows(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lstm, "ROWS", request.param)


@on_torch
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    size=st.tuples(st.integers(1, 4), st.integers(1, 5), st.integers(1, 4)),
    options=st.fixed_dictionaries({name: st.booleans() for name in WAYS}),
    started=st.booleans(),
)
def test_the_same_numbers_gradients_and_states_as_keras(
    rows: None,
    size: tuple[int, int, int],
    options: dict[str, Any],
    started: bool,
) -> None:
    x = normal(*size)
    state = [normal(size[0], 3, seed=1), normal(size[0], 3, seed=2)] if started else None
    pair = both(size, **options)
    ours, theirs = (run(Stateful(layer, state), x) for layer in pair)
    assert_same(ours, theirs)


@on_torch
@pytest.mark.parametrize("extra", EXTRA, ids=lambda extra: next(iter(extra)))
@pytest.mark.parametrize("training", [False, True])
def test_what_the_kernel_cannot_do_is_done_as_in_keras(
    extra: dict[str, Any], training: bool
) -> None:
    ours, theirs = both((2, 5, 4), return_sequences=True, seed=1, **extra)
    assert_same(run(ours, normal(2, 5, 4), training), run(theirs, normal(2, 5, 4), training))


@on_torch
@pytest.mark.parametrize("where", ["at the end", "at the start", "anywhere"])
@pytest.mark.parametrize(
    "on", [(), *combinations((*WAYS[:3], "zero_output_for_mask"), 1), WAYS[:2], WAYS[:3]]
)
def test_the_same_numbers_under_masks(rows: None, where: str, on: tuple[str, ...]) -> None:
    lengths = np.array([3, 0, 5, 1, 3, 4])[:, None]  # a row without any step, and a whole one
    masks = {
        "at the end": np.arange(5) < lengths,
        "at the start": np.arange(5) >= lengths,
        "anywhere": np.random.default_rng(0).random((6, 5)) < 0.5,
    }
    x, state = normal(6, 5, 4), [normal(6, 3, seed=1), normal(6, 3, seed=2)]
    pair = both((6, 5, 4), **dict.fromkeys(on, True))
    ours, theirs = (run(Stateful(layer, state), x, None, masks[where]) for layer in pair)
    assert_same(ours, theirs)


@pytest.mark.parametrize("sequences", [False, True])
@pytest.mark.parametrize("state", [False, True])
def test_the_shapes_are_those_in_its_table(sequences: bool, state: bool) -> None:
    given = LSTM(3, return_sequences=sequences, return_state=state)(normal(2, 5, 4))
    shapes = [tuple(value.shape) for value in keras.tree.flatten(given)]
    assert shapes == [(2, 5, 3) if sequences else (2, 3)] + [(2, 3), (2, 3)] * state


def test_steps_from_carried_states_are_the_sequence() -> None:
    layer = LSTM(3, return_state=True)
    x = normal(2, 5, 4)
    whole, *states = layer(x)
    carried = None
    for t in range(5):
        last, *carried = layer(x[:, t : t + 1], initial_state=carried)
    for one, other in zip([last, *carried], [whole, *states], strict=True):
        np.testing.assert_allclose(
            ops.convert_to_numpy(one), ops.convert_to_numpy(other), atol=1e-6
        )


@on_torch
@pytest.mark.parametrize("dropped", ["dropout", "recurrent_dropout"])
@pytest.mark.parametrize("sequences", [False, True])
def test_the_same_seed_drops_the_same(dropped: str, sequences: bool) -> None:
    options = {dropped: 0.5, "seed": 1, "return_sequences": sequences}
    ours, theirs = both((2, 5, 4), **options)
    assert_same(run(ours, normal(2, 5, 4), True), run(theirs, normal(2, 5, 4), True))


@on_torch
def test_torch_runs_the_kernel_and_keras_its_loop() -> None:
    def kernels(layer: Any, mask: Any = None) -> bool:
        import torch

        with torch.profiler.profile() as profile:
            layer(normal(2, 5, 4), mask=mask)
        return any(event.key == "aten::lstm" for event in profile.key_averages())

    ours, theirs = both((2, 5, 4))
    assert kernels(ours) and not kernels(theirs)
    assert not kernels(both((2, 5, 4), use_cudnn=False)[0])
    end = np.arange(5) < np.array([[3], [5]])
    assert kernels(ours, end) and not kernels(ours, end[:, ::-1].copy())


@on_torch
def test_second_derivatives_are_the_same() -> None:
    import torch

    def second(layer: Any) -> Any:
        x = torch.tensor(normal(2, 5, 4), requires_grad=True)
        (slope,) = torch.autograd.grad(layer(x).square().sum(), x, create_graph=True)
        return torch.autograd.grad(slope.square().sum(), x)[0]

    torch.testing.assert_close(*map(second, both((2, 5, 4))), atol=1e-5, rtol=1e-4)


@on_torch
@pytest.mark.parametrize("dtype", ["float64", "bfloat16", "mixed_bfloat16"])
def test_other_precisions(dtype: str) -> None:
    ours, theirs = both((2, 5, 4), dtype=dtype, recurrent_initializer="glorot_uniform")
    one, other = ours(normal(2, 5, 4)), theirs(normal(2, 5, 4))
    assert one.dtype == other.dtype
    np.testing.assert_allclose(
        ops.convert_to_numpy(ops.cast(one, "float32")),
        ops.convert_to_numpy(ops.cast(other, "float32")),
        atol=1e-6 if dtype == "float64" else 3e-2,
    )


def test_its_config_is_that_of_keras() -> None:
    options: dict[str, Any] = {"dropout": 0.2, "go_backwards": True, "name": "memory", "seed": 3}
    assert LSTM(3, **options).get_config() == keras.layers.LSTM(3, **options).get_config()
    assert keras.saving.get_registered_name(LSTM) == "cueline>LSTM"


def test_saved_and_loaded_it_is_the_same(tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((5, 4)), keras.layers.Bidirectional(LSTM(3))])
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert type(loaded.layers[0].forward_layer) is LSTM
    x = normal(2, 5, 4)
    np.testing.assert_array_equal(ops.convert_to_numpy(loaded(x)), ops.convert_to_numpy(model(x)))
