"""Which sure turns go upstream to be checked, and whether they were right."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from hashlib import blake2b

from starlette.requests import Request

from cueline.corpus.transcripts.turns import RESPOND
from cueline.dialogue import Turn
from cueline.server.upstream.own_answer import MadeCall

_NAMES = ("idempotency-key", "x-request-id", "x-client-request-id")
"""Headers that say which request it is, so that a retry of it is drawn alike. Some proxies and some
callers send the same for all, so what is asked counts too."""
_RANGE = 2**64


class Audits:
    """A random share of requests; whoever does not know the `seed` cannot tell which."""

    def __init__(self, share: float, seed: bytes | None = None) -> None:
        self.share, self._seed = share, seed or secrets.token_bytes(32)

    def draws(self, request: Request) -> bool:
        """Whether `request` is one of them."""
        id = next((request.headers[name] for name in _NAMES if name in request.headers), "")
        named = id.encode("latin-1", "replace") or secrets.token_bytes(16)
        digest = blake2b(named + b"\n", digest_size=8, key=self._seed)
        digest.update(request.scope["body"])
        return int.from_bytes(digest.digest()) < self.share * _RANGE


def same(ours: Sequence[MadeCall], done: Turn) -> bool:
    """Whether the calls are those that were `done`, in any order, with the same arguments."""
    theirs = [
        (name, arguments)
        for name in done.actions or ()
        if name != RESPOND
        for arguments in done.arguments.get(name, (None,))
    ]
    for call in ours:
        made = call.name, dict(call.arguments)
        if made not in theirs:
            return False
        theirs.remove(made)
    return not theirs
