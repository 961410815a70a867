"""What the system says at a turn, in what is known before it: the answer stands in the question."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from cueline.corpus.checks.finding import MAX_EXAMPLES, Finding, Level, turn_name
from cueline.dialogue import Dialogue, Turn
from cueline.tokenizer import all_words

MIN_WORDS = 4
"""Words of the system from which it is no chance that the user says them first."""
SYSTEMATIC = 0.1
"""Share of the turns with such words from which the corpus is surely read wrong."""


class Echoes:
    """The turns whose user text, or feature, contains the system's words of the same turn."""

    def __init__(self) -> None:
        self.spoken = 0
        self.heard: list[str] = []
        self.known: Counter[str] = Counter()

    def see(self, corpus: int, dialogue: Dialogue) -> None:
        """Look for the system's words in what is known at each turn."""
        for number, turn in enumerate(dialogue.turns):
            words = _plain(turn.system)
            if words.count(" ") <= MIN_WORDS:  # one before and one after each word
                continue
            self.spoken += 1
            if words in _plain(turn.user):
                self.heard.append(turn_name(dialogue, number))
            self.known.update(_features_with(turn, words))

    def findings(self) -> Iterator[Finding]:
        """A finding for user texts, and one for each feature."""
        if self.heard:
            examples = self.heard[:MAX_EXAMPLES]
            yield self._finding("the user's text", len(self.heard), examples)
        for name, count in self.known.items():
            yield self._finding(f"the feature `{name}`", count, [])

    def _finding(self, what: str, count: int, examples: list[str]) -> Finding:
        level: Level = "error" if count >= SYSTEMATIC * self.spoken else "warning"
        message = f"{what} contains what the system says at the same turn, {count} times"
        return Finding(level, "echo", message, count, examples)


def _features_with(turn: Turn, words: str) -> Iterator[str]:
    """The features that contain `words`."""
    for name, value in turn.features.items():
        values = value if isinstance(value, tuple) else (value,)
        if any(isinstance(one, str) and words in _plain(one) for one in values):
            yield name


def _plain(text: str | None) -> str:
    """Words without punctuation, each with a space before and after."""
    found = (word for word in all_words(text or "") if any(map(str.isalnum, word)))
    return f" {' '.join(found)} "
