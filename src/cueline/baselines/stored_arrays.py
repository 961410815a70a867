"""Named tuples of arrays to the arrays of a file, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import numpy.typing as npt

T = TypeVar("T", bound=tuple[Any, ...])


def filed(part: Any, name: str) -> dict[str, npt.NDArray[Any]]:
    """The arrays of the named tuple `part`, each as `name.field`."""
    return {f"{name}.{field}": array for field, array in part._asdict().items()}


def unfiled(kind: type[T], arrays: Mapping[str, npt.NDArray[Any]], name: str) -> T:
    """The named tuple of that `kind` that `filed` made arrays of."""
    fields: tuple[str, ...] = kind._fields  # type: ignore[attr-defined]
    return kind(*(arrays[f"{name}.{field}"] for field in fields))
