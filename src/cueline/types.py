"""What the rooms hand to each other: arrays, whose shapes stand where one is used, and `Map`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]
"""Weights, inputs and outputs of the network."""
Bits = npt.NDArray[np.bool_]
"""One bit an action."""
Ints = npt.NDArray[np.integer[Any]]
"""Indices and counts."""
Floats = npt.NDArray[np.floating[Any]]
"""Statistics, of any precision."""
NamedArrays = Mapping[str, npt.NDArray[Any]]
"""Arrays by name, as a file holds them."""

Item = TypeVar("Item")
Result = TypeVar("Result")


class Map(Protocol):
    """`map`, or another that does the work elsewhere: `cueline.cluster.ray_map`.

    Results come in the order of the items, whoever is ready first.
    """

    def __call__(
        self, work: Callable[[Item], Result], items: Iterable[Item], /
    ) -> Iterator[Result]:
        """`work` done on each item."""
