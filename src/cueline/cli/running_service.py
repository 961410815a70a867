"""What a command asks of a service that runs."""

from __future__ import annotations

import os
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import msgspec

from cueline.errors import CuelineError

KEY = "CUELINE_KEY"
"""The environment variable with the API key."""


class RunningService:
    """A service by its address, and what it answers."""

    def __init__(self, address: str) -> None:
        self.address = address.rstrip("/")

    def use(self, policy: str) -> str | None:
        """Have it load the policy of that name and use it; what its gate says where it is shut."""
        loaded, refusal = self._ask("POST", "/v1/policies", {"name": policy})
        if refusal is None:
            _, refusal = self._ask("PUT", "/v1/policies/current", {"policy": loaded["policy"]})
        return refusal

    def _ask(self, method: str, path: str, content: Any) -> tuple[Any, str | None]:
        """What it answers, and why it refuses (409); raises `CuelineError` for all else."""
        headers = {"Content-Type": "application/json"}
        if key := os.environ.get(KEY):
            headers["Authorization"] = f"Bearer {key}"
        try:
            request = Request(
                self.address + path, msgspec.json.encode(content), headers, method=method
            )
            with urlopen(request) as answer:
                return msgspec.json.decode(answer.read()), None
        except HTTPError as error:
            said = f"{self.address}: {_detail(error.read()) or error.reason}"
            if error.code == 409:
                return None, said
            raise CuelineError(said) from None
        except (URLError, ValueError) as error:
            raise CuelineError(f"--service {self.address}: {error}") from None


def _detail(body: bytes) -> str | None:
    """What the body of an error says."""
    try:
        detail = msgspec.json.decode(body)["detail"]
    except (msgspec.DecodeError, KeyError, TypeError):
        return None
    return str(detail)
