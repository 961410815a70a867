"""How the upstream is called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal
from urllib.parse import urlsplit

from msgspec import Meta, Struct

from cueline.errors import SettingsError

KEY = "CUELINE_UPSTREAM_KEY"
"""The variable of the environment that holds the upstream's key."""
Auditor = Literal["upstream", "person"]
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


class CascadeOptions(Struct, frozen=True):
    """`cueline serve --upstream URL`, and what else is said of it there."""

    url: str
    model: str | None = None
    """What the upstream is asked for, whatever the caller asks for."""
    audit: float = 0.0
    """The share of sure turns that go upstream too."""
    shadow: bool = False
    """Whether all turns go upstream."""
    record: bool = False
    """Whether turns of agents are stored."""
    auditor: Auditor = "upstream"
    """Who says whether a sure turn that was drawn is right: the upstream, whose answer is given, or
    a person afterwards."""

    @classmethod
    def of(
        cls,
        url: str | None,
        model: str | None = None,
        audit: float = 0.0,
        shadow: bool = False,
        record: bool = False,
        auditor: Auditor = "upstream",
    ) -> CascadeOptions | None:
        """The options as the command line has them. Raises `SettingsError`."""
        if url is None:
            if model is not None or audit or shadow or record or auditor != "upstream":
                raise SettingsError(
                    "--upstream-model, --audit, --auditor, --shadow and --record want --upstream "
                    "URL"
                )
            return None
        if not 0 <= audit <= 1:
            raise SettingsError(f"--audit {audit}: give a share of sure turns, from 0 to 1")
        if auditor == "person" and not (audit and record):
            raise SettingsError(
                "--auditor person wants --audit SHARE and --record: a person reads what was said"
            )
        return cls(base_url(url), model, audit, shadow, record, auditor)


def key_of(environment: Mapping[str, str]) -> str | None:
    """The upstream's key, if there is one. Raises `SettingsError` where no header can hold it."""
    key = environment.get(KEY, "").strip()
    if not all("!" <= letter <= "~" for letter in key):
        raise SettingsError(f"{KEY}: there is a letter in it that no key has; copy it again")
    return key or None


def base_url(url: str) -> str:
    """`url` without a slash at its end. Raises `SettingsError` where it is none to call."""
    try:
        parts = urlsplit(url)
        named = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        named = None
    if not named:
        raise SettingsError(f"--upstream {url}: give a URL as https://host/v1")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise SettingsError(
            "--upstream: a URL without a name, password or query in it; a key goes into the "
            f"environment, as {KEY}"
        )
    return url.rstrip("/") if parts.path.strip("/") else f"{url.rstrip('/')}/v1"
