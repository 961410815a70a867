"""Preconditions that the corpus to train on keeps: good to know, and to hand to training."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from cueline.corpus.checks.finding import MAX_EXAMPLES, Finding
from cueline.dialogue import Dialogue
from cueline.io import replacing
from cueline.rules.mining import Mined, mine
from cueline.rules.occurrences import Occurrences


class MinedPreconditions:
    """What was done and known in the first corpus."""

    def __init__(self) -> None:
        self.seen = Occurrences()
        self.mined: list[Mined] = []

    def see(self, corpus: int, dialogue: Dialogue) -> None:
        """Take in a dialogue of the first corpus."""
        if corpus == 0:
            self.seen.add(dialogue)

    def findings(self) -> Iterator[Finding]:
        """How many preconditions are kept, and how many all but kept."""
        self.mined = mine(self.seen)
        kept = [one for one in self.mined if not one.exceptions]
        if kept:
            message = f"{len(kept)} preconditions are kept throughout, and not by chance"
            yield Finding("note", "precondition", message, len(kept), _some(kept))
        if nearly := [one for one in self.mined if one.exceptions]:
            message = f"{len(nearly)} preconditions are kept but for a few dialogues"
            yield Finding("note", "near-precondition", message, len(nearly), _some(nearly))


def write_rules(path: Path, mined: Sequence[Mined]) -> None:
    """Write a rules file of them; those that have exceptions are commented out.

    So it can be trained with as it stands, or first be changed by a person.
    """
    with replacing(path) as file:
        file.write(_HEAD.encode())
        action = ""
        for one in mined:
            if one.precondition.action != action:
                action = one.precondition.action
                file.write(b"\n")
            mark = "# " if one.exceptions else ""
            file.write(f"{mark}{rule_line(one)}\n".encode())


_HEAD = """\
# Preconditions that a corpus keeps; strike out what is no rule, and hand the rest to training:
# cueline train CORPUS --out POLICY --rules THIS_FILE
# Beside each: in how many of the dialogues that could break it it is kept, and in how many it would
# be by chance. Those with exceptions are commented out.
"""


def rule_line(one: Mined) -> str:
    """A precondition and its support, as it stands in a rules file."""
    kept = one.dialogues - one.exceptions
    return (
        f"{one.precondition.text}  # {kept} of {one.dialogues} dialogues, "
        f"by chance {one.by_chance:.0%}"
    )


def _some(mined: Sequence[Mined]) -> list[str]:
    """The best supported of them."""
    best = sorted(mined, key=lambda one: one.log_chance)
    return [rule_line(one) for one in best[:MAX_EXAMPLES]]
