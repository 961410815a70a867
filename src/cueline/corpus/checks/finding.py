"""One thing that may be wrong, and where it is seen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Protocol

from cueline.dialogue import Dialogue

Level = Literal["error", "warning", "note"]
LEVELS: tuple[Level, ...] = ("error", "warning", "note")
MAX_EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """`error`: surely wrong, and training or evaluation will suffer; `note`: good to know."""

    level: Level
    kind: str
    message: str
    count: int
    examples: list[str]


class Check(Protocol):
    """Sees every dialogue once, in order, and then tells what it found."""

    def see(self, corpus: int, dialogue: Dialogue) -> None:
        """Look at a dialogue of the corpus of that number."""

    def findings(self) -> Iterator[Finding]:
        """What was found."""


def turn_name(dialogue: Dialogue, turn: int) -> str:
    """Where something is seen; turns count from 0, as in `$.turns[0]`."""
    return f"{dialogue.id} turn {turn}"


def names_of(actions: tuple[str, ...]) -> str:
    """An action set for a person."""
    return " + ".join(actions) or "(nothing)"
