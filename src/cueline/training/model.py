"""The network in Keras, as it is trained.

    words (B, T, W) -> Embedding -> encoder, the same at every turn -+
    context (B, T, C) -----------------------------------------------+-> x (B, T, F)
    x -> Dense(D, tanh) -> LSTM(return_sequences=True) -> h (B, T, H)
    h beside x -> Dense(A) -> logits (B, T, A)

With many actions, and so as many columns of context, x reaches the actions through `SKIP_UNITS`
numbers: h beside Dense(R) of x -> Dense(A).

In training each distinct utterance of a batch is encoded once, which gives the same numbers as
encoding every turn, for far less work. `cueline.export.keras` has the model as pictured.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import keras
import numpy as np
from keras import ops

from cueline.layers import LSTM, TimeDistributed
from cueline.layers.encoders import pooled
from cueline.settings import NetworkSettings
from cueline.training.utterance_layout import layout
from cueline.types import Array

FORBIDDEN = -1e9
"""Added to the logit of an action that is not allowed: its probability is exactly 0 then."""
SPREAD = 0.3
"""Embeddings begin between minus and plus this."""
MAX_DIRECT = 500_000
"""Weights from what is known at a turn straight to the actions, at the most.

Previous actions are known, so with each further action both sides of that product grow: with 5,000
it would have 25 million weights, and a step would be all theirs.
"""
SKIP_UNITS = 64
"""Through how many numbers what is known goes past the memory instead: a product of low rank."""

SKIP_SEED = 1_000_000
"""Beyond the seeds of the other layers, whose draws stay what they are without it."""


def skip_units(network: NetworkSettings, columns: int, actions: int) -> int:
    """`SKIP_UNITS` where there would be more than `MAX_DIRECT` weights, else 0: straight on."""
    known = kept_sizes(network)["encoding_kept"] + columns
    return SKIP_UNITS if known * actions > MAX_DIRECT else 0


def masked(logits: Any, allowed: Any) -> Any:
    """`logits`, far below zero where `allowed` is 0. *Shapes:* (..., A), (..., A) -> (..., A)."""
    return logits + (allowed - 1.0) * -FORBIDDEN


class Network:
    """The layers of a policy with `words` embeddings, `columns` of context and `actions` bits.

    What is known goes past the memory through `skip` numbers, or straight on where that is 0.
    """

    def __init__(
        self,
        settings: NetworkSettings,
        words: int,
        columns: int,
        actions: int,
        seed: int = 0,
        skip: int = 0,
    ) -> None:
        self.settings = settings
        self.columns, self.actions = columns, actions
        seeds = iter(range(seed * 7, seed * 7 + 7))  # one a layer: none repeats another's draws
        uniform = keras.initializers.RandomUniform(-SPREAD, SPREAD, seed=next(seeds))
        self.embedding = keras.layers.Embedding(
            words, settings.embedding, uniform, name="embedding"
        )
        self.encoder = _recurrent(LSTM, settings.encoder_units, seeds, "encoder")
        self.memory = _memory(settings, seeds)
        glorot = keras.initializers.GlorotUniform(seed=next(seeds))
        self.turn = keras.layers.Dense(
            settings.turn_units, "tanh", kernel_initializer=glorot, name="turn"
        )
        glorot = keras.initializers.GlorotUniform(seed=next(seeds))
        self.output = keras.layers.Dense(actions, kernel_initializer=glorot, name="actions")
        self.skip = None
        if skip:
            glorot = keras.initializers.GlorotUniform(seed=SKIP_SEED + seed)
            self.skip = keras.layers.Dense(
                skip, use_bias=False, kernel_initializer=glorot, name="skip"
            )

    def training_model(self) -> keras.Model:
        """The same from a table of the batch's distinct utterances and an index into it."""
        settings = self.settings
        known = kept_sizes(settings)["encoding_kept"] + self.columns
        self.embedding.build()
        if settings.encoder == "lstm":
            self.encoder.build((None, None, settings.embedding))
        self.turn.build((None, None, known))
        self.memory.build((None, None, settings.turn_units))
        if self.skip is not None:
            self.skip.build((None, None, known))
            known = self.skip.units
        self.output.build((None, None, settings.units + known))
        return _Training(self)

    def weights(self) -> dict[str, Array]:
        """The arrays by the names that `cueline.policy.network` knows them by."""
        return named_weights(self._layers())

    def set_weights(self, weights: Mapping[str, Array]) -> None:
        """Take over arrays named as in `weights`; the layers must have been built before."""
        set_named_weights(self._layers(), weights)

    def _layers(self) -> dict[str, Any]:
        layers = {"embedding": self.embedding, "turn": self.turn}
        layers |= {"memory": self.memory, "output": self.output}
        if self.skip is not None:
            layers["skip"] = self.skip
        return {**layers, "encoder": self.encoder} if self.settings.encoder == "lstm" else layers


class _Training(keras.Model):
    """A network from a table of the batch's distinct utterances and an index into it.

    The layout of words and context depends on the backend (`utterance_layout`). Nothing is random
    in here: what drops out comes with the batch. *Shapes:* index (B, T), encoding_kept
    (B, T, E), memory_kept (B, T, U) and allowed (B, T, A) -> logits (B, T, A). For answers per
    dialogue also last (B, T), 1 at the last turn of each, with allowed and the logits (B, A).

    Of Dense layers only weights are used, of the others `call`: what Keras does around each, on
    torch at every step, would take a quarter of the time of a step of few turns.
    """

    def __init__(self, network: Network) -> None:
        super().__init__(name="training")
        self.network = network
        encoder = network.encoder if network.settings.encoder == "lstm" else None
        # Checkpoints have the weights in the order in which Keras finds the layers here.
        self.parts = network.embedding, encoder, network.turn, network.memory, network.output
        self.skip = network.skip
        self.encoder, self.built = encoder, True

    def call(self, inputs: Mapping[str, Any]) -> Any:
        """The logits."""
        network, index = self.network, inputs["index"]
        table = layout().encodings(inputs, index, network.embedding, self.encoder)
        encoding = ops.take(table, index, axis=0) * inputs["encoding_kept"]
        product = partial(layout().product, inputs, encoding)
        turn, output = network.turn, ops.convert_to_tensor(network.output.kernel)
        turns = ops.tanh(product(ops.convert_to_tensor(turn.kernel)) + turn.bias)
        outputs = network.memory.call(turns) * inputs["memory_kept"]
        units = network.settings.units
        if self.skip is None:
            past = product(output[units:])
        else:
            past = ops.matmul(product(ops.convert_to_tensor(self.skip.kernel)), output[units:])
        logits = ops.matmul(outputs, output[:units]) + past + network.output.bias
        if network.settings.answer == "dialogue":
            logits = pooled(logits, inputs["last"])
        return masked(logits, inputs["allowed"])


_NAMES = {1: ("",), 2: ("kernel", "bias"), 3: ("kernel", "recurrent", "bias")}
"""The names of a layer's weights, by how many it has."""


def named_weights(layers: Mapping[str, Any]) -> dict[str, Array]:
    """The weights of `layers` by the names that `cueline.policy.network` knows them by.

    Keras keeps both biases of a GRU in one array; here they are two.
    """
    named = {}
    for layer_name, layer in layers.items():
        arrays = layer.get_weights()
        for name, array in zip(_NAMES[len(arrays)], arrays, strict=True):
            named[f"{layer_name}.{name}" if name else layer_name] = np.asarray(array, np.float32)
    if "memory" in layers and named["memory.bias"].ndim == 2:
        named["memory.bias"], named["memory.recurrent_bias"] = named["memory.bias"].copy()
    return named


def set_named_weights(layers: Mapping[str, Any], weights: Mapping[str, Array]) -> None:
    """Give `layers` the weights that `named_weights` gives; they must have been built before."""
    arrays = dict(weights)
    if "memory.recurrent_bias" in arrays:
        arrays["memory.bias"] = np.stack([arrays["memory.bias"], arrays["memory.recurrent_bias"]])
    for layer_name, layer in layers.items():
        names = _NAMES[len(layer.weights)]
        layer.set_weights([arrays[f"{layer_name}.{n}" if n else layer_name] for n in names])


def kept_sizes(settings: NetworkSettings) -> dict[str, int]:
    """The inputs that say what drops out, and how wide each is."""
    encoding = settings.encoder_units if settings.encoder == "lstm" else settings.embedding
    return {"encoding_kept": encoding, "memory_kept": settings.units}


def _memory(settings: NetworkSettings, seeds: Any) -> Any:
    if settings.memory == "none":
        glorot = keras.initializers.GlorotUniform(seed=next(seeds))
        dense = keras.layers.Dense(settings.units, "relu", kernel_initializer=glorot, name="silo")
        return TimeDistributed(dense, name="memory")
    layer = {"lstm": LSTM, "gru": keras.layers.GRU}[settings.memory]
    return _recurrent(layer, settings.units, seeds, "memory")


def _recurrent(layer: Any, units: int, seeds: Any, name: str) -> Any:
    return layer(
        units,
        return_sequences=True,
        kernel_initializer=keras.initializers.GlorotUniform(seed=next(seeds)),
        recurrent_initializer=keras.initializers.Orthogonal(seed=next(seeds)),
        name=name,
    )
