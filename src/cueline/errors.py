"""What can go wrong, as one exception tree.

Every message is one line that a user can act on: what, where, what to do.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


class CuelineError(Exception):
    """The root: catch it to catch everything that Cueline raises on purpose.

    A class that callers of the service may see says how: `status` and `title` of the answer.
    """

    status: int = 500
    title: str = "Internal error"

    def __str__(self) -> str:
        """The message as one line, whatever stands in the names and keys that it quotes."""
        return " ".join(super().__str__().splitlines())


class CuelineWarning(UserWarning):
    """What is read or done as asked, and is hardly meant."""


class CorpusError(CuelineError, ValueError):
    """A corpus, or a turn given live, that cannot be read as dialogues."""

    status, title = 422, "Unprocessable Content"


class SettingsError(CuelineError):
    """A setting that does not exist or does not fit."""


class PolicyError(CuelineError):
    """A policy folder that cannot be loaded, or a policy asked for what it does not know."""


class ShapeError(CuelineError):
    """Arrays that do not fit together; the message names both shapes and the remedy."""


class TrainingError(CuelineError):
    """Training that cannot start or cannot go on."""


class ClusterError(CuelineError):
    """A cluster that is not there, or on which a part of the work cannot be done."""


class CacheError(CuelineError):
    """A place where nothing can be kept."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a file something stands, printed as `file:line: $.path`."""

    file: str | Path
    line: int | None = None
    path: str = ""

    def __str__(self) -> str:
        line = "" if self.line is None else f":{self.line}"
        path = f" {self.path}:" if self.path else ""
        return f"{self.file}{line}:{path}"


def corpus_error(place: Place, what: str) -> CorpusError:
    """A `CorpusError` whose message, one line, begins with the place."""
    return CorpusError(" ".join(f"{place} {what}".splitlines()))
