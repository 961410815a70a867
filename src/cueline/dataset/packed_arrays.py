"""A dataset as arrays to keep in a file, and back, in the smallest dtypes that hold the numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from cueline.dataset.dataset import Dataset
from cueline.dataset.named_arrays import (
    DIALOGUES,
    STARTS,
    arrays_of,
    dataset_of,
    flatten,
    unflatten,
)
from cueline.dataset.ragged import Ragged
from cueline.types import NamedArrays

_LENGTHS = ".lengths"
"""Takes the place of `STARTS`: lengths are smaller numbers."""
_OF_DIALOGUES = "lengths"
_AS_THEY_ARE = ("out_of_space", "masks")


def pack(dataset: Dataset) -> dict[str, npt.NDArray[Any]]:
    """The arrays of `dataset` by name. Values of numbers are rounded to float16."""
    return dict(_packed(*named) for named in arrays_of(dataset).items())


def unpack(arrays: NamedArrays) -> Dataset:
    """The dataset that `pack` made arrays of."""
    return dataset_of(_all_unpacked(arrays))


def pack_rows(name: str, rows: Ragged) -> dict[str, npt.NDArray[Any]]:
    """The arrays of `rows`, whose numbers are not negative, by name."""
    return dict(_packed(*named) for named in flatten(rows, name).items())


def unpack_rows(name: str, arrays: NamedArrays) -> Ragged:
    """The rows that `pack_rows` made arrays of."""
    own = {key: array for key, array in arrays.items() if key.startswith(f"{name}.")}
    return unflatten(Ragged, _all_unpacked(own), name)


def _packed(name: str, array: npt.NDArray[Any]) -> tuple[str, npt.NDArray[Any]]:
    if name in _AS_THEY_ARE:
        return name, array
    if name.endswith(STARTS):
        short = _OF_DIALOGUES if name == DIALOGUES else name.removesuffix(STARTS) + _LENGTHS
        return short, _short(np.diff(array))
    return name, array.astype(np.float16) if array.dtype.kind == "f" else _short(array)


def _all_unpacked(arrays: NamedArrays) -> NamedArrays:
    return dict(_unpacked(*named) for named in arrays.items())


def _unpacked(name: str, array: npt.NDArray[Any]) -> tuple[str, npt.NDArray[Any]]:
    if name in _AS_THEY_ARE:
        return name, array
    if name == _OF_DIALOGUES or name.endswith(_LENGTHS):
        full = DIALOGUES if name == _OF_DIALOGUES else name.removesuffix(_LENGTHS) + STARTS
        return full, np.concatenate([[0], np.cumsum(array, dtype=np.int64)])
    return name, array.astype(np.float32 if array.dtype.kind == "f" else np.int32)


def _short(numbers: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return numbers.astype(np.min_scalar_type(int(numbers.max(initial=0))))
