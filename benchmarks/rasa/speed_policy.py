"""Rasa's TED policy with a clock on its steps. Only a Python that has Rasa can import this."""

from __future__ import annotations

import time
from typing import Any

import tensorflow as tf
from rasa.core.featurizers.single_state_featurizer import SingleStateFeaturizer
from rasa.core.featurizers.tracker_featurizers import FullDialogueTrackerFeaturizer
from rasa.core.policies.ted_policy import TED, TEDPolicy
from rasa.engine.recipes.default_recipe import DefaultV1Recipe

STEPS = 10
"""Steps on the clock, after which it is foreseen whether all epochs end in time."""


class Clock(tf.keras.callbacks.Callback):  # type: ignore[misc]
    """Seconds and dialogues of all steps but the first, in which TensorFlow builds its graph."""

    def __init__(self, dialogues: int, size: int, limit: float) -> None:
        """Of an epoch, of a step, and the seconds that all epochs may take."""
        super().__init__()
        self.epoch, self.size, self.limit = dialogues, size, limit
        self.began: float | None = None
        self.seconds, self.steps, self.dialogues, self.stopped = 0.0, 0, 0, False

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        now = time.perf_counter()
        if self.began is None:
            self.began = now
            return
        self.steps += 1
        self.dialogues += min(self.size, self.epoch - batch * self.size)  # the last has fewer
        self.seconds = now - self.began
        if self.steps == STEPS and self.seconds / STEPS * self._planned() > self.limit:
            self.stopped = self.model.stop_training = True

    def _planned(self) -> int:
        return int(self.params["steps"] * self.params["epochs"])


class TimedTED(TED):  # type: ignore[misc]
    """The network; its clock is the class's, since Rasa makes the policy and the network."""

    clock: Clock

    def fit(self, *args: Any, callbacks: Any = None, **kwargs: Any) -> Any:
        if callbacks:  # without any, Rasa loads a model: a last step that readies it
            callbacks = [*callbacks, self.clock]
        return super().fit(*args, callbacks=callbacks, **kwargs)


@DefaultV1Recipe.register(
    DefaultV1Recipe.ComponentType.POLICY_WITH_END_TO_END_SUPPORT, is_trainable=True
)
class TimedTEDPolicy(TEDPolicy):  # type: ignore[misc]
    """TED on whole dialogues, each one example, as the others have them.

    By default each action would be an example of its own, with all that went before it, which
    takes far longer. Not by `featurizer` in the configuration, with which Rasa 3.6 cannot save.
    """

    @staticmethod
    def model_class() -> type[TED]:
        return TimedTED

    def _standard_featurizer(self) -> FullDialogueTrackerFeaturizer:
        return FullDialogueTrackerFeaturizer(SingleStateFeaturizer())
