from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cueline.server.errors import RequestError
from cueline.server.limits import Limits
from cueline.server.middleware.bodies import Bodies

JSON = [(b"content-type", b"application/json")]
LONGER = {"/longer": 1_000}


def read(chunks: list[bytes], limits: Limits, headers: Any = JSON, path: str = "/") -> bytes:
    """What a route is given of a body that comes in `chunks`."""
    given: dict[str, Any] = {"type": "http", "headers": headers, "path": path}
    waiting = list(chunks)

    async def receive() -> dict[str, Any]:
        return {
            "type": "http.request",
            "body": waiting.pop(0),
            "more_body": bool(waiting),
        }

    async def app(*_: Any) -> None:
        pass

    async def send(_: Any) -> None:
        pass

    asyncio.run(Bodies(app, limits, LONGER)(given, receive, send))
    return bytes(given["body"])


@given(st.lists(st.binary(max_size=30), min_size=1, max_size=6), st.integers(1, 100))
def test_a_body_comes_whole_or_not_at_all(chunks: list[bytes], most: int) -> None:
    whole = b"".join(chunks)
    if len(whole) > most:
        with pytest.raises(RequestError, match=f"longer than {most} bytes"):
            read(chunks, Limits(body=most))
    else:
        assert read(chunks, Limits(body=most)) == whole


@pytest.mark.parametrize("kind", ["application/json", "Application/JSON", "APPLICATION/json; x=y"])
def test_the_case_of_a_media_type_is_no_matter(kind: str) -> None:
    assert read([b"{}"], Limits(), [(b"content-type", kind.encode())]) == b"{}"


def test_a_path_may_have_a_bound_of_its_own() -> None:
    body = b'"%s"' % (b"a" * 500)
    assert read([body], Limits(body=100), path="/longer") == body
    with pytest.raises(RequestError, match="longer than 100 bytes"):
        read([body], Limits(body=100))
    with pytest.raises(RequestError, match="longer than 1000 bytes"):
        read([body, body], Limits(body=100), path="/longer")
