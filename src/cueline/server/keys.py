"""API keys: only their hashes are kept, and each may do only what its scopes say.

A key is 256 random bits, so a plain SHA-256 of it gives nothing away; there is no word to guess.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta, Struct

from cueline.errors import SettingsError
from cueline.io import read

log = logging.getLogger("cueline.server")

LOOK = 1.0
"""Seconds between looks at whether the file of keys has changed."""
Scope = Literal["act", "read", "erase", "admin"]
"""`act`: open, step, correct, chat completions. `read`: dialogues, exports, events, metrics.
`erase`: dialogues, and all of a user's. `admin`: policies, training."""
SCOPES: tuple[Scope, ...] = ("act", "read", "erase", "admin")


class KeyRecord(Struct, frozen=True, forbid_unknown_fields=True):
    """A key as the file has it."""

    name: Annotated[str, Meta(min_length=1)]
    sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    scopes: list[Scope]


class Keys:
    """The keys of a service, found by their hash; those of a file are read again as it changes."""

    def __init__(self, records: Iterable[KeyRecord], path: Path | None = None) -> None:
        self._by_hash = {record.sha256: record for record in records}
        self._path, self._looked = path, time.monotonic()
        self._stamp = None if path is None else _stamp(path)

    @classmethod
    def read(cls, path: Path) -> Keys:
        """The keys in a JSON file. Raises `SettingsError`."""
        return cls(_records(path), path)

    def _again(self) -> None:
        """Read the file again where it changed; what cannot be read changes nothing."""
        if self._path is None or time.monotonic() - self._looked < LOOK:
            return
        self._looked, stamp = time.monotonic(), _stamp(self._path)
        if stamp != self._stamp:
            self._stamp = stamp
            try:
                self._by_hash = {record.sha256: record for record in _records(self._path)}
                log.info("%s: read again, %d keys", self._path, len(self._by_hash))
            except (SettingsError, OSError) as error:
                log.error("the API keys stay as they were: %s", error)

    def caller(self, secret: str) -> KeyRecord | None:
        """The record of the key `secret`, if it is one."""
        self._again()
        return self._by_hash.get(_hash(secret))


def new_key(name: str, scopes: list[Scope]) -> tuple[str, KeyRecord]:
    """A new key, shown once, and the record of it to keep."""
    secret = "cue_" + secrets.token_urlsafe(32)
    return secret, KeyRecord(name, _hash(secret), scopes)


def _records(path: Path) -> list[KeyRecord]:
    records = read(path, list[KeyRecord], SettingsError)
    if not records:
        raise SettingsError(f"{path}: no key in it; make one first")
    return records


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """What changes with the file's content; None where there is no file."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size


def _hash(secret: str) -> str:
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
