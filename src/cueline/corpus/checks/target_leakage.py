"""Features that give the answer away: known, it seems, only after the system acted.

One that holds the name of what the system does is suspicious; so is one whose value alone decides
what it does, nearly always, where a mere guess would not.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from cueline.corpus.checks.finding import Finding
from cueline.dialogue import Dialogue, Feature, categories, is_vector

MIN_TURNS = 20
"""Turns in which a feature must be there to be looked at."""
NEARLY_ALWAYS = 0.98
_GUESS = 0.8
"""Share of the commonest answer above which nothing can be said."""
_MAX_VALUES = 1000


class TargetLeakage:
    """What was done beside each value of each feature."""

    def __init__(self) -> None:
        self.done: dict[str, dict[Feature, Counter[tuple[str, ...]]]] = defaultdict(dict)
        self.named: Counter[str] = Counter()
        self.there: Counter[str] = Counter()

    def see(self, corpus: int, dialogue: Dialogue) -> None:
        """Count what is done beside each value."""
        for turn in dialogue.turns:
            actions = tuple(sorted(turn.actions or ()))
            for name, value in turn.features.items():
                if is_vector(value):  # hardly ever the same twice
                    continue
                self.there[name] += 1
                if actions and set(categories(value)) >= set(actions):
                    self.named[name] += 1
                known = self.done[name]
                if value in known or len(known) < _MAX_VALUES:
                    known.setdefault(value, Counter())[actions] += 1

    def findings(self) -> Iterator[Finding]:
        """A finding for each such feature."""
        for name, there in self.there.items():
            if there < MIN_TURNS:
                continue
            if self.named[name] >= NEARLY_ALWAYS * there:
                message = f"the feature `{name}` names what the system does"
                yield Finding("error", "giveaway", message, self.named[name], [])
                continue
            right, guess, counted = self._shares(name)
            if guess < _GUESS and right >= NEARLY_ALWAYS and counted > 2 * len(self.done[name]):
                message = f"the feature `{name}` alone decides what the system does ({right:.1%})"
                yield Finding("warning", "giveaway", message, there, self._values(name))

    def _shares(self, name: str) -> tuple[float, float, int]:
        """How often its value decides, how often a guess would, and of how many turns."""
        counts = self.done[name].values()
        counted = sum(sum(count.values()) for count in counts)
        together: Counter[tuple[str, ...]] = Counter()
        for count in counts:
            together.update(count)
        right = sum(max(count.values()) for count in counts) / counted
        return right, max(together.values()) / counted, counted

    def _values(self, name: str) -> list[str]:
        return [
            f"{value} -> {' + '.join(count.most_common(1)[0][0])}"
            for value, count in list(self.done[name].items())[:3]
        ]
