"""The kinds of arrays that the rooms hand to each other. Shapes stand where an array is used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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
