"""What contradicts itself: a mask that forbids its target, an id used twice, a turn of nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from cueline.corpus.checks.finding import MAX_EXAMPLES, Finding, Level, names_of, turn_name
from cueline.dialogue import Dialogue, is_vector


class Consistency:
    """The errors that one dialogue, or one id, shows by itself."""

    def __init__(self) -> None:
        self.seen: set[tuple[int, str]] = set()
        self.counts: dict[str, int] = defaultdict(int)
        self.examples: dict[str, list[str]] = defaultdict(list)
        self.lengths: dict[str, int] = {}

    def see(self, corpus: int, dialogue: Dialogue) -> None:
        """Look at ids, masks and empty turns."""
        if (corpus, dialogue.id) in self.seen:
            self._add("duplicate-id", dialogue.id)
        self.seen.add((corpus, dialogue.id))
        for number, turn in enumerate(dialogue.turns):
            actions = turn.actions or ()
            if turn.available is not None:
                forbidden = tuple(a for a in actions if a not in turn.available)
                if forbidden:
                    self._add("forbidden", f"{turn_name(dialogue, number)}: {names_of(forbidden)}")
            if turn.user is not None and not turn.user.strip():
                self._add("blank-user", turn_name(dialogue, number))
            if turn.user is None and not actions and not turn.features and number == 0:
                self._add("empty-turn", turn_name(dialogue, number))
            for name, value in turn.features.items():
                if is_vector(value) and self.lengths.setdefault(name, len(value)) != len(value):
                    where = turn_name(dialogue, number)
                    self._add("vector-length", f"{where}: {name} has {len(value)} numbers")
        if not any(turn.actions for turn in dialogue.turns):
            self._add("idle", dialogue.id)

    def _add(self, kind: str, example: str) -> None:
        self.counts[kind] += 1
        if len(self.examples[kind]) < MAX_EXAMPLES:
            self.examples[kind].append(example)

    def findings(self) -> Iterator[Finding]:
        """What was found, by kind."""
        for kind, (level, message) in _MESSAGES.items():
            if count := self.counts[kind]:
                yield Finding(level, kind, message.format(count), count, self.examples[kind])


_MESSAGES: dict[str, tuple[Level, str]] = {
    "forbidden": ("error", "`available` leaves out what the system did, at {} turns"),
    "duplicate-id": ("error", "an id is used again, {} times in the same corpus"),
    "vector-length": ("error", "at {} turns a vector is not as long as the first of its name"),
    "blank-user": ("warning", "the user says an empty text at {} turns; null says silence"),
    "empty-turn": ("warning", "{} dialogues begin with a turn of nothing at all"),
    "idle": ("warning", "in {} dialogues the system never does anything"),
}
