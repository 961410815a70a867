"""From words to turn vectors, and what becomes of words taken for turns."""

from __future__ import annotations

import keras
import numpy as np

from cueline.layers import LSTM, TimeDistributed
from cueline.lessons.arrays import EMBEDDING, UNITS, LessonArrays, array, drawn, weights
from cueline.lessons.lesson import Step, Way, numbered, shape

LABELS = 3
"""Outputs a word in the example with words as time steps."""


def words_step(turns: LessonArrays) -> Step:
    """Words to numbers, padded to one length."""
    numbers, real = turns.words(turns.dialogue)
    return Step(
        "Words to numbers",
        "Each turn is a row of words, filled up on the right with 0 to the longest. Which of them "
        "are real is told by their count, never by a value: 0 may well be a word too.",
        (Way("words", shape(numbers, "dialogue, turn, word"), numbered(numbers[0]), numbers[0]),),
        f"{int(real.sum())} of the {real.size} places are words; the rest is padding.",
    )


def embedding_step(turns: LessonArrays) -> Step:
    """Numbers to vectors; shown for the first turn with words."""
    numbers, real = turns.words(turns.dialogue)
    embedded = array(turns.embedding(numbers))
    turn = int(real[0].any(-1).argmax())
    count = int(real[0, turn].sum())
    way = Way(
        f"Embedding({len(turns.featurizer.vocabulary)}, {EMBEDDING})",
        shape(embedded, "dialogue, turn, word, number"),
        tuple(turns.featurizer.vocabulary.entries[n] for n in numbers[0, turn, :count]),
        embedded[0, turn, :count],
        weights(turns.embedding),
    )
    says = (
        "A layer that looks up one row of its table for every number, whatever axes stand before: "
        f"it needs no TimeDistributed. Below, the words of turn {turn}."
    )
    return Step("Embedding", says, (way,))


def turn_step(turns: LessonArrays) -> Step:
    """Words to one vector a turn, by the same encoder at every turn."""
    numbers, real = turns.words(turns.dialogue)
    embedded = turns.embedding(numbers)
    encoder = drawn(TimeDistributed(LSTM(EMBEDDING)), *embedded.shape[1:])
    encoded = array(encoder(embedded, mask=keras.ops.convert_to_tensor(real)))
    mean = turns.x[..., :EMBEDDING]
    rows = numbered(mean[0])
    ways = (
        Way(
            "mean over the words of each turn",
            shape(mean, "dialogue, turn, number"),
            rows,
            mean[0],
            note="Loses: the order of the words. Costs: nothing.",
        ),
        Way(
            f"TimeDistributed(LSTM({EMBEDDING}))",
            shape(encoded, "dialogue, turn, unit"),
            rows,
            encoded[0],
            weights(encoder),
            note="Loses: nothing of the order. One set of weights for all turns; here "
            "return_sequences=False, since one vector a turn is wanted.",
        ),
    )
    context = turns.x.shape[-1] - EMBEDDING
    return Step(
        "Words to turn vectors",
        "One encoder is applied to every turn alike: that is what TimeDistributed means. The word "
        "axis goes, the turn axis stays.",
        ways,
        f"With {context} columns of context (previous actions, silence, features) behind the mean, "
        f"x is {shape(turns.x, 'dialogue, turn, feature')}: samples, timesteps, features.",
    )


def tagging_step(turns: LessonArrays) -> Step:
    """One turn as the sequence: words as time steps, and one output a word."""
    numbers, real = turns.words(turns.dialogue)
    turn = int(real[0].sum(-1).argmax())
    count = max(1, int(real[0, turn].sum()))
    embedded = turns.embedding(numbers[:, turn, :count])
    outputs = drawn(LSTM(UNITS, return_sequences=True), count, EMBEDDING)(embedded)
    labels = array(drawn(TimeDistributed(keras.layers.Dense(LABELS)), count, UNITS)(outputs))
    entries = turns.featurizer.vocabulary.entries
    names = tuple(entries[number] for number in numbers[0, turn, :count])
    chain = ", ".join(str(tuple(np.shape(t)[1:])) for t in (embedded, outputs, labels))
    way = Way(
        f"Embedding -> LSTM({UNITS}, return_sequences=True) -> TimeDistributed(Dense({LABELS}))",
        shape(labels, "turn, word, output"),
        names,
        labels[0],
        note="Loses: the dialogue. It labels words (tagging) and knows one turn only; an action "
        "a turn needs turns as time steps, as above.",
    )
    return Step(
        "Words are not turns",
        f"The same layers over turn {turn} alone, its {count} words as time steps: "
        "(n_words, emb_size) -> (n_words, lstm_output) -> (n_words, 3).",
        (way,),
        f"The shapes here, without the batch axis: {chain}.",
    )
