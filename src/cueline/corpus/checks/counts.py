"""Actions with few examples, actions never done, and actions that only a later corpus knows."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from cueline.corpus.checks.finding import Finding
from cueline.dialogue import Dialogue

MIN_DIALOGUES = 5
"""Dialogues in which an action should occur to be learned at all."""
_MAX_NAMES = 20


class ActionCounts:
    """In how many dialogues of each corpus each action is done, and which are only offered."""

    def __init__(self) -> None:
        self.done: dict[int, Counter[str]] = defaultdict(Counter)
        self.offered: set[str] = set()

    def see(self, corpus: int, dialogue: Dialogue) -> None:
        """Count the actions of a dialogue."""
        self.done[corpus].update({name for turn in dialogue.turns for name in turn.actions or ()})
        for turn in dialogue.turns:
            self.offered.update(turn.available or ())

    def findings(self) -> Iterator[Finding]:
        """What is rare in the first corpus, unused in all of them, or not in the first."""
        first = self.done[0]
        rare = sorted(
            (name for name, n in first.items() if n < MIN_DIALOGUES), key=lambda n: first[n]
        )
        if rare:
            message = f"{len(rare)} actions are done in fewer than {MIN_DIALOGUES} dialogues"
            named = [f"{name} ({first[name]})" for name in rare]
            yield Finding("warning", "rare-action", message, len(rare), _some(named))
        used = {name for counts in self.done.values() for name in counts}
        if unused := sorted(self.offered - used):
            message = f"{len(unused)} actions are offered and never done"
            yield Finding("note", "unused-action", message, len(unused), _some(unused))
        if new := sorted(used - first.keys()):
            message = f"{len(new)} actions of a later corpus are not in the first one"
            yield Finding("warning", "unseen-action", message, len(new), _some(new))


def _some(names: Iterable[str]) -> list[str]:
    return list(names)[:_MAX_NAMES]
