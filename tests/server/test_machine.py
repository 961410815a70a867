"""The machine of `tests.server.machine` on each store: briefly, and for longer."""

from __future__ import annotations

import pytest

from tests.server.machine.__main__ import rounds
from tests.server.machine.stores import MemoryShelf, PostgresShelf, RedisShelf, SqliteShelf


@pytest.mark.parametrize("shelf", [MemoryShelf, SqliteShelf])
def test_any_order_of_calls_is_answered_as_the_model_does(shelf: type) -> None:
    assert rounds(shelf, seed_=0, examples=4, steps=30) > 100


@pytest.mark.slow
@pytest.mark.parametrize("store", ["memory", "sqlite", "postgres", "redis"])
def test_so_are_many_more_on_every_store(store: str, request: pytest.FixtureRequest) -> None:
    if store in ("memory", "sqlite"):
        shelf = MemoryShelf if store == "memory" else SqliteShelf
    else:
        url = request.getfixturevalue(f"{store}_url")
        shelf = lambda: (PostgresShelf if store == "postgres" else RedisShelf)(url)  # noqa: E731
    for seed in range(1, 6):
        rounds(shelf, seed)
