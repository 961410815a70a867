"""A page elsewhere can have a browser send requests here, but nothing comes of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.server.test_app import opened, problem, serving

HELLO = {"user": "find me a table"}
elsewhere = st.one_of(
    st.fixed_dictionaries({"sec-fetch-site": st.sampled_from(["cross-site", "same-site", "odd"])}),
    st.fixed_dictionaries(
        {
            "origin": st.sampled_from(
                [
                    "null",
                    "http://evil.example",
                    "http://127.0.0.1:8001",
                    "http://localhost:8000",
                    "http://127.0.0.1:8000.evil.example",
                    "http://[::1",
                ]
            )
        }
    ),
)


def test_what_another_page_sends_changes_nothing() -> None:
    with serving() as client:
        dialogue = opened(client)
        path = f"/v1/dialogues/{dialogue}"

        @given(
            elsewhere,
            st.sampled_from(
                [
                    ("POST", "/v1/dialogues"),
                    ("POST", f"{path}/turns"),
                    ("POST", "/v1/turns"),
                    ("POST", f"{path}/turns/0/correction"),
                    ("DELETE", path),
                    ("PUT", "/v1/policies/current"),
                    ("GET", path),
                ]
            ),
        )
        def check(headers: dict[str, str], call: tuple[str, str]) -> None:
            problem(client.request(*call, json=HELLO, headers=headers), 403, "another origin")

        check()
        assert client.get(path).json()["turns"] == []
        assert len(client.get("/metrics").text) > 0


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "same-origin", "origin": "http://127.0.0.1:8000"},
        {"sec-fetch-site": "none"},
        {},
    ],
)
def test_the_page_itself_a_person_and_a_program_are_answered(headers: dict[str, str]) -> None:
    with serving() as client:
        assert client.post("/v1/dialogues", headers=headers | {"host": "127.0.0.1:8000"}).is_success


def test_a_link_to_the_page_may_be_followed_from_anywhere() -> None:
    link = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    with serving() as client:
        assert client.get("/", headers=link).status_code == 200
        problem(client.get("/v1/policies", headers=link), 403)
        problem(client.get("/", headers=link | {"sec-fetch-mode": "no-cors"}), 403)
