"""`map` on a Ray cluster: parts of a corpus go out as tasks, results come back in order.

Whatever is spread takes a `Map`, and `map` itself is one: so the same functions run here and there,
and give the same. A worker or a node that dies takes nothing along: Ray does its tasks again.
"""

from __future__ import annotations

import os
import socket
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from cueline.errors import ClusterError
from cueline.types import Item, Map, Result

RETRIES = 3
"""How often a task is done again whose worker or node died."""
TASKS_PER_CORE = 2
"""Tasks that are out at once: results wait in memory for those before them."""
PATIENCE = 5.0
"""Seconds in which a cluster must answer."""
LOCAL_STORE = 500_000_000
"""Bytes that a cluster started here keeps in shared memory; beyond, Ray writes to disk."""


@contextmanager
def ray_map(address: str) -> Iterator[Map]:
    """A `Map` on the cluster at `address`; `local` starts one here, which ends with the block.

    Workers need Cueline installed, and each path of a corpus as it is named here. Raises
    `ClusterError` where Ray is not installed or there is no cluster.
    """
    try:
        import ray
    except ImportError:
        raise ClusterError("Ray is not installed; pip install 'cueline[ray]'") from None
    _check_there(address)
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # its coming default
    options: dict[str, Any] = {"log_to_driver": False, "logging_level": "error"}
    if address == "local":
        options |= {"include_dashboard": False, "object_store_memory": LOCAL_STORE}
    try:
        ray.init(address, **options)
    except (ConnectionError, ValueError, RuntimeError) as error:
        reason = str(error).partition("\n")[0]
        raise ClusterError(f"--ray {address}: no cluster there: {reason}") from None
    try:
        yield _on(ray)
    finally:
        ray.shutdown()


def _check_there(address: str) -> None:
    """Raise `ClusterError` where nothing answers at HOST:PORT; Ray would wait for minutes."""
    host, _, port = address.rpartition(":")
    if not host or "/" in address or not port.isdigit():
        return
    try:
        socket.create_connection((host, int(port)), PATIENCE).close()
    except OSError as error:
        raise ClusterError(
            f"--ray {address}: no cluster there: {error.strerror or error}"
        ) from None


def _on(ray: Any) -> Map:
    task = ray.remote(max_retries=RETRIES)(_done)

    def mapped(work: Callable[[Item], Result], items: Iterable[Item], /) -> Iterator[Result]:
        shared = ray.put(work)  # once a node, not once a task
        most = TASKS_PER_CORE * max(int(ray.cluster_resources().get("CPU", 1)), 1)
        waiting: deque[tuple[str, Any]] = deque()
        for number, item in enumerate(items):
            waiting.append((_name(number, item), task.remote(shared, item)))
            if len(waiting) >= most:
                yield _result(ray, *waiting.popleft())
        while waiting:
            yield _result(ray, *waiting.popleft())

    return mapped


def _done(work: Callable[[Item], Result], item: Item) -> Result:
    return work(item)


def _result(ray: Any, name: str, reference: Any) -> Any:
    try:
        return ray.get(reference)
    except ray.exceptions.RayTaskError as error:
        raise error.cause from None
    except ray.exceptions.RayError as error:
        reason = str(error).partition("\n")[0]
        raise ClusterError(
            f"{name}: its worker died {RETRIES + 1} times ({reason}); see what is in it, or give "
            "workers more memory"
        ) from None


def _name(number: int, item: object) -> str:
    """What a person finds it by: a file's name, or the first dialogue of a chunk."""
    if isinstance(item, list):
        first = getattr(item[0], "id", None) if item else None
        return f"part {number + 1} of the corpus, from dialogue {first!r}"
    return str(item)
