"""Dialogues to action names with Keras and NumPy alone: keras_only.py TRAIN.jsonl TEST.jsonl"""

import json
import sys
from pathlib import Path

import keras
import numpy as np
from keras import layers, ops

files = (Path(path).read_text().splitlines() for path in sys.argv[1:3])
train, test = ([json.loads(line)["turns"] for line in lines] for lines in files)


def words_of(turns):  # all that is known at each turn: what is said, features, previous actions
    rows, before = [], ["<start>"]
    for turn in turns:
        known = [f"{name}={value}" for name, value in turn.get("features", {}).items()]
        rows.append((turn["user"] or "<silence>").lower().split()[:12] + known + before)
        before = [f"<{action}>" for action in turn["actions"]] or ["<nothing>"]
    return rows


entries = sorted({word for turns in train for row in words_of(turns) for word in row})
number = {word: n for n, word in enumerate(entries, start=2)}  # 0 is padding, 1 any other word
actions = sorted({action for turns in train for turn in turns for action in turn["actions"]})


def arrays(dialogues):  # words (B, T, W), bits (B, T, A), 1 at real turns (B, T); padded right
    rows = [words_of(turns) for turns in dialogues]
    size = len(rows), max(map(len, rows)), max(len(row) for turns in rows for row in turns)
    words, bits = np.zeros(size, "int32"), np.zeros((*size[:2], len(actions)), "float32")
    for b, turns in enumerate(dialogues):
        for t, row in enumerate(rows[b]):
            words[b, t, : len(row)] = [number.get(word, 1) for word in row]
            bits[b, t] = np.isin(actions, turns[t]["actions"])
    return words, bits, (words > 0).any(axis=-1).astype("float32")


def exact(bits, probabilities):  # all bits of a turn are right: (B, T, A) twice -> (B, T)
    return ops.all((bits > 0.5) == (probabilities > 0.5), axis=-1)


keras.utils.set_random_seed(0)
words = keras.Input((None, None), dtype="int32")  # (B, T, W)
real = ops.not_equal(words, 0)  # padding in the layers: one mask of words, one of turns
spread = keras.initializers.RandomNormal(stddev=1.0)  # Keras's own, 0.05, hides single words
vectors = layers.Embedding(len(number) + 2, 64, spread)(words)  # (B, T, W, 64)
turns = layers.TimeDistributed(layers.LSTM(64))(vectors, mask=real)  # (B, T, 64)
memory = layers.LSTM(64, return_sequences=True)(turns, mask=ops.any(real, -1))  # (B, T, 64)
model = keras.Model(words, layers.Dense(len(actions), "sigmoid")(memory))  # (B, T, A)
loss = keras.losses.BinaryCrossentropy(reduction="mean_with_sample_weight")  # and in the loss
model.compile(keras.optimizers.Adam(0.005), loss, weighted_metrics=[exact])  # and in the metric
x, y, weight = arrays(train)
model.fit(x, y, sample_weight=weight, epochs=30, batch_size=8, verbose=0)
x, y, weight = arrays(test)
print("exact:", round(model.evaluate(x, y, sample_weight=weight, verbose=0)[1], 3))
for turn, bits in zip(test[0], model.predict(x[:1], verbose=0)[0] > 0.5, strict=False):
    print(turn["user"], "->", np.array(actions)[bits].tolist())
