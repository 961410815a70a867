"""The same policy turn by turn in other runtimes: text in, decision out, as `policy.act` does it.

All read the turn with the policy's own featurizer and carry their state on; only Keras, as its
users have it, is called on the whole dialogue so far.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from cueline.dialogue import Turn
from cueline.policy import Policy
from cueline.policy.network import NumpyNetwork

Acted = Mapping[str, float]
"""The probability of each action at the turn."""


class Runtime(Protocol):
    """Acts at one turn of a dialogue after another."""

    def start(self, before: Sequence[Turn]) -> None:
        """A dialogue that has had the turns `before`."""

    def act(self, turn: Turn) -> Acted:
        """At the next turn, going on from the last."""


class Ours:
    """The policy itself."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy

    def start(self, before: Sequence[Turn]) -> None:
        self.state = self.policy.start()
        for turn in before:
            self.act(turn)

    def act(self, turn: Turn) -> Acted:
        decision, self.state = self.policy.act(turn, self.state)
        return decision.probabilities


class Network:
    """The policy's network alone, to set beside runtimes that give probabilities and no more."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.forward = NumpyNetwork(policy.settings.network, policy.weights)

    def start(self, before: Sequence[Turn]) -> None:
        self.carry, self.previous = self.forward.start(), list[int]()
        for turn in before:
            self.act(turn)

    def act(self, turn: Turn) -> Acted:
        featurizer, decision_model = self.policy.featurizer, self.policy.decision_model
        vector = featurizer.turn(turn, self.previous)
        self.previous = featurizer.action_space.ids(turn.actions or ())
        logits, self.carry = self.forward.step(vector, self.carry)
        return _named(self.policy, decision_model.predict_one(logits, ()).probabilities)


class Torch:
    """One step by hand in PyTorch; the decision is made of the logits by the policy's rule."""

    def __init__(self, policy: Policy) -> None:
        import torch
        from torch import nn

        self.torch, self.policy, self.reading = torch, policy, Reading(policy)
        weights = {name: torch.from_numpy(array) for name, array in policy.weights.items()}
        self.embedding = weights["embedding"]
        self.turn = _linear(nn, weights["turn.kernel"], weights["turn.bias"])
        self.output = _linear(nn, weights["output.kernel"], weights["output.bias"])
        kernel, units = weights["memory.kernel"], policy.settings.network.units
        self.cell = nn.LSTMCell(len(kernel), units)
        for name, array in (
            ("weight_ih", kernel.T),
            ("weight_hh", weights["memory.recurrent"].T),
            ("bias_ih", weights["memory.bias"]),
            ("bias_hh", weights["memory.bias"] * 0),
        ):
            getattr(self.cell, name).data.copy_(array)

    def start(self, before: Sequence[Turn]) -> None:
        self.reading.start()
        self.state: Any = None
        for turn in before:
            self.act(turn)

    def act(self, turn: Turn) -> Acted:
        torch = self.torch
        words, weight, context = self.reading.arrays(turn)
        with torch.inference_mode():
            encoding = torch.from_numpy(weight) @ self.embedding[torch.from_numpy(words)]
            known = torch.cat([encoding, torch.from_numpy(context)])[None]
            self.state = self.cell(torch.tanh(self.turn(known)), self.state)
            logits = self.output(torch.cat([self.state[0], known], dim=1))[0].numpy()
        decision = self.policy.decision_model.decide(logits, self.policy.actions, {})
        return decision.probabilities


class Onnx:
    """The exported graph in ONNX Runtime; the actions are those above a half."""

    def __init__(self, policy: Policy, folder: Path) -> None:
        import onnxruntime

        from cueline.export.onnx import write_onnx

        path = folder / "policy.onnx"
        write_onnx(policy, path)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # the faster way at one turn
        self.session = onnxruntime.InferenceSession(path, options)
        self.policy, self.reading = policy, Reading(policy)
        self.allowed = np.ones((1, 1, len(policy.actions)), np.float32)

    def start(self, before: Sequence[Turn]) -> None:
        self.reading.start()
        zeros = np.zeros((1, self.policy.settings.network.units), np.float32)
        self.state = {"h": zeros, "c": zeros}
        for turn in before:
            self.act(turn)

    def act(self, turn: Turn) -> Acted:
        words, weight, context = self.reading.arrays(turn)
        given = {
            "words": words[None, None],
            "word_weight": weight[None, None],
            "context": context[None, None],
            "allowed": self.allowed,
            **self.state,
        }
        probabilities, h, c = self.session.run(["probabilities", "h_out", "c_out"], given)
        self.state = {"h": h, "c": c}
        return _named(self.policy, probabilities[0, 0].tolist())


class Keras:
    """The plain Keras model, called on the dialogue so far; the actions are those above a half."""

    def __init__(self, policy: Policy, words: int) -> None:
        import keras

        self.keras, self.model = keras, policy.keras_model()
        self.policy, self.reading, self.width = policy, Reading(policy), words
        self.quiet: Callable[[], Any] = contextlib.nullcontext
        if keras.backend.backend() == "torch":
            import torch

            self.quiet = torch.no_grad

    def start(self, before: Sequence[Turn]) -> None:
        self.reading.start()
        self.turns = [self._read(turn) for turn in before]

    def act(self, turn: Turn) -> Acted:
        self.turns.append(self._read(turn))
        words, weight, context = (
            np.stack(arrays)[None] for arrays in zip(*self.turns, strict=True)
        )
        inputs = {"words": words, "word_weight": weight, "context": context}
        allowed = np.ones((1, len(self.turns), len(self.policy.actions)), np.float32)
        with self.quiet():
            probabilities = self.model({**inputs, "allowed": allowed}, training=False)
        return _named(self.policy, self.keras.ops.convert_to_numpy(probabilities)[0, -1].tolist())

    def _read(self, turn: Turn) -> tuple[Any, Any, Any]:
        """All turns equally many words wide, so that a compiler need look at them once."""
        words, weight, context = self.reading.arrays(turn)
        more = (0, self.width - len(words))
        return np.pad(words, more), np.pad(weight, more), context


class Reading:
    """A turn as the arrays that the network takes."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.start()

    def start(self) -> None:
        self.previous: list[int] = []

    def arrays(self, turn: Turn) -> tuple[Any, Any, Any]:
        """*Shapes:* words (W,), their weight (W,), context (C,)."""
        featurizer = self.policy.featurizer
        vector = featurizer.turn(turn, self.previous)
        self.previous = featurizer.action_space.ids(turn.actions or ())
        words = np.array(vector.words or (0,), np.int32)
        weight = np.full(len(words), len(words) ** -0.5 if vector.words else 0, np.float32)
        context = np.zeros(featurizer.width, np.float32)
        np.add.at(context, list(vector.columns), vector.values)
        return words, weight, context


def _linear(nn: Any, kernel: Any, bias: Any) -> Any:
    made = nn.Linear(*kernel.shape)
    made.weight.data.copy_(kernel.T)
    made.bias.data.copy_(bias)
    return made


def _named(policy: Policy, probabilities: Iterable[float]) -> Acted:
    return dict(zip(policy.actions.names, probabilities, strict=True))
