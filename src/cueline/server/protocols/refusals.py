"""Requests that are refused, as OpenAI's and Anthropic's clients know it: by 400 alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from cueline.errors import CuelineError
from cueline.server.errors import RequestError


@contextmanager
def as_bad_request() -> Iterator[None]:
    """A block that reads a request: what would be 422 elsewhere is 400."""
    try:
        yield
    except CuelineError as error:
        if error.status != 422:
            raise
        raise RequestError(400, str(error)) from None
