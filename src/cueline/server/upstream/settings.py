"""How the upstream is called."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

Seconds = Annotated[float, Meta(gt=0)]
Count = Annotated[int, Meta(ge=1)]


class UpstreamSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """The table `[upstream]` of `cueline serve --config`."""

    connect: Seconds = 5.0
    """Seconds to wait for a connection."""
    silence: Seconds = 300.0
    """Seconds without a byte of an answer after which it is given up: models think for long."""
    retries: Annotated[int, Meta(ge=0, le=10)] = 2
    """How often a request is sent again that the upstream has surely not begun to answer."""
    backoff: Seconds = 0.25
    """Seconds before the first of them, about; twice as long before each next."""
    patience: Seconds = 5.0
    """The longest `Retry-After` that is waited for here; longer ones are the caller's to wait."""
    failures: Count = 5
    """Failures in a row after which the upstream is left alone."""
    rest: Seconds = 1.0
    """Seconds that it is left alone for at first; twice as long after each trial that fails."""
    longest_rest: Seconds = 30.0
    body: Count = 33_554_432
    """Bytes of a request that may go upstream, images and all."""
    answer: Count = 33_554_432
    """Bytes of an answer that are read for what it does; a longer one is handed on unread."""
