"""Work on arrays spread over the cores: NumPy releases the interpreter lock while it computes."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from threading import Lock
from typing import Any, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
_SPREAD = Lock()
"""Held while work is spread: the cores are busy then."""


def on_all_cores(work: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    """`work` applied to each item, in their order, on all cores.

    NumPy's own products use all cores, in pieces so small that they wait for each other when other
    work runs beside them. So meanwhile each product is held to one core, a single one too: how many
    cores share a product shows in its last bit, and the same work gives the same on any of them.
    """
    if not _SPREAD.acquire(blocking=False):
        return [work(item) for item in items]
    try:
        with _blas().limit(limits=1):
            threads = min(len(items), cores())
            if threads < 2:
                return [work(item) for item in items]
            with ThreadPoolExecutor(threads) as pool:
                return list(pool.map(work, items))
    finally:
        _SPREAD.release()


def cores() -> int:
    """The number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@cache
def _blas() -> Any:
    """The libraries that compute products, found at the first call."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController().select(user_api="blas")
