"""Work on arrays spread over the cores: NumPy lets go of the interpreter while it computes."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from threading import Lock
from typing import Any, TypeVar

Given = TypeVar("Given")
Done = TypeVar("Done")
_SPREAD = Lock()
"""Held while work is spread: then all cores have enough to do."""


def on_all_cores(work: Callable[[Given], Done], items: Sequence[Given]) -> list[Done]:
    """What `work` makes of each item, in their order, whichever core gets to it first.

    The products of NumPy are on all cores by themselves, and cut in so small pieces that other work
    beside them makes them wait for each other. So meanwhile each takes but the core it is on.
    """
    threads = min(len(items), cores())
    if threads < 2 or not _SPREAD.acquire(blocking=False):
        return [work(item) for item in items]
    try:
        with _products().limit(limits=1), ThreadPoolExecutor(threads) as pool:
            return list(pool.map(work, items))
    finally:
        _SPREAD.release()


def cores() -> int:
    """How many this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@cache
def _products() -> Any:
    """The libraries that products are computed by, found when they are first asked for."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController().select(user_api="blas")
