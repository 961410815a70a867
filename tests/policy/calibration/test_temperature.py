"""The temperature is the minimum that another search finds, near 1 where little is held out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from cueline.policy.calibration.temperature import HIGHEST, LOWEST, PRIOR, fit_temperature


@given(st.floats(0.05, 20), st.floats(0.01, 5), st.integers(0, 5000))
def test_it_is_the_minimum_of_nll_and_prior(best: float, curvature: float, turns: int) -> None:
    def nll(temperature: float) -> float:
        return float(curvature * (np.log(temperature) - np.log(best)) ** 2)

    def loss(log: float) -> float:
        return nll(np.exp(log)) + PRIOR / max(turns, 1) * log**2

    bounds = (np.log(LOWEST), np.log(HIGHEST))
    expected = minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 1e-8}).x
    assert np.log(fit_temperature(nll, turns)) == pytest.approx(expected, abs=1e-3)


def test_few_turns_overrule_no_temperature_and_many_do() -> None:
    def nll(temperature: float) -> float:
        return float(0.1 * (np.log(temperature) - np.log(3)) ** 2)

    assert fit_temperature(nll, 10) < 1.2
    assert fit_temperature(nll, 100_000) == pytest.approx(3, abs=0.01)


def test_a_policy_keeps_four_decimals() -> None:
    found = fit_temperature(lambda temperature: (temperature - 1.23456789) ** 2, 10_000)
    assert found == round(found, 4)
