"""What of the context drops out is drawn anew for each batch, and alike for each run."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cueline.training.batches import dropped


@given(st.lists(st.floats(0.25, 4, width=32), max_size=50), st.floats(0, 0.9), st.integers(0, 99))
def test_what_stays_grows_by_as_much_as_drops_out(
    given: list[float], share: float, seed: int
) -> None:
    values = np.array(given, np.float32)
    found = dropped(values, share, np.random.default_rng(seed))
    stays = found != 0
    np.testing.assert_allclose(found[stays], values[stays] / (1 - share), rtol=1e-5)
    if share == 0:
        assert stays.all()
    again = dropped(values, share, np.random.default_rng(seed))
    np.testing.assert_array_equal(found, again)


def test_the_share_is_kept() -> None:
    found = dropped(np.ones(100_000, np.float32), 0.3, np.random.default_rng(0))
    assert abs((found == 0).mean() - 0.3) < 0.01
    assert abs(found.mean() - 1) < 0.01
