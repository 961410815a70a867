"""From words to turn vectors, and what becomes of words taken for turns."""

from __future__ import annotations

import numpy as np

from cueline.lessons.dialogue_arrays import EMBEDDING, UNITS, DialogueArrays
from cueline.lessons.lesson import Step, Values, Variant, magnitude, shape, turn_names
from cueline.lessons.numpy_layers import (
    dense,
    lstm,
    lstm_weights,
    shapes_of,
    time_distributed_lstm,
)

LABELS = 3
"""Outputs a word in the example with words as time steps."""
MORE_PADDING = 2
"""Places by which words are padded further, to see what padding does."""


def words_step(arrays: DialogueArrays) -> Step:
    """Words to numbers, padded to one length."""
    numbers, real = arrays.words(arrays.dialogue)
    variant = Variant(
        "words", shape(numbers, "dialogue, turn, word"), turn_names(numbers[0]), numbers[0]
    )
    return Step(
        "Words to numbers",
        "Each turn is a row of words, filled up on the right with 0 to the longest. Their count "
        "says which of them are real, never a value: 0 may well be a word too.",
        (variant,),
        f"{int(real.sum())} of the {real.size} places are words; the rest is padding.",
    )


def embedding_step(arrays: DialogueArrays) -> Step:
    """Numbers to vectors, shown for the first turn with words."""
    numbers, real = arrays.words(arrays.dialogue)
    embedded = arrays.embedding[numbers]
    turn = int(real[0].any(-1).argmax())
    count = int(real[0, turn].sum())
    variant = Variant(
        f"Embedding({len(arrays.embedding)}, {EMBEDDING})",
        shape(embedded, "dialogue, turn, word, number"),
        _entries(arrays, numbers[0, turn, :count]),
        embedded[0, turn, :count],
        (arrays.embedding.shape,),
    )
    text = (
        "A layer that looks up one row of its table for every number, however many axes there are: "
        f"it needs no TimeDistributed. Below, the words of turn {turn}."
    )
    return Step("Embedding", text, (variant,))


def turn_step(arrays: DialogueArrays) -> Step:
    """Words to one vector a turn, by the same encoder at every turn."""
    numbers, real = arrays.words(arrays.dialogue)
    encoded = _encoded(arrays.embedding[numbers], real)
    mean = arrays.x[..., :EMBEDDING]
    rows = turn_names(mean[0])
    variants = (
        Variant(
            "mean over the words of each turn",
            shape(mean, "dialogue, turn, number"),
            rows,
            mean[0],
            note="Loses: the order of the words. Costs: nothing.",
        ),
        Variant(
            f"TimeDistributed(LSTM({EMBEDDING}))",
            shape(encoded, "dialogue, turn, unit"),
            rows,
            encoded[0],
            shapes_of(lstm_weights(EMBEDDING, EMBEDDING)),
            note="Loses: nothing of the order. One set of weights for all turns; here "
            "return_sequences=False, since one vector a turn is wanted.",
        ),
    )
    context = arrays.x.shape[-1] - EMBEDDING
    return Step(
        "Words to turn vectors",
        "One encoder is applied to every turn alike: that is what TimeDistributed means. The word "
        "axis goes, the turn axis stays.",
        variants,
        f"With {context} columns of context (previous actions, silence, features) behind the mean, "
        f"x is {shape(arrays.x, 'dialogue, turn, feature')}: samples, timesteps, features.",
    )


def padding_step(arrays: DialogueArrays) -> Step:
    """What padding of words does to turn vectors, inside TimeDistributed."""
    numbers, real = arrays.words(arrays.dialogue)
    wider = [(0, 0), (0, 0), (0, MORE_PADDING)]
    words, mask = np.pad(numbers, wider), np.pad(real, wider)

    narrow, wide = arrays.embedding[numbers], arrays.embedding[words]
    without = _encoded(wide) - _encoded(narrow)
    masked = _encoded(wide, mask) - _encoded(narrow, real)
    axes, rows = "dialogue, turn, unit", turn_names(without[0])
    variants = (
        Variant(
            f"TimeDistributed(LSTM({EMBEDDING}))(embedded)",
            shape(without, axes),
            rows,
            without[0],
            note="Loses: the words. The last output is that after the padding, and another batch, "
            "with a longer turn in it, gives other vectors.",
        ),
        Variant(
            f"TimeDistributed(LSTM({EMBEDDING}))(embedded, mask=real)",
            shape(masked, axes),
            rows,
            masked[0],
            note=f"real is {shape(real, 'dialogue, turn, word')}. Loses: nothing. A turn without "
            "words is zeros.",
        ),
    )
    return Step(
        "Padding inside TimeDistributed",
        f"The words of every turn are padded by {MORE_PADDING} more places. Below, by how much the "
        "turn vectors change. Padding on the right is harmless to outputs at every step, but an "
        "encoder hands on its last one.",
        variants,
        f"By {magnitude(without)} without a mask, by {magnitude(masked)} with one. The LSTM over "
        "turns needs a mask of turns, (dialogue, turn), not this one: hand it on yourself.",
    )


def tagging_step(arrays: DialogueArrays) -> Step:
    """One turn as the sequence: words as time steps, and one output a word."""
    numbers, real = arrays.words(arrays.dialogue)
    turn = int(real[0].sum(-1).argmax())
    count = max(1, int(real[0, turn].sum()))
    embedded = arrays.embedding[numbers[:, turn, :count]]
    outputs = lstm(embedded, UNITS)
    labels = dense(outputs, LABELS)
    chain = " -> ".join(str(array.shape) for array in (embedded, outputs, labels))
    variant = Variant(
        f"Embedding -> LSTM({UNITS}, return_sequences=True) -> TimeDistributed(Dense({LABELS}))",
        shape(labels, "turn, word, output"),
        _entries(arrays, numbers[0, turn, :count]),
        labels[0],
        note="Loses: the dialogue. It labels words (tagging) and knows one turn only; an action "
        "a turn needs turns as time steps, as above.",
    )
    return Step(
        "Words are not turns",
        f"The same layers over turn {turn} alone, its {count} words as time steps: "
        "(turns, n_words, emb_size) -> (turns, n_words, lstm_output) -> (turns, n_words, 3).",
        (variant,),
        f"The shapes here: {chain}. The batch is one turn, not one dialogue.",
    )


def _encoded(words: Values, mask: Values | None = None) -> Values:
    return time_distributed_lstm(words, EMBEDDING, mask)


def _entries(arrays: DialogueArrays, numbers: Values) -> tuple[str, ...]:
    return tuple(arrays.featurizer.vocabulary.entries[number] for number in numbers)
