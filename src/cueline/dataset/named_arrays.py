"""The arrays of a dataset, or of any other record of arrays, by name and back, as files hold them.

A record is a NamedTuple or a dataclass whose fields are arrays, or records again.
"""

from __future__ import annotations

import dataclasses
import mmap
from collections.abc import Mapping
from typing import Any, TypeVar, get_type_hints

import numpy.typing as npt

from cueline.dataset.dataset import Dataset, TurnArrays
from cueline.dataset.ragged import Ragged
from cueline.types import NamedArrays

Record = TypeVar("Record")
STARTS = ".starts"
"""How the name of an array ends that says where rows start."""
DIALOGUES = "dialogues" + STARTS


def flatten(record: Any, name: str) -> dict[str, npt.NDArray[Any]]:
    """The arrays of `record`, each as `name.field`."""
    arrays: dict[str, npt.NDArray[Any]] = {}
    for field in _fields(type(record)):
        value, inner = getattr(record, field), f"{name}.{field}"
        arrays |= flatten(value, inner) if _fields(type(value)) else {inner: value}
    return arrays


def unflatten(kind: type[Record], arrays: NamedArrays, name: str) -> Record:
    """The record of that `kind` that `flatten` made arrays of."""
    hints = get_type_hints(kind)

    def value(field: str) -> Any:
        inner, hint = f"{name}.{field}", hints[field]
        return unflatten(hint, arrays, inner) if _fields(hint) else arrays[inner]

    return kind(*map(value, _fields(kind)))


def arrays_of(dataset: Dataset) -> NamedArrays:
    """All arrays of `dataset`, as they stand in memory."""
    return {
        DIALOGUES: dataset.dialogues,
        "out_of_space": dataset.out_of_space,
        "masks": dataset.masks,
        **flatten(dataset.turns, "turns"),
        **flatten(dataset.value_masked, "hidden"),
        **flatten(dataset.utterances, "utterances"),
        **flatten(dataset.targets, "targets"),
    }


def dataset_of(arrays: NamedArrays, pages: tuple[mmap.mmap, ...] = ()) -> Dataset:
    """The dataset that `arrays_of` named the arrays of; `pages` if they stand in files."""
    return Dataset(
        dialogues=arrays[DIALOGUES],
        utterances=unflatten(Ragged, arrays, "utterances"),
        turns=unflatten(TurnArrays, arrays, "turns"),
        value_masked=unflatten(TurnArrays, arrays, "hidden"),
        targets=unflatten(Ragged, arrays, "targets"),
        out_of_space=arrays["out_of_space"],
        masks=arrays["masks"],
        pages=pages,
    )


def prefixed(name: str, arrays: NamedArrays) -> dict[str, npt.NDArray[Any]]:
    """`arrays` with `name.` before each name, as `flatten` has it."""
    return {f"{name}.{key}": array for key, array in arrays.items()}


def within(name: str, arrays: NamedArrays) -> Mapping[str, npt.NDArray[Any]]:
    """The arrays that `prefixed` put that name before, by their own names."""
    start = f"{name}."
    return {key.removeprefix(start): a for key, a in arrays.items() if key.startswith(start)}


def _fields(kind: Any) -> tuple[str, ...]:
    """The fields of a record's type; none of an array's."""
    if dataclasses.is_dataclass(kind):
        return tuple(field.name for field in dataclasses.fields(kind))
    return tuple(getattr(kind, "_fields", ()))
