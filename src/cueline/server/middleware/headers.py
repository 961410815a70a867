"""Headers as ASGI has them."""

from __future__ import annotations

import re

from starlette.types import Scope

_PORT = re.compile(rb":[0-9]*$")


def header(scope: Scope, name: bytes) -> bytes:
    """The value of the header `name`, given in lower case; empty where it was not sent."""
    for key, value in scope["headers"]:
        if key == name:
            return bytes(value)
    return b""


def hostname(authority: bytes) -> bytes:
    """The host of `host:port`, of `host`, and of `[::1]` with or without a port."""
    return _PORT.sub(b"", authority.lower())
