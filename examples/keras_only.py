"""A dialogue corpus to action names with Keras and NumPy alone: words -> turns -> bits.

usage: python examples/keras_only.py [TRAIN.jsonl TEST.jsonl]
"""

import json
import sys
from pathlib import Path

import keras
import numpy as np
from keras import layers, ops

HERE = Path(__file__).parent
PATHS = sys.argv[1:3] or [HERE / "train.jsonl", HERE / "test.jsonl"]
train, test = ([json.loads(line)["turns"] for line in open(path)] for path in PATHS)
SILENCE = ["<silence>"]  # a turn without words is a real turn: it must not look like padding


def said(turn):
    return (turn["user"] or "").lower().replace("?", " ?").split() or SILENCE


entries = sorted({word for turns in train for turn in turns for word in said(turn)})
number = {word: n for n, word in enumerate(entries, start=2)}  # 0 is padding, 1 is unknown
actions = sorted({action for turns in train for turn in turns for action in turn["actions"]})


def arrays(dialogues):
    """Words (B, T, W), bits (B, T, A), and 1 for each real turn (B, T): padding on the right."""
    T, W = max(map(len, dialogues)), max(len(said(turn)) for turns in dialogues for turn in turns)
    words, weight = np.zeros((len(dialogues), T, W), "int32"), np.zeros((len(dialogues), T))
    bits = np.zeros((len(dialogues), T, len(actions)), "float32")
    for b, turns in enumerate(dialogues):
        weight[b, : len(turns)] = 1
        for t, turn in enumerate(turns):
            words[b, t, : len(said(turn))] = [number.get(word, 1) for word in said(turn)]
            bits[b, t] = np.isin(actions, turn["actions"])
    return words, bits, weight


def exact(bits, probabilities):  # the metric: all bits of a turn are right
    return ops.all((bits > 0.5) == (probabilities > 0.5), axis=-1)


words = keras.Input((None, None), dtype="int32")  # (B, T, W)
vectors = layers.Embedding(len(number) + 2, 64)(words)  # (B, T, W, 64)
read = layers.TimeDistributed(layers.LSTM(64))  # the same LSTM over the words of every turn
turns = read(vectors, mask=ops.not_equal(words, 0))  # (B, T, 64): words only, not their padding
memory = layers.LSTM(64, return_sequences=True)  # an output at every turn
known = memory(turns, mask=ops.any(ops.not_equal(words, 0), axis=-1))  # (B, T, 64)
model = keras.Model(words, layers.Dense(len(actions), "sigmoid")(known))  # (B, T, A)
loss = keras.losses.BinaryCrossentropy(reduction="mean_with_sample_weight")  # real turns alone
model.compile(keras.optimizers.Adam(0.005), loss, weighted_metrics=[exact])
x, y, weight = arrays(train)
model.fit(x, y, sample_weight=weight, epochs=12, batch_size=32, verbose=2)
x, y, weight = arrays(test)
print("test:", model.evaluate(x, y, sample_weight=weight, verbose=0, return_dict=True))
for turn, row in zip(test[0], model.predict(x[:1], verbose=0)[0]):  # zip leaves padding out
    print(turn["user"], "->", [name for name, p in zip(actions, row) if p > 0.5])
