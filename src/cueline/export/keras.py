"""The network of a policy as a Keras model to take away, and its weights back.

The model is made of Keras's own layers and one `keras.ops.einsum`, so `keras.saving.load_model`
loads it where Cueline is not installed:

    words (B, T, W) -> Embedding -> TimeDistributed(LSTM), or none -> weighted sum -+
    context (B, T, C) -------------------------------------------------------------+-> known
    known -> Dense(D, tanh) -> LSTM(return_sequences=True) -> h (B, T, H)
    h beside known -> Dense(A) -> probabilities (B, T, A), 0 where `allowed` is 0

With many actions `known` stands beside h through a Dense of fewer numbers, `skip`.

`policy.arrays` gives the inputs. Preconditions are no part of the model: they are in `allowed`.
The layers in `LEARNED` hold what was learned. Those whose names begin with `constant_` hold the
sets of actions that `SetDistribution` makes probabilities of, and are not trained.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from cueline.layers import keras_compat  # noqa: F401  (chooses the backend, before Keras is loaded)

# isort: split
import keras
import numpy as np
from keras import layers, ops

from cueline.dataset.dataset import build
from cueline.dataset.target_bits import TargetBits
from cueline.dataset.targets import targets
from cueline.dialogue import Dialogue
from cueline.errors import PolicyError
from cueline.io import replacing
from cueline.policy import Policy
from cueline.policy.fitting import calibrate
from cueline.policy.replay_buffer import ReplayBuffer
from cueline.policy.scoring import score
from cueline.training.model import FORBIDDEN, named_weights, set_named_weights
from cueline.types import Array

if TYPE_CHECKING:
    from cueline.dataset import Dataset
    from cueline.policy.decisions.set_distribution.distribution import SetDistribution

LEARNED = ("embedding", "encoder", "turn", "memory", "skip", "output")
"""The layers that are trained. Only a policy whose words an LSTM reads has an `encoder`, and only
one of many actions a `skip`."""
STATES = {"lstm": ("h", "c"), "gru": ("h",), "none": ()}
"""What a memory carries from turn to turn."""


def keras_model(policy: Policy, step: bool = False) -> keras.Model:
    """What `Policy.keras_model` gives."""
    network, actions = policy.settings.network, len(policy.actions)
    time = () if step else (None,)
    per_turn = network.answer == "turn"
    inputs = {
        "words": keras.Input((*time, None), dtype="int32", name="words"),
        "word_weight": keras.Input((*time, None), name="word_weight"),
        "context": keras.Input((*time, policy.featurizer.width), name="context"),
        "allowed": keras.Input((*(time if per_turn else ()), actions), name="allowed"),
    }
    known = layers.Concatenate(name="known")([_encoding(policy, inputs, step), inputs["context"]])
    turns = layers.Dense(network.turn_units, "tanh", name="turn")(known)
    states = []
    if step:
        states = [keras.Input((network.units,), name=name) for name in STATES[network.memory]]
        inputs |= dict(zip(STATES[network.memory], states, strict=True))
    outputs, states = _memory(policy, turns, states, step)
    if (skip := policy.weights.get("skip")) is not None:
        known = layers.Dense(skip.shape[1], use_bias=False, name="skip")(known)
    both = layers.Concatenate(name="memory_beside_known")([outputs, known])
    if not (step or per_turn):
        inputs["last"] = keras.Input((None,), name="last")
        both = layers.Dot(1, name="last_turn")([inputs["last"], both])
    logits = layers.Dense(actions, name="output")(both)
    probabilities = _probabilities(policy, logits, inputs["allowed"])
    model = keras.Model(
        inputs, [probabilities, *states] if states else probabilities, name="cueline"
    )
    set_named_weights(_learned(model, policy), policy.weights)
    return model


def write_keras(policy: Policy, path: Path) -> None:
    """Write `policy.keras_model()` to the file `path`, whose name ends in `.keras`."""
    if path.suffix != ".keras":
        raise PolicyError(f"{path}: Keras loads a model only from a name that ends in .keras")
    with TemporaryDirectory() as folder, replacing(path) as file:
        written = Path(folder, "model.keras")
        keras_model(policy).save(written)
        file.write(written.read_bytes())


def with_weights(policy: Policy, model: Any, dialogues: Iterable[Dialogue] | None) -> Policy:
    """What `Policy.with_weights` gives."""
    weights = _checked_weights(policy, model)
    held_out = _held_out(policy, dialogues)
    tuned = _with(policy, weights, policy.decision_model, policy.training)
    decision_model = calibrate(tuned, held_out)
    targets = TargetBits.of(held_out, len(policy.actions))
    training = {
        **policy.training,
        "held_out": score(decision_model, tuned.logits(held_out), targets)._asdict(),
        "lineage": [*policy.training.get("lineage", []), policy.hash],
    }
    return _with(policy, weights, decision_model, training)


def _encoding(policy: Policy, inputs: Mapping[str, Any], step: bool) -> Any:
    """The words of a turn as one vector. *Shape:* (B, T, E), of one turn (B, E)."""
    network = policy.settings.network
    embedding = layers.Embedding(
        len(policy.featurizer.vocabulary), network.embedding, name="embedding"
    )
    words = embedding(inputs["words"])
    if network.encoder == "lstm" and step:
        words = layers.LSTM(network.encoder_units, return_sequences=True, name="encoder")(words)
    elif network.encoder == "lstm":
        encoder = layers.LSTM(network.encoder_units, return_sequences=True)
        words = layers.TimeDistributed(encoder, name="encoder")(words)
    return ops.einsum("bw,bwe->be" if step else "btw,btwe->bte", inputs["word_weight"], words)


def _memory(policy: Policy, turns: Any, states: list[Any], step: bool) -> tuple[Any, list[Any]]:
    """The memory's outputs, (B, T, H) or of one turn (B, H), and there its states, each (B, H)."""
    kind, units = policy.settings.network.memory, policy.settings.network.units
    if kind == "none":
        return layers.Dense(units, "relu", name="memory")(turns), []
    if step:
        cell = {"lstm": layers.LSTMCell, "gru": layers.GRUCell}[kind]
        outputs, states = cell(units, name="memory")(turns, states)
        return outputs, list(states)
    layer = {"lstm": layers.LSTM, "gru": layers.GRU}[kind]
    return layer(units, return_sequences=True, name="memory")(turns), []


def _probabilities(policy: Policy, logits: Any, allowed: Any) -> Any:
    """As `DecisionModel` has them. *Shape:* (..., A) -> (..., A)."""
    scaled = layers.Rescaling(1 / policy.decision_model.temperature, name="temperature")(logits)
    penalty = layers.Rescaling(-FORBIDDEN, FORBIDDEN, name="penalty")(allowed)
    masked = layers.Add(name="masked_logits")([scaled, penalty])
    probabilities = _of_sets(policy.decision_model.tempered, masked)
    return layers.Multiply(name="probabilities")([probabilities, allowed])  # 0, all forbidden too


def _of_sets(sets: SetDistribution, logits: Any) -> Any:
    """As `SetDistribution` has them. *Shape:* (..., A) -> (..., A)."""
    alone = layers.Activation("sigmoid", name="actions_alone")
    if not sets.sets:
        return alone(logits)
    constants = _constants(sets)
    if not constants:
        return layers.Softmax(name="one_action")(logits)
    log_weights = _constant("constant_sets", constants, logits)
    if sets.unseen_log_weight is None:
        return _constant("constant_members", constants, layers.Softmax(name="shares")(log_weights))
    log_odds = layers.Activation("softplus", name="log_odds")(logits)
    rest = _constant("constant_other_sets", constants, log_odds)
    share = layers.Softmax(name="shares")(layers.Concatenate()([log_weights, rest]))
    others = _constant("constant_share_of_others", constants, share)
    others = layers.Multiply()([others, alone(logits)])
    return layers.Add()([_constant("constant_members", constants, share), others])


def _constants(sets: SetDistribution) -> dict[str, list[Array]]:
    """The kernel, and the bias, of each layer that says which actions are in which of `K` sets.

    None where each action is a set, and no other set is possible.
    """
    bits = sets.bits.astype(np.float32)
    if not sets.sets or (
        sets.unseen_log_weight is None and np.array_equal(bits, np.eye(sets.n_actions))
    ):
        return {}
    if sets.unseen_log_weight is None:
        return {"constant_sets": [bits.T, sets.offsets], "constant_members": [bits]}
    others = np.zeros((1, sets.n_actions), np.float32)
    return {
        "constant_sets": [bits.T, sets.offsets],
        "constant_other_sets": [others.T + 1, np.array([sets.unseen_log_weight], np.float32)],
        "constant_members": [np.vstack([bits, others])],
        "constant_share_of_others": [np.eye(len(bits) + 1, dtype=np.float32)[:, -1:]],
    }


def _constant(name: str, constants: Mapping[str, list[Array]], inputs: Any) -> Any:
    kernel, *bias = constants[name]
    layer = layers.Dense(kernel.shape[1], use_bias=bool(bias), trainable=False, name=name)
    outputs = layer(inputs)
    layer.set_weights(constants[name])
    return outputs


def _learned(model: Any, policy: Policy) -> dict[str, Any]:
    """The layers of `LEARNED` by name."""
    own = {name.partition(".")[0] for name in policy.weights}
    try:
        return {name: model.get_layer(name) for name in LEARNED if name in own}
    except ValueError as error:
        raise PolicyError(f"{error} Give a model that `policy.keras_model()` made.") from None


def _checked_weights(policy: Policy, model: Any) -> dict[str, Array]:
    """The learned weights of `model`, where they fit `policy` and its constants are untouched."""
    weights = named_weights(_learned(model, policy))
    for name, array in policy.weights.items():
        shape = weights[name].shape if name in weights else "none"
        if shape != array.shape:
            raise PolicyError(
                f"the model's {name} has the shape {shape}, the policy's {array.shape}; give a "
                "model that this policy's `keras_model()` made"
            )
        if not np.isfinite(weights[name]).all():
            raise PolicyError(
                f"the model's {name} is not finite; train it again with a smaller learning rate"
            )
    names = {layer.name for layer in model.layers}
    for name, arrays in _constants(policy.decision_model.tempered).items():
        if name in names and not all(
            map(np.array_equal, model.get_layer(name).get_weights(), arrays)
        ):
            raise PolicyError(
                f"the model's layer {name!r} is a constant of the policy, but has other weights; "
                "leave it at trainable=False, or give a model that this policy made"
            )
    return weights


def _held_out(policy: Policy, dialogues: Iterable[Dialogue] | None) -> Dataset:
    """What to calibrate by."""
    if dialogues is not None:
        answers, rules = targets(policy.settings.network), policy.preconditions.all
        held_out = build(dialogues, policy.featurizer, policy.actions, answers, rules)
    elif policy.replay_buffer:
        held_out = ReplayBuffer.unpack(policy.replay_buffer).held_out
    else:
        held_out = policy.dataset([])
    if not len(held_out.lengths):
        raise PolicyError(
            "there are no held-out dialogues to calibrate by; give some that the model never "
            "learned from: policy.with_weights(model, dialogues)"
        )
    return held_out


def _with(
    policy: Policy, weights: Mapping[str, Array], decision_model: Any, training: Any
) -> Policy:
    return Policy(
        policy.settings,
        policy.actions,
        policy.featurizer,
        decision_model,
        weights,
        training,
        policy.baselines,
        policy.preconditions.all,
        policy.replay_buffer,
    )
