"""Keras layers, the same numbers faster: time folded into the batch, torch's fused LSTM."""

import cueline.layers.keras_compat  # noqa: F401  (chooses the backend before Keras is imported)
from cueline.layers.lstm import LSTM
from cueline.layers.time_distributed import LongLoopWarning, StepShapeError, TimeDistributed

__all__ = ["LSTM", "LongLoopWarning", "StepShapeError", "TimeDistributed"]
