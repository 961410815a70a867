"""Whether turns are messages: what the agent says is read as heard, and only then it acts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cueline.corpus.checks.finding import Finding
from cueline.corpus.formats.tables.speakers import column_of_speakers
from cueline.dialogue import Dialogue, Feature

MAX_TURNS = 1000
"""Turns from the beginning by which features are recognised as speakers."""


class MessageRows:
    """The features of the first turns, and whether anything was done at them."""

    def __init__(self) -> None:
        self.turns: list[tuple[Mapping[str, Feature], bool]] = []

    def see(self, corpus: int, dialogue: Dialogue) -> None:
        """Look at the features of the turns."""
        if len(self.turns) < MAX_TURNS:
            self.turns += [(turn.features, bool(turn.actions)) for turn in dialogue.turns]

    def findings(self) -> Iterator[Finding]:
        """An error where a feature names the customer at idle turns and the agent at the others."""
        names = {name: None for features, _ in self.turns for name in features}
        speaker = column_of_speakers(names, self.turns, sure=True)
        if speaker is not None:
            message = (
                f"the feature `{speaker}` says who speaks, and only the agent acts: turns are "
                f"messages; convert the table again with --column role={speaker} text=COLUMN"
            )
            yield Finding("error", "message-rows", message, len(self.turns), [])
