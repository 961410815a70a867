"""The network hand-written in PyTorch with packed sequences: no padding is ever computed.

Dialogues of about the same length go together; the words of a turn are a packed sequence, and the
turns of a dialogue another.
"""

from __future__ import annotations

import time
from typing import Any, NamedTuple

import numpy as np
import torch
from benchmarks.speed.sizes import CLIP, EMBEDDING, RATE, UNITS, WORD_UNITS
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from cueline.dataset import Dataset, Ragged


class Batch(NamedTuple):
    """*Shapes:* words (U, W), word_counts (U,), said (N,), row, step (N,), lengths (B,),
    context (N, C), y (N, A), for `N` real turns."""

    words: Any
    word_counts: Any
    said: Any
    row: Any
    step: Any
    lengths: Any
    context: Any
    y: Any


class Packed(nn.Module):  # type: ignore[misc]
    """Embedding -> word LSTM -> dialogue LSTM -> Dense."""

    def __init__(self, words: int, columns: int, actions: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(words, EMBEDDING)
        self.words = nn.LSTM(EMBEDDING, WORD_UNITS, batch_first=True)
        self.turns = nn.LSTM(WORD_UNITS + columns, UNITS, batch_first=True)
        self.output = nn.Linear(UNITS, actions)
        self._begin_as_keras()

    def _begin_as_keras(self) -> None:
        """Keras's first weights, from which few epochs lead further than from torch's."""
        nn.init.uniform_(self.embedding.weight, -0.05, 0.05)
        nn.init.xavier_uniform_(self.output.weight)
        nn.init.zeros_(self.output.bias)
        for lstm in (self.words, self.turns):
            nn.init.xavier_uniform_(lstm.weight_ih_l0)
            nn.init.orthogonal_(lstm.weight_hh_l0)
            nn.init.zeros_(lstm.bias_ih_l0)
            nn.init.zeros_(lstm.bias_hh_l0)
            units = lstm.hidden_size
            nn.init.ones_(lstm.bias_ih_l0[units : 2 * units])  # the forget gate's

    def forward(self, batch: Batch) -> Any:
        """Logits of the real turns. *Shape:* (N, A)."""
        counts = batch.word_counts.clamp(min=1)
        packed = pack_padded_sequence(
            self.embedding(batch.words), counts, batch_first=True, enforce_sorted=False
        )
        _, (encoded, _) = self.words(packed)
        encoded = encoded[0] * (batch.word_counts > 0)[:, None]  # nothing said: zeros
        known = torch.cat([encoded[batch.said], batch.context], dim=1)
        turns = known.new_zeros(len(batch.lengths), int(batch.lengths.max()), known.shape[1])
        turns[batch.row, batch.step] = known
        packed = pack_padded_sequence(turns, batch.lengths, batch_first=True, enforce_sorted=False)
        outputs, _ = pad_packed_sequence(self.turns(packed)[0], batch_first=True)
        return self.output(outputs[batch.row, batch.step])


class Corpus(NamedTuple):
    """A dataset and its widths."""

    dataset: Dataset
    columns: int
    actions: int

    def batch(self, dialogues: np.ndarray, distinct: bool) -> Batch:
        """Those dialogues; with `distinct`, each utterance of the batch stands in it once."""
        dataset = self.dataset
        turns, lengths = dataset.dialogue_turns(dialogues), dataset.lengths[dialogues]
        said, number = dataset.turns.utterance[turns], np.arange(len(turns))
        if distinct:
            said, number = np.unique(said, return_inverse=True)
        utterances = dataset.utterances.take(said)
        columns = dataset.turns.columns.take(turns)
        context = np.zeros((len(turns), self.columns), np.float32)
        values = dataset.turns.values[dataset.turns.columns.places(turns)]
        context[columns.row_of_each(), columns.flat] = values
        targets = dataset.targets.take(turns)
        y = np.zeros((len(turns), self.actions), np.float32)
        y[targets.row_of_each(), targets.flat] = 1
        row = np.repeat(np.arange(len(lengths)), lengths)
        step = np.arange(len(turns)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        arrays = (padded(utterances), utterances.lengths, number, row, step, lengths, context, y)
        return Batch(*map(torch.from_numpy, arrays))


def padded(rows: Ragged) -> np.ndarray:
    """*Shape:* (rows, longest), zeros at the end."""
    lengths = rows.lengths
    filled = np.zeros((len(rows), max(int(lengths.max(initial=0)), 1)), np.int64)
    filled[np.arange(filled.shape[1]) < lengths[:, None]] = rows.flat
    return filled


def fit(corpus: Corpus, words: int, size: int, epochs: int, distinct: bool) -> tuple[Any, Any]:
    """The network after so many epochs of steps of `size` dialogues, and the seconds of each."""
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    network = Packed(words, corpus.columns, corpus.actions)
    optimizer = torch.optim.Adam(network.parameters(), RATE)
    loss_of, seconds = nn.BCEWithLogitsLoss(), []
    for _ in range(epochs):
        began = time.perf_counter()
        for dialogues in plan(corpus.dataset.lengths, size, rng):
            batch = corpus.batch(dialogues, distinct)
            optimizer.zero_grad()
            loss_of(network(batch), batch.y).backward()
            nn.utils.clip_grad_norm_(network.parameters(), CLIP)
            optimizer.step()
        seconds.append(time.perf_counter() - began)
    return network, seconds


def decided(network: Any, corpus: Corpus) -> np.ndarray:
    """The bits that are on at every turn. *Shape:* (N, A)."""
    dialogues = np.arange(len(corpus.dataset.lengths))
    with torch.inference_mode():
        parts = [
            network(corpus.batch(dialogues[first : first + 64], True)).numpy() > 0
            for first in range(0, len(dialogues), 64)
        ]
    return np.concatenate(parts)


def plan(lengths: np.ndarray, size: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Dialogues of about the same length together, the batches in a random order."""
    order = np.lexsort((rng.random(len(lengths)), lengths))
    batches = np.split(order, range(size, len(order), size))
    return [batches[number] for number in rng.permutation(len(batches))]
