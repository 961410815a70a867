"""From a URL to its store; only the one that is named is imported."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from cueline.errors import SettingsError
from cueline.server.stores.base import Store


async def open_store(url: str, create: bool = True) -> Store:
    """The store named by `url`.

    `memory:`, `sqlite:PATH` (`sqlite:///abs/path` and `sqlite:rel/path`),
    `postgresql://user@host/database`, `redis://host:6379/0`; `@FILE` is a file that the URL stands
    in, for those with a password. What is not there is made only with `create`.
    """
    if url.startswith("@"):
        url = _secret(Path(url[1:]))
    scheme = urlsplit(url).scheme
    if scheme == "memory":
        from cueline.server.stores.memory import MemoryStore

        return MemoryStore()
    if scheme == "sqlite":
        from cueline.server.stores.sqlite import SqliteStore

        return await SqliteStore.open(_path(url), create)
    if scheme in ("postgresql", "postgres"):
        from cueline.server.stores.postgres import PostgresStore

        return await PostgresStore.open(url, create)
    if scheme in ("redis", "rediss", "unix"):
        from cueline.server.stores.redis import RedisStore

        return await RedisStore.open(url)
    raise SettingsError(
        f"--store: {scheme or url} is no store; give memory:, sqlite:FILE, postgresql://... or "
        "redis://..."
    )


def _secret(path: Path) -> str:
    try:
        return path.read_text("utf-8").strip()
    except OSError as error:
        raise SettingsError(f"--store: {path}: {error.strerror}") from None


def _path(url: str) -> str:
    rest = url.removeprefix("sqlite:")
    path = rest[2:] if rest.startswith("//") else rest
    if not path:
        raise SettingsError("--store: sqlite: needs a file, as in sqlite:dialogues.db")
    return path
