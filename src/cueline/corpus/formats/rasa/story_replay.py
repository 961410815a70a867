"""A way through Rasa's stories played: its turns, each with what is known before the bot acts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cueline.corpus.formats.rasa.applied import learn
from cueline.corpus.formats.rasa.domain import Domain
from cueline.corpus.formats.rasa.story import (
    ANYTHING,
    LISTEN,
    Acted,
    Happening,
    Loop,
    SlotsSet,
    SlotValue,
    UserUttered,
)
from cueline.dialogue import Feature, Span, Turn

GIVEN = "given"
"""The feature that names the slots set in this turn before the bot acts."""
LOOP = "active_loop"
"""The feature that names the form that is on."""
Features = dict[str, Feature]
Heard = Callable[[UserUttered], tuple[str, Features, tuple[Span, ...]]]
"""What was said as the words, the features and the spans of a turn."""
Done = tuple[str | None, Features]
"""An action, None for waiting, and what is known before it."""


class Play:
    """Turns as they come about, the slots, and the form that is on."""

    def __init__(self, domain: Domain, heard: Heard) -> None:
        self.domain = domain
        self.heard = heard
        self.turns: list[Turn] = []
        self.steps: list[list[list[Any]] | None] = []
        self.said: list[UserUttered | None] = []
        """What was said at each turn."""
        self.slots: dict[str, SlotValue] = domain.start()
        self.turns_a_form_on_or_off = False
        self._given: list[str] = []
        self._loop: str | None = None
        self._hears: UserUttered | None = None
        self._heard: Features = {}
        self._done: list[Done] = []
        self._texts: list[str] = []

    def play(self, story_events: Sequence[Happening]) -> None:
        """Go through what happened. Where the bot does not wait at last, the next is not known."""
        for happening in story_events:
            match happening:
                case UserUttered():
                    self._end_turn()
                    self._hears, self._given = happening, []
                case Acted(action) if action == ANYTHING:
                    if self._done or self._hears is not None:  # what comes now is unknown
                        self._end_turn()
                        return
                    self._given = []
                case Acted(action) if action == LISTEN:
                    if self._hears is not None or self._done:
                        self._done.append((None, self._known()))
                        self._end_turn()
                case Acted(action, text):
                    self._done.append((action, self._known()))
                    self._texts += [] if text is None else [text]
                case SlotsSet(values):
                    self._fill({k: self.domain.value(k, value) for k, value in values.items()})
                case Loop(name):
                    self._loop = name
                    self.turns_a_form_on_or_off = True
                case _:
                    learn(self.slots, happening, self.domain)
        self._end_turn()

    def _fill(self, values: Mapping[str, SlotValue]) -> None:
        self.slots |= values
        if not self._done:
            self._given += values

    def state(self) -> Features:
        """What is known by now, but for what was heard in this turn."""
        known = self.domain.features(self.slots)
        return known if self._loop is None else known | {LOOP: self._loop}

    def _known(self) -> Features:
        known = self.state()
        if given := tuple(dict.fromkeys(slot for slot in self._given if slot in known)):
            known[GIVEN] = given
        return known

    def _end_turn(self) -> None:
        """The user speaks next, or nobody: what was done since the last time is a turn.

        A user who is answered by nothing has a turn too: in a form, the form goes on by itself.
        """
        if self._done:
            words, spans = None, tuple[Span, ...]()
            if self._hears is not None:
                words, self._heard, spans = self.heard(self._hears)
            done = [(action, known | self._heard) for action, known in self._done]
            names = [action for action, _ in done if action is not None]
            system = "\n".join(self._texts) or None
            actions = tuple(dict.fromkeys(names))
            turn = Turn(words, done[0][1], actions=actions, system=system, spans=spans)
            self.turns.append(turn)
            self.steps.append(_steps(done))
            self.said.append(self._hears)
        self._hears, self._done, self._given, self._texts = None, [], [], []


def _steps(done: Sequence[Done]) -> list[list[Any]] | None:
    """The steps of a turn with what is known before each; None if its actions say it all."""
    names = [action for action, _ in done]
    waits = names[-1] is None
    if waits and len(set(names)) == len(names) and all(known == done[0][1] for _, known in done):
        return None
    return [[action, known] for action, known in done]
