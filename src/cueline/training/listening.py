"""What is heard in the dialogues learned from, as it will be heard in others.

A tagger makes next to no mistakes in what it learned from. Decisions and arguments that learned
from that would trust it too far. So each half of the dialogues is heard by a tagger of the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cueline.dialogue import Dialogue
from cueline.policy.listener import Listener
from cueline.settings import Settings
from cueline.training.tagging import train_tagger


class Listeners:
    """The listener to come, and one for each half of the dialogues that it learned from."""

    def __init__(self, final: Listener, halves: tuple[Listener, Listener]) -> None:
        self.final, self.halves = final, halves

    @classmethod
    def of(
        cls, given: Iterable[Dialogue], held_out: Iterable[Dialogue], settings: Settings
    ) -> Listeners:
        """Trained on `given`, which is iterated over several times."""
        tagger = train_tagger(given, held_out, settings)
        if tagger is None:
            return cls.same(Listener(None))
        halves = [
            Listener(train_tagger(_half(given, 1 - half), _half(given, half), settings) or tagger)
            for half in (0, 1)
        ]
        return cls(Listener(tagger), (halves[0], halves[1]))

    @classmethod
    def same(cls, listener: Listener) -> Listeners:
        """One listener for all."""
        return cls(listener, (listener, listener))

    def learned(self, number: int) -> Listener:
        """What hears the dialogue learned from that has this number."""
        return self.halves[number % 2]


def _half(dialogues: Iterable[Dialogue], half: int) -> Iterator[Dialogue]:
    return (one for number, one in enumerate(dialogues) if number % 2 == half)
