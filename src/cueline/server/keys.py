"""API keys: only their hashes are kept, and each may do only what its scopes say.

A key is 256 random bits, so a plain SHA-256 of it gives nothing away; there is no word to guess.
"""

from __future__ import annotations

import secrets
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta, Struct

from cueline.errors import SettingsError
from cueline.io import read

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
    """The keys of a service, found by their hash."""

    def __init__(self, records: list[KeyRecord]) -> None:
        self._by_hash = {record.sha256: record for record in records}

    @classmethod
    def read(cls, path: Path) -> Keys:
        """The keys in a JSON file. Raises `SettingsError`."""
        records = read(path, list[KeyRecord], SettingsError)
        if not records:
            raise SettingsError(f"{path}: no key in it; make one first")
        return cls(records)

    def caller(self, secret: str) -> KeyRecord | None:
        """The record of the key `secret`, if it is one."""
        return self._by_hash.get(_hash(secret))


def new_key(name: str, scopes: list[Scope]) -> tuple[str, KeyRecord]:
    """A new key, shown once, and the record of it to keep."""
    secret = "cue_" + secrets.token_urlsafe(32)
    return secret, KeyRecord(name, _hash(secret), scopes)


def _hash(secret: str) -> str:
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
