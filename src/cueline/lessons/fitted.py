"""The layers of the lesson fitted to the user's dialogues, and the bits that they decide."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cueline.layers import LSTM  # chooses the backend, before Keras is loaded

# isort: split
import keras
import numpy as np
from keras import layers, ops

from cueline.actions import ActionSpace
from cueline.dataset import Dataset
from cueline.dataset.dataset import build
from cueline.dataset.padded_arrays import padded_arrays
from cueline.dialogue import Dialogue
from cueline.features import Featurizer
from cueline.lessons.lesson import Step, Variant, shape, turn_names
from cueline.lessons.numpy_layers import SEED
from cueline.settings import FeatureSettings, NetworkSettings

UNITS, BATCH, STEPS = 64, 16, 300
"""Large enough to learn; some seconds of work whatever the corpus."""
FEW = 10
"""With fewer dialogues than this, the one shown is learned from too."""
MAX_TURNS = 40
"""Longer dialogues are not learned from: all would be padded to them."""
FEATURES = FeatureSettings(min_count=1, max_words=20)
MAX_NAMED = 12
"""Turns whose actions are named."""


def fitted_step(dialogue: Dialogue, corpus: Sequence[Dialogue]) -> Step:
    """The bits decided at each turn of `dialogue` by a model fitted to the others of `corpus`."""
    others = [other for other in corpus if other is not dialogue]
    unseen = len(others) >= FEW
    learned = others if unseen else [*others, dialogue]
    learned = [one for one in learned if len(one.turns) <= MAX_TURNS] or learned[:BATCH]
    featurizer = Featurizer.fit(learned, FEATURES, {}, pairs=False)
    space = ActionSpace.of(learned)

    def dataset(dialogues: Sequence[Dialogue]) -> Dataset:
        return build(dialogues, featurizer, space, value_masked=False)

    def arrays(dataset: Dataset) -> Any:
        padded = padded_arrays(dataset, NetworkSettings(), len(space), featurizer.width)
        padded["x"].pop("allowed")
        return padded

    model = _model(len(featurizer.vocabulary), featurizer.width, len(space))
    given, one = arrays(dataset(learned)), dataset([dialogue])
    epochs = max(1, STEPS // -(-len(learned) // BATCH))
    model.fit(**given, batch_size=BATCH, epochs=epochs, verbose=0)
    shown = arrays(one)
    probabilities = np.asarray(model.predict_on_batch(shown["x"]))
    bits = probabilities > 0.5
    right = (bits == (shown["y"] > 0)).all(axis=-1)[0] & ~one.out_of_space
    rows, axes = turn_names(bits[0]), "dialogue, turn, action"
    decided = [_named(space, turn) for turn in bits[0]]
    named = [f"Turn {number}: {text}." for number, text in enumerate(decided[:MAX_NAMED])]
    variants = (
        Variant("model.predict(x)", shape(probabilities, axes), rows, probabilities[0]),
        Variant("model.predict(x) > 0.5", shape(bits, axes), rows, bits[0].astype(int)),
    )
    sizes = given["x"]["context"].shape, given["y"].shape, given["sample_weight"].shape
    how = "which this one is not among" if unseen else "this one among them"
    return Step(
        "Fitted to your dialogues",
        f"Embedding, the mean of its words beside the context, LSTM({UNITS}, "
        f"return_sequences=True), Dense({len(space)}, 'sigmoid'), fitted for {epochs} epochs. "
        f"Learned from: {len(learned)} of the {len(corpus) or 1} first dialogues, {how}. "
        "x {}, y {}, sample_weight {}, 0 at padding.".format(*sizes),
        variants,
        f"All bits are right at {int(right.sum())} of {len(right)} turns. {' '.join(named)}",
    )


def _model(words: int, columns: int, actions: int) -> keras.Model:
    keras.utils.set_random_seed(SEED)
    x = {
        "words": keras.Input((None, None), dtype="int32", name="words"),
        "word_weight": keras.Input((None, None), name="word_weight"),
        "context": keras.Input((None, columns), name="context"),
    }
    spread = keras.initializers.RandomUniform(-0.3, 0.3)
    embedded = layers.Embedding(words, UNITS, spread)(x["words"])
    mean = ops.einsum("btw,btwe->bte", x["word_weight"], embedded)
    known = layers.Concatenate()([mean, x["context"]])
    memory = LSTM(UNITS, return_sequences=True)(known)
    both = layers.Concatenate()([memory, known])
    model = keras.Model(x, layers.Dense(actions, "sigmoid")(both))
    loss = keras.losses.BinaryCrossentropy(reduction="mean_with_sample_weight")
    model.compile(keras.optimizers.Adam(0.01), loss)
    return model


def _named(space: ActionSpace, bits: Any) -> str:
    return " + ".join(name for name, bit in zip(space.names, bits, strict=True) if bit) or "nothing"
