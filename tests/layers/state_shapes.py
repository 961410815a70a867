"""Whatever the shapes of input, states and mask: Keras's value, or its error, time after time.

    KERAS_BACKEND=torch python -m tests.layers.state_shapes 2000

It runs in a process of its own, since a kernel that is given a wrong shape may corrupt the heap,
which shows only when the process ends.
"""

from __future__ import annotations

import os
import re
import sys
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cueline.layers import LSTM, TimeDistributed

UNITS, FEATURES = 3, 4
OPTIONS = ("return_sequences", "return_state", "go_backwards", "use_bias", "zero_output_for_mask")


@st.composite
def inputs(draw: st.DrawFn) -> tuple[np.ndarray, list[np.ndarray] | None, np.ndarray | None]:
    """x, states and mask, most of them of a shape that fits, some of any other."""
    batch, time = draw(st.integers(0, 4)), draw(st.integers(0, 7))
    features = draw(st.sampled_from([FEATURES] * 6 + [2, 5]))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    x = drawn_layout(draw, rng.standard_normal((batch, time, features)).astype("float32"))
    fits = (batch, UNITS)
    others = [(1, UNITS), (5, UNITS), (batch, 4), (UNITS,), (1, batch, UNITS), (batch, 1), ()]
    shapes = st.lists(st.sampled_from([fits] * 6 + others), min_size=2, max_size=2)
    state = None
    if draw(st.booleans()):
        shapes = draw(shapes)[: draw(st.sampled_from([2] * 8 + [1]))]
        dtype = draw(st.sampled_from(["float32"] * 5 + ["float64", "int32"]))
        state = [drawn_layout(draw, rng.standard_normal(s).astype(dtype)) for s in shapes]
    masks = [(batch, time)] * 5 + [(1, time), (batch, 1), (batch, time + 1), (batch, time, 1)]
    mask = None
    if draw(st.booleans()):
        mask = rng.random(draw(st.sampled_from(masks))) < 0.6
        if draw(st.booleans()) and mask.ndim == 2:
            mask = -np.sort(-mask.astype(int), axis=1) > 0  # padding at the end
    return x, state, mask


def drawn_layout(draw: st.DrawFn, array: np.ndarray) -> np.ndarray:
    """The same values, laid out in memory in another order."""
    return np.asfortranarray(array) if draw(st.booleans()) else array


def outcome(layer: Any, x: Any, state: Any, mask: Any) -> tuple[list[np.ndarray], str]:
    """What the layer gives, or the error that it raises."""
    try:
        given = layer(
            keras.ops.convert_to_tensor(x),
            initial_state=None
            if state is None
            else [keras.ops.convert_to_tensor(s) for s in state],
            mask=None if mask is None else keras.ops.convert_to_tensor(mask),
        )
    except (ValueError, RuntimeError, IndexError, TypeError) as error:
        return [], f"{type(error).__name__}: {re.sub('0x[0-9a-f]+', '', str(error))}"
    return [keras.ops.convert_to_numpy(value) for value in keras.tree.flatten(given)], ""


def assert_same(ours: Any, theirs: Any) -> None:
    (mine, my_error), (his, his_error) = ours, theirs
    assert my_error == his_error
    assert [value.shape for value in mine] == [value.shape for value in his]
    for one, other in zip(mine, his, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=2e-5)


def check(case: tuple[Any, Any, Any], options: dict[str, bool], wrapped: bool) -> None:
    x, state, mask = case
    ours, theirs = (layer(UNITS, name="memory", **options) for layer in (LSTM, keras.layers.LSTM))
    ours.build((None, None, FEATURES))
    theirs.build((None, None, FEATURES))
    theirs.set_weights(ours.get_weights())
    if wrapped:  # Keras's own layer, as it is after it stood in our `TimeDistributed`
        inner = keras.layers.LSTM(UNITS, name="memory", **{**options, "return_state": False})
        TimeDistributed(inner).build((None, None, None, FEATURES))
        inner.return_state = options["return_state"]
        inner.set_weights(ours.get_weights())
        ours = inner
    first, again = (outcome(ours, x, state, mask) for _ in range(2))
    assert_same(first, outcome(theirs, x, state, mask))
    assert_same(first, again)


def main(examples: int) -> None:
    options = st.fixed_dictionaries({name: st.booleans() for name in OPTIONS})
    run = given(inputs(), options, st.booleans())(check)
    settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))(run)()


if __name__ == "__main__":
    main(int(sys.argv[1]))
