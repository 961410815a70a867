"""The network of a policy as an ONNX graph, for runtimes other than NumPy.

    words (B, T, W) int32, word_weight (B, T, W), context (B, T, C), allowed (B, T, A),
    h (B, H), c (B, H)  ->  probabilities (B, T, A), h_out (B, H), c_out (B, H)

`policy.arrays(dialogues)["x"]` gives the first four. Preconditions are no part of the graph: they
are in `allowed`, and the model's metadata lists them, one a line, for whoever makes it elsewhere.

Zeros for h and c begin a dialogue; what comes out goes in with the next turns, so the same graph
scores whole dialogues and acts turn by turn. A GRU has no `c`, memory `none` neither. For answers
per dialogue the probabilities at a turn are those of the dialogue so far.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cueline.errors import PolicyError
from cueline.io import replacing

if TYPE_CHECKING:
    from cueline.policy.policy import Policy

OPSET = 18
_LSTM_GATES = (0, 3, 1, 2)
"""Where ONNX's gates i, o, f, c stand among Keras's i, f, c, o."""


def write_onnx(policy: Policy, path: Path) -> None:
    """Write the network of `policy` to `path`; needs the extra `onnx`."""
    try:
        import onnx
    except ImportError:
        raise PolicyError("onnx is not installed; pip install 'cueline[onnx]'") from None
    graph = _Graph(policy)
    model = onnx.helper.make_model(
        graph.build(),
        opset_imports=[onnx.helper.make_opsetid("", OPSET)],
        ir_version=10,
        producer_name="cueline",
    )
    rules = [precondition.text for precondition in policy.preconditions.all]
    about = {
        "policy": policy.hash,
        "actions": "\n".join(policy.actions.names),
        "preconditions": "\n".join(rules),
    }
    onnx.helper.set_model_props(model, about)
    onnx.checker.check_model(model)
    with replacing(path) as file:
        file.write(model.SerializeToString())


class _Graph:
    """The nodes as they are put together; each method adds some and names what comes out."""

    def __init__(self, policy: Policy) -> None:
        from onnx import helper, numpy_helper

        self.helper, self.numpy_helper = helper, numpy_helper
        self.policy = policy
        self.network = policy.settings.network
        self.weights = policy.weights
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def build(self) -> Any:
        embedded = self.add("Gather", [self.constant(self.weights["embedding"]), "words"])
        if self.network.encoder == "lstm":
            embedded = self.word_lstm(embedded)
        encoding = self.pool(embedded, "word_weight")
        known = self.add("Concat", [encoding, "context"], axis=-1)
        turns = self.add("Tanh", [self.dense(known, "turn")])
        past = known
        if "skip" in self.weights:
            past = self.add("MatMul", [known, self.constant(self.weights["skip"])])
        both = self.add("Concat", [self.memory(turns), past], axis=-1)
        logits = self.dense(both, "output")
        scaled = self.add("Div", [logits, self.constant(self.policy.decision_model.temperature)])
        forbidden = self.add("Sub", ["allowed", self.constant(1)])
        masked = self.add("Add", [scaled, self.add("Mul", [forbidden, self.constant(1e9)])])
        self.add("Mul", [self.probabilities(masked), "allowed"], output="probabilities")
        actions, columns = len(self.policy.actions), self.policy.featurizer.width
        inputs = [
            self.value("words", ["B", "T", "W"], integer=True),
            self.value("word_weight", ["B", "T", "W"]),
            self.value("context", ["B", "T", columns]),
            self.value("allowed", ["B", "T", actions]),
        ]
        state = {"lstm": ["h", "c"], "gru": ["h"], "none": []}[self.network.memory]
        units = self.network.units
        outputs = [self.value("probabilities", ["B", "T", actions])]
        return self.helper.make_graph(
            self.nodes,
            "cueline",
            inputs + [self.value(name, ["B", units]) for name in state],
            outputs + [self.value(f"{name}_out", ["B", units]) for name in state],
            self.constants,
        )

    def probabilities(self, logits: str) -> str:
        """As `SetDistribution` has them. *Shape:* (B, T, A) -> (B, T, A)."""
        sets, parts = self.policy.decision_model.tempered, []
        seen = self.add("MatMul", [logits, self.constant(sets.bits.T)])
        parts.append(self.add("Add", [seen, self.constant(sets.offsets)]))
        if sets.unseen_log_weight is not None:
            last = self.numbers(-1)
            independent = self.add("ReduceSum", [self.add("Softplus", [logits]), last])
            parts.append(self.add("Add", [independent, self.constant(sets.unseen_log_weight)]))
        share = self.add("Softmax", [self.add("Concat", parts, axis=-1)], axis=-1)
        bits = (
            sets.bits
            if sets.unseen_log_weight is None
            else np.vstack([sets.bits, np.zeros(sets.n_actions)])
        )
        probabilities = self.add("MatMul", [share, self.constant(bits)])
        if sets.unseen_log_weight is None:
            return probabilities
        count = len(sets.sets)
        ends = [self.numbers(count), self.numbers(count + 1), self.numbers(-1)]
        free = self.add("Mul", [self.add("Slice", [share, *ends]), self.add("Sigmoid", [logits])])
        return self.add("Add", [probabilities, free])

    def memory(self, turns: str) -> str:
        """*Shapes:* (B, T, D) -> (B, T, H)."""
        if self.network.memory == "none":
            return self.add("Relu", [self.dense(turns, "memory")])
        steps = self.add("Transpose", [turns], perm=[1, 0, 2])
        outputs = self.recurrent(self.network.memory, "memory", steps, self.network.units, "h", "c")
        return self.add("Transpose", [outputs], perm=[1, 0, 2])

    def word_lstm(self, embedded: str) -> str:
        """The same LSTM at every turn, time folded into the batch: (B, T, W, E) -> (B, T, W, U)."""
        units, size = self.network.encoder_units, self.weights["embedding"].shape[1]
        rows = self.add(
            "Reshape",
            [
                embedded,
                self.add(
                    "Concat",
                    [
                        self.numbers(-1),
                        self.add("Shape", ["words"], start=2, end=3),
                        self.numbers(size),
                    ],
                    axis=0,
                ),
            ],
        )
        steps = self.add("Transpose", [rows], perm=[1, 0, 2])
        outputs = self.recurrent("lstm", "encoder", steps, units)
        rows = self.add("Transpose", [outputs], perm=[1, 0, 2])
        shape = self.add("Concat", [self.add("Shape", ["words"]), self.numbers(units)], axis=0)
        return self.add("Reshape", [rows, shape])

    def recurrent(self, kind: str, room: str, steps: str, units: int, *state: str) -> str:
        """*Shapes:* (T, B, F) -> (T, B, H); the state comes from and goes to the names given."""
        bias = self.weights[f"{room}.bias"]
        inner = self.weights.get(f"{room}.recurrent_bias", np.zeros_like(bias))
        arrays = [
            self.gates(self.weights[f"{room}.kernel"], kind).T,
            self.gates(self.weights[f"{room}.recurrent"], kind).T,
            np.concatenate([self.gates(bias, kind), self.gates(inner, kind)]),
        ]
        inputs = [steps, *(self.constant(array[None]) for array in arrays)]
        extra: dict[str, Any] = {} if kind == "lstm" else {"linear_before_reset": 1}
        outputs = [f"{room}_outputs"]
        state = state[: 2 if kind == "lstm" else 1]
        if state:
            first = self.numbers(0)
            inputs += ["", *(self.add("Unsqueeze", [name, first]) for name in state)]
            outputs += [f"{name}_last" for name in state]
        self.nodes.append(
            self.helper.make_node(kind.upper(), inputs, outputs, hidden_size=units, **extra)
        )
        for name in state:
            self.add("Squeeze", [f"{name}_last", self.numbers(0)], output=f"{name}_out")
        return self.add("Squeeze", [outputs[0], self.numbers(1)])

    def gates(self, array: Any, kind: str) -> Any:
        """The last axis in ONNX's order of gates."""
        if kind == "gru":
            return array
        parts = np.split(array, 4, axis=-1)
        return np.concatenate([parts[gate] for gate in _LSTM_GATES], axis=-1)

    def pool(self, items: str, weight: str) -> str:
        """*Shapes:* (B, T, W, D), (B, T, W) -> (B, T, D)."""
        axis = self.numbers(-2)
        summed = self.add("MatMul", [self.add("Unsqueeze", [weight, axis]), items])
        return self.add("Squeeze", [summed, axis])

    def dense(self, inputs: str, room: str) -> str:
        product = self.add("MatMul", [inputs, self.constant(self.weights[f"{room}.kernel"])])
        return self.add("Add", [product, self.constant(self.weights[f"{room}.bias"])])

    def add(self, kind: str, inputs: list[str], output: str = "", **attributes: Any) -> str:
        name = output or f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(self.helper.make_node(kind, inputs, [name], **attributes))
        return name

    def constant(self, value: Any) -> str:
        name = f"constant_{len(self.constants)}"
        array = np.ascontiguousarray(value, np.float32)
        self.constants.append(self.numpy_helper.from_array(array, name))
        return name

    def numbers(self, *values: int) -> str:
        name = f"constant_{len(self.constants)}"
        self.constants.append(self.numpy_helper.from_array(np.array(values, np.int64), name))
        return name

    def value(self, name: str, shape: list[str | int], integer: bool = False) -> Any:
        from onnx import TensorProto

        kind = TensorProto.INT32 if integer else TensorProto.FLOAT
        return self.helper.make_tensor_value_info(name, kind, shape)
