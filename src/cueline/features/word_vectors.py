"""Word vectors from a file: GloVe and word2vec text, or `.npz` with `words` and `vectors`."""

from __future__ import annotations

from collections.abc import Container, Iterator
from itertools import chain
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from cueline.errors import Place, SettingsError

Vector = npt.NDArray[np.float32]


def read(path: Path, wanted: Container[str]) -> dict[str, Vector]:
    """The vectors of the `wanted` words, equally long. Raises `SettingsError` with the place."""
    if not path.exists():
        raise SettingsError(f"{path}: no such file of word vectors")
    pairs = _npz(path) if path.suffix == ".npz" else _text(path)
    first = next(pairs, None)
    if first is None:
        raise SettingsError(f"{path}: no word vector in it")
    found = {}
    for line, word, vector in chain([first], pairs):
        if len(vector) != len(first[2]):
            raise SettingsError(
                f"{Place(path, line)} a vector of {len(vector)} numbers where the first has "
                f"{len(first[2])}"
            )
        if word in wanted:
            if not np.isfinite(vector).all():
                raise SettingsError(f"{Place(path, line)} the vector of {word!r} is not finite")
            found[word] = vector
    if not found:
        raise SettingsError(f"{path}: none of the words of the corpus has a vector in it")
    return found


def _text(path: Path) -> Iterator[tuple[int, str, Vector]]:
    with path.open(encoding="utf-8", errors="replace") as file:
        for number, line in enumerate(file, start=1):
            word, *numbers = line.rstrip().split(" ")
            if number == 1 and len(numbers) == 1:
                continue  # word2vec's first line: how many words, how long
            try:
                yield number, word, np.array(numbers, np.float32)
            except ValueError:
                raise SettingsError(
                    f"{Place(path, number)} not a word and its numbers, separated by spaces"
                ) from None


def _npz(path: Path) -> Iterator[tuple[int, str, Vector]]:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            words, vectors = arrays["words"], arrays["vectors"]
    except (KeyError, ValueError, BadZipFile) as error:
        raise SettingsError(f"{path}: needs the arrays `words` and `vectors` ({error})") from None
    if vectors.ndim != 2 or len(words) != len(vectors):
        raise SettingsError(
            f"{path}: words {words.shape} and vectors {vectors.shape} do not fit; "
            "give (n,) and (n, d)"
        )
    for row, word in enumerate(words):
        yield row, str(word), vectors[row].astype(np.float32)
