"""What is said of an upstream at the start is right, or refused in one line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cueline.errors import SettingsError
from cueline.server.upstream.settings import KEY, CascadeOptions, base_url, key_of


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("https://api.openai.com/v1", "https://api.openai.com/v1"),
        ("https://api.openai.com/v1/", "https://api.openai.com/v1"),
        ("https://api.anthropic.com", "https://api.anthropic.com/v1"),
        ("http://localhost:11434/", "http://localhost:11434/v1"),
        ("http://[::1]:8080", "http://[::1]:8080/v1"),
        ("https://host/v1beta/openai/", "https://host/v1beta/openai"),
    ],
)
def test_a_base_url_is_what_clients_call_one(url: str, base: str) -> None:
    assert base_url(url) == base
    assert base_url(base) == base


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.openai.com",
        "ftp://host",
        "https://",
        "https:///v1",
        "http://[::1",
        "http://host:port",
        "https://me:secret@host/v1",
        "https://host/v1?key=secret",
    ],
)
def test_anything_else_is_refused_and_no_secret_repeated(url: str) -> None:
    with pytest.raises(SettingsError, match="--upstream") as refused:
        CascadeOptions.of(url)
    assert "secret" not in str(refused.value)


def test_what_wants_an_upstream_says_so() -> None:
    assert CascadeOptions.of(None) is None
    for options in ({"model": "m"}, {"audit": 0.1}, {"shadow": True}, {"record": True}):
        with pytest.raises(SettingsError, match="want --upstream URL"):
            CascadeOptions.of(None, **options)
    for audit in (-0.1, 1.1, float("nan")):
        with pytest.raises(SettingsError, match="from 0 to 1"):
            CascadeOptions.of("http://host", audit=audit)


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0")))
def test_a_key_can_stand_in_a_header_or_is_refused(key: str) -> None:
    try:
        found = key_of({KEY: key})
    except SettingsError as refused:
        assert not key.strip() or key.strip() not in str(refused) or len(key.strip()) < 3
    else:
        assert found is None if not key.strip() else found == key.strip()
        assert found is None or (found.isascii() and found.isprintable() and " " not in found)
