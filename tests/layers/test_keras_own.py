"""Keras's own tests of recurrent layers and of `TimeDistributed`, with our classes in place."""

from __future__ import annotations

import importlib
import unittest
from typing import Any

import keras
import pytest

from cueline.layers import LSTM, TimeDistributed

# All pass: there is no difference to explain.
MODULES = (
    "time_distributed lstm gru bidirectional rnn stacked_rnn_cells dropout_rnn_cell"
    if keras.backend.backend() != "tensorflow"
    else "time_distributed"
).split()


def cases() -> list[Any]:
    found = []
    for name in MODULES:
        module = importlib.import_module(f"keras.src.layers.rnn.{name}_test")
        for kind in vars(module).values():
            if isinstance(kind, type) and issubclass(kind, unittest.TestCase):
                for test in unittest.defaultTestLoader.getTestCaseNames(kind):
                    marks = getattr(getattr(kind, test), "pytestmark", ())  # where it is skipped
                    found.append(pytest.param(kind, test, id=f"{name}-{test}", marks=marks))
    return found


@pytest.mark.parametrize(("kind", "test"), cases())
def test_keras_own_test(kind: Any, test: str, monkeypatch: pytest.MonkeyPatch) -> None:
    layers = importlib.import_module("keras.src.layers")
    monkeypatch.setattr(layers, "TimeDistributed", TimeDistributed)
    monkeypatch.setattr(layers, "LSTM", LSTM)
    result = kind(test).run()
    assert result.testsRun == 1
    for _, why in result.skipped:
        pytest.skip(why)
    for _, trace in result.errors + result.failures:
        pytest.fail(trace)
