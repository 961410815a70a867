"""The fused LSTM is Keras's: the same numbers, gradients, states and config."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from itertools import combinations
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from keras import ops

from cueline.layers import LSTM, TimeDistributed

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
    if not JAX:
        from cueline.layers import lstm_kernels

        monkeypatch.setattr(lstm_kernels, "MAX_ROWS", request.param)


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


@pytest.mark.skipif(not find_spec("torch"), reason="the kernels are torch's")
@pytest.mark.parametrize("examples", [100, pytest.param(2000, marks=pytest.mark.slow)])
def test_the_value_or_the_error_of_keras_at_any_shape_and_the_process_ends_well(
    examples: int,
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.layers.state_shapes", str(examples)],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "KERAS_BACKEND": "torch"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def batched(layer: Any, x: Any) -> Any:
    import torch

    return torch.func.vmap(layer)(x[None].expand(3, *x.shape))


def pushed_forward(layer: Any, x: Any) -> Any:
    import torch

    return torch.func.jvp(layer, (x,), (torch.ones_like(x),))


def dual(layer: Any, x: Any) -> Any:
    import torch
    from torch.autograd import forward_ad

    with forward_ad.dual_level():
        given = layer(forward_ad.make_dual(x, torch.ones_like(x)))
        return tuple(forward_ad.unpack_dual(given))


def mixed(layer: Any, x: Any) -> Any:
    import torch

    with torch.autocast("cpu", torch.bfloat16):
        return layer(x).float()


def weights_batched(layer: Any, x: Any) -> Any:
    """A model of several members, as `torch.func` makes one."""
    import torch

    values = {name: value[None].expand(2, *value.shape) for name, value in layer.named_parameters()}
    return torch.func.vmap(lambda w: torch.func.functional_call(layer, w, (x,)))(values)


def jacobians(layer: Any, x: Any) -> Any:
    import torch

    jacobian, functions = torch.autograd.functional.jacobian, torch.func
    ways = functions.jacfwd(layer)(x), functions.jacrev(layer)(x)
    return *ways, jacobian(layer, x), jacobian(layer, x, vectorize=True)


def slopes_batched(layer: Any, x: Any) -> Any:
    import torch

    x = x.clone().requires_grad_()
    y = layer(x)
    each = torch.eye(y.numel()).view(-1, *y.shape)
    return torch.autograd.grad(y, x, each, is_grads_batched=True)[0]


def without_gradients(layer: Any, x: Any) -> Any:
    import torch

    with torch.inference_mode():
        return layer(x).clone()


WAYS_TO_CALL = [
    batched,
    pushed_forward,
    dual,
    mixed,
    weights_batched,
    jacobians,
    slopes_batched,
    without_gradients,
]


@on_torch
@pytest.mark.filterwarnings("ignore:There is a performance drop")
@pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated")  # by torch's own jvp
@pytest.mark.parametrize("time", [1, 6])
@pytest.mark.parametrize("way", WAYS_TO_CALL, ids=lambda way: way.__name__)
@pytest.mark.parametrize("inside", [False, True], ids=["alone", "in TimeDistributed"])
def test_what_torch_does_to_a_call_works_as_in_keras(way: Any, time: int, inside: bool) -> None:
    import torch

    ours, theirs = both((2, time, 4))
    x = torch.from_numpy(normal(2, time, 4))
    if inside:
        ours, theirs = TimeDistributed(theirs), keras.layers.TimeDistributed(both((2, time, 4))[1])
        x = torch.from_numpy(normal(2, 2, time, 4))
        ours.build(x.shape)
        theirs.build(x.shape)
        theirs.set_weights(ours.get_weights())
    torch.testing.assert_close(
        way(ours, x), way(theirs, x), atol=2e-2 if way is mixed else 1e-5, rtol=1e-4
    )


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
