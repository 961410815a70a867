"""What the user named, carried from turn to turn: memory for arguments, features for decisions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from cueline.dialogue import Dialogue, Span, Turn
from cueline.policy.arguments.candidates import Heard
from cueline.policy.arguments.memory import Memory
from cueline.policy.tagging import Tagger
from cueline.policy.tagging.word_features import Surroundings

HEARD, SLOTS = "(heard)", "(slots)"
"""Features that are added where there is a tagger: the labels named at this turn, and at all so
far."""


def surroundings(memory: Memory, previous: Sequence[str]) -> Surroundings:
    """What was going on when the next turn is heard, after the actions `previous`."""
    return Surroundings(previous, memory.last_system, memory.slots)


class Listener:
    """A tagger, where there is one, and what follows from what it hears."""

    def __init__(self, tagger: Tagger | None) -> None:
        self.tagger = tagger

    def hear(self, turn: Turn, memory: Memory, previous: Sequence[str]) -> Heard:
        """What is known at `turn`, after the actions `previous`, words and all."""
        spans: tuple[Span, ...] = ()
        if self.tagger is not None and turn.user:
            spans = self.tagger.spans(turn.user, surroundings(memory, previous))
        return Heard(turn, spans, memory.after_hearing(turn, spans))

    def hear_all(self, dialogue: Dialogue) -> Iterator[Heard]:
        """What is known at each turn of `dialogue`, after what the system did in it."""
        memory = Memory()
        previous: tuple[str, ...] = ()
        for turn in dialogue.turns:
            heard = self.hear(turn, memory, previous)
            yield heard
            memory = heard.memory.after_acting(turn.arguments, turn.system)
            previous = turn.actions or ()

    def with_slots(self, turn: Turn, heard: Heard) -> Turn:
        """`turn` with what the user named at it, and up to it, among its features."""
        if self.tagger is None:
            return turn
        return turn.with_features(
            {
                **turn.features,
                HEARD: tuple(sorted({span.label for span in heard.spans})),
                SLOTS: tuple(sorted(heard.memory.slots)),
            }
        )

    def listened(self, dialogue: Dialogue) -> Dialogue:
        """`dialogue` with what the user named among the features of its turns."""
        if self.tagger is None:
            return dialogue
        turns = (self.with_slots(heard.turn, heard) for heard in self.hear_all(dialogue))
        return replace(dialogue, turns=tuple(turns))
