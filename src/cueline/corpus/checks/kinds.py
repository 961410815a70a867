"""Kinds of dialogues in the corpus to train on: a new one may be another matter."""

from __future__ import annotations

from collections.abc import Iterator

from cueline.corpus.checks.finding import MAX_EXAMPLES, Finding
from cueline.corpus.transforms.kinds import MAX_DIALOGUES, find_kinds
from cueline.dialogue import Dialogue


class KindsOfDialogues:
    """The first dialogues of the first corpus, and what splits them into kinds."""

    def __init__(self) -> None:
        self.dialogues: list[Dialogue] = []

    def see(self, corpus: int, dialogue: Dialogue) -> None:
        """Keep it."""
        if corpus == 0 and len(self.dialogues) < MAX_DIALOGUES:
            self.dialogues.append(dialogue)

    def findings(self) -> Iterator[Finding]:
        """A note on the kinds, if there are any."""
        kinds = find_kinds(self.dialogues)
        if kinds is None:
            return
        names = kinds.all
        yield Finding(
            "note",
            "kinds",
            f"`{kinds.by}` splits the dialogues into {len(names)} kinds, with {kinds.own:.0%} of "
            "values, words and actions found in no other; figures on dialogues of known kinds say "
            "little of a new one. `cueline train` leaves kinds out to see; to stop by whole kinds, "
            "set `group` under [training], or split the corpus by them",
            len(names),
            names[:MAX_EXAMPLES],
        )
