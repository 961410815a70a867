"""Whether there is anything to learn from at all: what was done, and what was said or known."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cueline.corpus.checks.finding import Finding
from cueline.dialogue import Dialogue
from cueline.errors import CorpusError

REMEDY = "is it read as it is meant? See --format and --column"


@dataclass(slots=True)
class _Counts:
    """Turns of a corpus, and those in which something is done, said or known."""

    turns: int = 0
    acting: int = 0
    with_words: int = 0
    with_features: int = 0


class Emptiness:
    """Counts the turns in which something is done, said or known, corpus by corpus."""

    def __init__(self) -> None:
        self.corpora: dict[int, _Counts] = defaultdict(_Counts)

    def see(self, corpus: int, dialogue: Dialogue) -> None:
        """Count the turns of a dialogue."""
        counts = self.corpora[corpus]
        for turn in dialogue.turns:
            counts.turns += 1
            counts.acting += bool(turn.actions)
            counts.with_words += bool(turn.user and turn.user.strip())
            counts.with_features += bool(turn.features)

    def findings(self) -> Iterator[Finding]:
        """An error where no turn of a corpus has any action, or no user ever says a word."""
        for number, counts in self.corpora.items():
            where = f" of corpus {number + 1}" if len(self.corpora) > 1 else ""
            turns = f"at any of {counts.turns} turns{where}; {REMEDY}"
            if not counts.acting:
                message = f"the system does nothing {turns}"
                yield Finding("error", "no-action", message, counts.turns, [])
            if not counts.with_words:
                message = f"the user says no word {turns}"
                yield Finding("error", "no-words", message, counts.turns, [])

    def watched(self, dialogues: Iterable[Dialogue]) -> Iterator[Dialogue]:
        """`dialogues`, then a `CorpusError` if there was nothing to learn from.

        Features alone are enough to learn from.
        """
        for dialogue in dialogues:
            self.see(0, dialogue)
            yield dialogue
        for finding in self.findings():
            if finding.kind == "no-action" or not self.corpora[0].with_features:
                raise CorpusError(finding.message)
