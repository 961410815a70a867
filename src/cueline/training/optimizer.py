"""Adam, its averaged weights and the gradient's clipping, in as few passes as can be.

With 15,000 word vectors a step of a small network is mostly the optimizer's: each pass over its
millions of numbers waits for memory. Keras makes about twenty; torch's fused Adam, one.
"""

from __future__ import annotations

import keras

from cueline.settings import TrainingSettings
from cueline.training.keras_compat import FusedAdam


def adam(settings: TrainingSettings, rate: float) -> keras.optimizers.Optimizer:
    """As the settings want it, at the learning `rate`."""
    chosen = FusedAdam if keras.backend.backend() == "torch" else keras.optimizers.Adam
    return chosen(
        rate,
        global_clipnorm=settings.clip,
        use_ema=settings.average > 0,
        ema_momentum=settings.average,
    )
