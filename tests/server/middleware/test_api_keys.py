from __future__ import annotations

import os
from pathlib import Path

import pytest

from cueline.server import keys as module
from cueline.server.command import key
from cueline.server.keys import Keys, new_key
from cueline.server.middleware.api_keys import WRONG_BURST
from tests.server.test_app import problem, serving


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def test_wrong_keys_are_slowed_and_right_ones_are_not() -> None:
    secret, record = new_key("shop", ["act", "read"])
    with serving(keys=Keys([record])) as client:
        for _ in range(WRONG_BURST):
            problem(client.get("/v1/policy", headers=bearer("cue_guess")), 401)
        answer = client.get("/v1/policy", headers=bearer("cue_guess"))
        problem(answer, 429, "wrong API keys")
        assert int(answer.headers["retry-after"]) >= 1
        assert client.get("/v1/policy", headers=bearer(secret)).status_code == 200
        problem(client.get("/v1/policy"), 401)  # who sends none guesses nothing


def test_a_key_is_good_from_when_it_stands_in_the_file_until_it_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOOK", 0.0)
    file = tmp_path / "keys.json"
    first = key(file, "first", ["read"])
    only_first = file.read_bytes()
    with serving(keys=Keys.read(file)) as client:

        def status(secret: str) -> int:
            return int(client.get("/v1/policy", headers=bearer(secret)).status_code)

        second = key(file, "second", ["read"])
        assert (status(first), status(second)) == (200, 200)
        file.write_bytes(b"[")
        assert (status(first), status(second)) == (200, 200)  # a slip of an editor stops nobody
        file.write_bytes(only_first)
        os.utime(file, ns=(1, 1))
        assert (status(first), status(second)) == (200, 401)
