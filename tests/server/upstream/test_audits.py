"""What is drawn is a share of all, alike for a retry, and nobody's to choose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from cueline.corpus.transcripts.turns import RESPOND
from cueline.dialogue import Turn
from cueline.server.upstream.audits import Audits, same
from cueline.server.upstream.own_answer import MadeCall


def request(body: str, **headers: str) -> Request:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "headers": raw, "body": body.encode()})


@pytest.mark.parametrize("share", [0.0, 0.02, 0.5, 1.0])
@pytest.mark.parametrize("names", [{}, {"x_request_id": "always this"}])
def test_a_share_is_drawn_even_where_all_have_one_name(
    share: float, names: Mapping[str, str]
) -> None:
    audits = Audits(share, seed=b"a seed")
    drawn = sum(audits.draws(request(str(number), **names)) for number in range(3_000)) / 3_000
    assert abs(drawn - share) < 0.04
    assert drawn == share or 0 < share < 1


@given(st.text(), st.text("abc-0123", min_size=1))
def test_a_retry_is_drawn_alike_and_another_service_draws_otherwise(body: str, name: str) -> None:
    audits = Audits(0.5, seed=b"a seed")
    first = audits.draws(request(body, idempotency_key=name))
    assert all(audits.draws(request(body, idempotency_key=name)) is first for _ in range(3))
    others = {
        Audits(0.5, seed=bytes([n])).draws(request(body, idempotency_key=name)) for n in range(64)
    }
    assert others == {True, False}


calls = st.lists(
    st.builds(
        MadeCall,
        st.sampled_from(["book", "find"]),
        st.dictionaries(st.sampled_from(["a", "b"]), st.integers(0, 2)),
    ),
    min_size=1,
    max_size=3,
)


def done(made: list[MadeCall]) -> Turn:
    by_name: dict[str, Any] = {}
    for call in made:
        by_name.setdefault(call.name, []).append(dict(call.arguments))
    return Turn(None, actions=tuple(by_name), arguments=by_name)


@given(calls, calls)
def test_right_is_the_same_calls_in_any_order(ours: list[MadeCall], theirs: list[MadeCall]) -> None:
    def sort(made: list[MadeCall]) -> list[str]:
        return sorted(f"{call.name} {sorted(call.arguments.items())}" for call in made)

    assert same(ours, done(theirs)) is (sort(ours) == sort(theirs))
    assert same(ours[::-1], done(ours))


def test_words_and_arguments_that_nobody_can_read_are_another_answer() -> None:
    ours = [MadeCall("book", {})]
    assert not same(ours, Turn(None, actions=(RESPOND,), system="No."))
    assert not same(ours, Turn(None, actions=("book",)))
    two = Turn(None, actions=("book",), arguments={"book": ({"n": 2.0},)})
    assert same([MadeCall("book", {"n": 2})], two)
