"""A Rasa story played through: its turns, each with what is known before the bot acts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cueline.corpus.formats.rasa.domain import Domain
from cueline.corpus.formats.rasa.story import Acted, Loop, Said, SlotsSet, SlotValue, Story
from cueline.dialogue import Feature, Turn

LISTEN = "action_listen"
GIVEN = "given"
"""The feature that names the slots set in this turn before the bot acts."""
Heard = Callable[[Said], tuple[str, dict[str, Feature]]]
"""What was said as the words and the features of a turn."""


class Play:
    """Turns as they come about, the slots, and the form that is on."""

    def __init__(self, domain: Domain, heard: Heard) -> None:
        self.domain = domain
        self.heard = heard
        self.turns: list[Turn] = []
        self.steps: list[list[list[Any]] | None] = []
        self.slots: dict[str, SlotValue] = {}
        self.given: list[str] = []
        self.loop: str | None = None
        self.said: Said | None = None
        self.done: list[tuple[Acted, dict[str, Feature]]] = []

    def play(self, story: Story) -> None:
        """Go through the steps of `story`, without `or` and checkpoints."""
        for step in story.steps:
            match step:
                case Said():
                    self._end_turn()
                    self.said, self.given = step, []
                    self._fill(dict(self.domain.fills(step.entities)))
                case Acted() if step.action != LISTEN:
                    self.done.append((step, self._known()))
                case SlotsSet(values):
                    self._fill(values)
                case Loop(name):
                    self.loop = name
        self._end_turn()

    def _fill(self, values: Mapping[str, SlotValue]) -> None:
        self.slots |= values
        if not self.done:
            self.given += values

    def _known(self) -> dict[str, Feature]:
        known = self.domain.features(self.slots)
        if given := tuple(dict.fromkeys(slot for slot in self.given if slot in known)):
            known[GIVEN] = given
        return known if self.loop is None else known | {"active_loop": self.loop}

    def _end_turn(self) -> None:
        """The user speaks next, or nobody: what was done since the last time is a turn.

        A user who is answered by nothing has a turn too: in a form, the form goes on by itself.
        """
        if self.said is None and not self.done:
            return
        words, features = (None, {}) if self.said is None else self.heard(self.said)
        names = [act.action for act, _ in self.done]
        known = [known | features for _, known in self.done] + [self._known() | features]
        texts = [act.text for act, _ in self.done if act.text is not None]
        turn = Turn(
            words,
            known[0],
            actions=tuple(dict.fromkeys(names)),
            system="\n".join(texts) or None,
        )
        self.turns.append(turn)
        self.steps.append(_steps([*names, None], known))
        self.said, self.done, self.given = None, [], []


def _steps(names: list[str | None], known: list[dict[str, Feature]]) -> list[list[Any]] | None:
    """The steps of a turn with what is known before each; None if its actions say it all."""
    if len(set(names)) == len(names) and all(features == known[0] for features in known):
        return None
    return [[name, features] for name, features in zip(names, known, strict=True)]
