"""Whether there is anything to learn from at all: what was done, and what was said or known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cueline.corpus.checks.finding import Finding
from cueline.dialogue import Dialogue
from cueline.errors import CorpusError

REMEDY = "is it read as it is meant? See --format and --column"


class Emptiness:
    """Counts the turns in which something is done, said or known."""

    def __init__(self) -> None:
        self.turns = 0
        self.acting = 0
        self.with_words = 0
        self.with_features = 0

    def see(self, corpus: int, dialogue: Dialogue) -> None:
        """Count the turns of a dialogue."""
        for turn in dialogue.turns:
            self.turns += 1
            self.acting += bool(turn.actions)
            self.with_words += bool(turn.user and turn.user.strip())
            self.with_features += bool(turn.features)

    def findings(self) -> Iterator[Finding]:
        """An error where no turn has any action, or no user ever says a word."""
        if self.turns and not self.acting:
            message = f"the system does nothing at any of {self.turns} turns; {REMEDY}"
            yield Finding("error", "no-action", message, self.turns, [])
        if self.turns and not self.with_words:
            message = f"the user says no word at any of {self.turns} turns; {REMEDY}"
            yield Finding("error", "no-words", message, self.turns, [])

    def watched(self, dialogues: Iterable[Dialogue]) -> Iterator[Dialogue]:
        """`dialogues`, then a `CorpusError` if there was nothing to learn from.

        Features alone are enough to learn from.
        """
        for dialogue in dialogues:
            self.see(0, dialogue)
            yield dialogue
        for finding in self.findings():
            if finding.kind == "no-action" or not self.with_features:
                raise CorpusError(finding.message)
