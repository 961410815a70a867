"""The one place of training that depends on how Keras and torch are made inside."""

from __future__ import annotations

from typing import Any

import keras

if keras.backend.backend() == "torch":
    import torch


class FusedAdam(keras.optimizers.Adam):
    """`keras.optimizers.Adam` (Kingma and Ba, 2015) with the same numbers, on torch alone.

    `global_clipnorm` and `use_ema` are heeded; other options are not.
    """

    def _clip_gradients(self, grads: list[Any]) -> list[Any]:
        norm = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(grads)))
        self.divisor = (norm / self.global_clipnorm).clamp(min=1)
        return grads

    def _backend_update_step(self, grads: list[Any], variables: list[Any], rate: Any) -> None:
        places = [self._get_variable_index(variable) for variable in variables]
        step = self.iterations.value + 1
        # Keras adds epsilon before the correction of the second moment's bias, torch after it.
        epsilon = self.epsilon / (1 - self.beta_2 ** step.item()) ** 0.5
        torch._fused_adam_(
            [variable.value.data for variable in variables],
            grads,
            [self._momentums[place].value for place in places],
            [self._velocities[place].value for place in places],
            [],
            [step.float()] * len(places),
            lr=float(rate),
            beta1=self.beta_1,
            beta2=self.beta_2,
            weight_decay=0.0,
            eps=epsilon,
            amsgrad=False,
            maximize=False,
            grad_scale=self.divisor,
        )

    def _update_model_variables_moving_average(self, variables: list[Any]) -> None:
        averages = [average.value for average in self._model_variables_moving_average]
        weight = 1 - self.ema_momentum if self.iterations.value else 1.0
        torch._foreach_lerp_(averages, [variable.value.data for variable in variables], weight)
