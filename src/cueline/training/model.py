"""The network as a Keras user would write it.

    words (B, T, W) -> Embedding -> encoder, the same at every turn -+
    context (B, T, C) -----------------------------------------------+-> x (B, T, F)
    x -> TimeDistributed(Dense(D, tanh)) -> LSTM(return_sequences=True) -> h (B, T, H)
    h beside x -> TimeDistributed(Dense(A)) -> logits (B, T, A)

The layers are made once and wired in two ways: as above, for a person, and for training with each
distinct utterance of a batch encoded once, which gives the same numbers for far less work.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import keras
import msgspec
import numpy as np
from keras import ops

from cueline.layers import LSTM, TimeDistributed
from cueline.layers.encoders import Pool, pooled
from cueline.policy.decisions.decision_model import DecisionModel
from cueline.policy.decisions.set_distribution.batched import ActionSets
from cueline.settings import NetworkSettings
from cueline.training.loss import seen_weights
from cueline.training.utterance_layout import layout
from cueline.types import Array

if TYPE_CHECKING:
    from cueline.policy import Policy

FORBIDDEN = -1e9
"""Added to the logit of an action that is not allowed: its probability is exactly 0 then."""


SPREAD = 0.3
"""Embeddings begin between minus and plus this."""


@keras.saving.register_keras_serializable(package="cueline")
class Mask(keras.layers.Layer):
    """Makes what is not allowed impossible. *Shapes:* (..., A), (..., A) -> (..., A)."""

    def call(self, logits: Any, allowed: Any) -> Any:
        """`logits`, far below zero where `allowed` is 0."""
        return masked(logits, allowed)


def masked(logits: Any, allowed: Any) -> Any:
    """What `Mask` gives."""
    return logits + (allowed - 1.0) * -FORBIDDEN


@keras.saving.register_keras_serializable(package="cueline")
class ActionProbabilities(keras.layers.Layer):
    """Probabilities of actions from logits, as `ActionSets` has them. *Shapes:* (..., A) twice.

    With exactly one action a turn it is a softmax.
    """

    def __init__(self, sets: ActionSets | dict[str, Any], **keywords: Any) -> None:
        super().__init__(**keywords)
        self.sets = msgspec.convert(sets, ActionSets)

    def call(self, logits: Any) -> Any:
        """The probabilities."""
        sets, parts = self.sets, []
        if sets.sets:
            parts.append(seen_weights(sets, logits))
        if sets.rest is not None:
            parts.append(sets.rest + ops.sum(ops.softplus(logits), axis=-1, keepdims=True))
        share = ops.softmax(ops.concatenate(parts, axis=-1), axis=-1)
        bits = ops.convert_to_tensor(sets.bits)
        probabilities = ops.matmul(share[..., : len(sets.sets)], bits)
        if sets.rest is None:
            return probabilities
        return probabilities + share[..., -1:] * ops.sigmoid(logits)

    def get_config(self) -> dict[str, Any]:
        """What the layer is made from."""
        return {**super().get_config(), "sets": msgspec.to_builtins(self.sets)}


class Network:
    """The layers of a policy with `words` embeddings, `columns` of context and `actions` bits."""

    def __init__(
        self, settings: NetworkSettings, words: int, columns: int, actions: int, seed: int = 0
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

    def model(self, rule: DecisionModel) -> keras.Model:
        """Dialogues laid out as a person would lay them out.

        *Shapes:* words (B, T, W), word_weight (B, T, W), context (B, T, C), allowed (B, T, A) ->
        probabilities (B, T, A). For answers per dialogue, allowed and the probabilities are (B, A)
        and the dialogues of a batch must be equally long: the answer is read off the last turn.
        """
        words, weight = (
            keras.Input((None, None), dtype="int32", name="words"),
            _input("word_weight"),
        )
        context = keras.Input((None, self.columns), name="context")
        embedded = self.embedding(words)
        if self.settings.encoder == "lstm":
            embedded = TimeDistributed(self.encoder, name="encoder_at_every_turn")(embedded)
        known = keras.layers.Concatenate(name="known")([Pool()(embedded, weight), context])
        turns = TimeDistributed(self.turn, name="turn_vectors")(known)
        if self.settings.answer == "turn":
            allowed = keras.Input((None, self.actions), name="allowed")
            both = keras.layers.Concatenate()([self.memory(turns), known])
            logits = TimeDistributed(self.output, name="actions_at_every_turn")(both)
        else:
            allowed = keras.Input((self.actions,), name="allowed")
            both = keras.layers.Concatenate()([self._last_only()(turns), known[:, -1]])
            logits = self.output(both)
        scaled = keras.layers.Rescaling(1 / rule.temperature)(logits)
        probabilities = ActionProbabilities(rule.tempered)(Mask()(scaled, allowed))
        probabilities = keras.layers.Multiply()([probabilities, allowed])  # also if none is allowed
        return keras.Model([words, weight, context, allowed], probabilities, name="cueline")

    def training_model(self) -> keras.Model:
        """The same from a table of the batch's distinct utterances and an index into it."""
        settings = self.settings
        known = kept_sizes(settings)["encoding_kept"] + self.columns
        self.embedding.build()
        if settings.encoder == "lstm":
            self.encoder.build((None, None, settings.embedding))
        self.turn.build((None, None, known))
        self.memory.build((None, None, settings.turn_units))
        self.output.build((None, None, settings.units + known))
        return _Training(self)

    def weights(self) -> dict[str, Array]:
        """The arrays by the names that `cueline.policy.network` knows them by."""
        named = {}
        for room, layer in self._rooms().items():
            for name, array in zip(_NAMES[len(layer.weights)], layer.get_weights(), strict=True):
                named[f"{room}.{name}" if name else room] = np.asarray(array, np.float32)
        if self.settings.memory == "gru":
            named["memory.bias"], named["memory.recurrent_bias"] = named["memory.bias"].copy()
        return named

    def set_weights(self, weights: Mapping[str, Array]) -> None:
        """Take over arrays named as in `weights`; the models must have been made before."""
        arrays = dict(weights)
        if self.settings.memory == "gru":
            both = [arrays["memory.bias"], arrays["memory.recurrent_bias"]]
            arrays["memory.bias"] = np.stack(both)
        for room, layer in self._rooms().items():
            names = [f"{room}.{name}" if name else room for name in _NAMES[len(layer.weights)]]
            layer.set_weights([arrays[name] for name in names])

    def _rooms(self) -> dict[str, Any]:
        rooms = {"embedding": self.embedding, "turn": self.turn}
        rooms |= {"memory": self.memory, "output": self.output}
        return {**rooms, "encoder": self.encoder} if self.settings.encoder == "lstm" else rooms

    def _last_only(self) -> Any:
        """The memory as many-to-one, `return_sequences=False`."""
        if self.settings.memory == "none":
            return lambda turns: self.memory(turns)[:, -1]
        self.memory.return_sequences = False
        return self.memory


class _Training(keras.Model):
    """A network from a table of the batch's distinct utterances and an index into it.

    The layout of words depends on the backend (`utterance_layout`). Nothing is random in here: what
    drops out comes with the batch. *Shapes:* index (B, T), context (B, T, C), encoding_kept
    (B, T, E), memory_kept (B, T, U) and allowed (B, T, A) -> logits (B, T, A). For answers per
    dialogue also last (B, T), 1 at the last turn of each, with allowed and the logits (B, A).

    Layers are run by `call`: what Keras does around each, on torch at every step, would take a
    quarter of the time of a step of few turns.
    """

    def __init__(self, network: Network) -> None:
        super().__init__(name="training")
        self.network = network
        encoder = network.encoder if network.settings.encoder == "lstm" else None
        # Checkpoints have the weights in the order in which Keras finds the layers here.
        self.parts = network.embedding, encoder, network.turn, network.memory, network.output
        self.encoder, self.built = encoder, True

    def call(self, inputs: Mapping[str, Any]) -> Any:
        """The logits."""
        network, index = self.network, inputs["index"]
        table = layout().encodings(inputs, index, network.embedding, self.encoder)
        encoding = ops.take(table, index, axis=0) * inputs["encoding_kept"]
        known = ops.concatenate([encoding, inputs["context"]], axis=-1)
        outputs = network.memory.call(network.turn.call(known))
        both = ops.concatenate([outputs * inputs["memory_kept"], known], axis=-1)
        if network.settings.answer == "dialogue":
            both = pooled(both, inputs["last"])
        return masked(network.output.call(both), inputs["allowed"])


_NAMES = {1: ("",), 2: ("kernel", "bias"), 3: ("kernel", "recurrent", "bias")}
"""The names of a layer's weights, by how many it has."""


def kept_sizes(settings: NetworkSettings) -> dict[str, int]:
    """The inputs that say what drops out, and how wide each is."""
    encoding = settings.encoder_units if settings.encoder == "lstm" else settings.embedding
    return {"encoding_kept": encoding, "memory_kept": settings.units}


def keras_model(policy: Policy) -> keras.Model:
    """The network of `policy` as a plain functional Keras model with its weights."""
    network = Network(
        policy.settings.network,
        len(policy.featurizer.vocabulary),
        policy.featurizer.width,
        len(policy.actions),
    )
    model = network.model(policy.rule)
    network.set_weights(policy.weights)
    return model


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


def _input(name: str, axes: int = 2) -> Any:
    return keras.Input((None,) * axes, name=name)
