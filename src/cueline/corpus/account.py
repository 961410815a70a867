"""The account of a reading: what came of everything that the files hold.

A reader tells it what it makes, what it passes over and what it cannot read; whoever called the
reader shows it. Nothing is dropped without a line here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cueline.corpus.options import ReadingOptions
from cueline.dialogue import Dialogue
from cueline.errors import CorpusError, Place

NEVER_ACTS = "dialogues in which the system never acts"
SHOWN = 3
"""How many places of one kind are kept; all of them are counted."""


@dataclass(slots=True)
class ReadingTally:
    """How often something was met, and where first."""

    count: int = 0
    places: list[str] = field(default_factory=list)

    def add(self, place: Place | str | None, count: int = 1) -> None:
        """Count one more, or `count`, at `place`."""
        self.count += count
        if place is not None and len(self.places) < SHOWN:
            self.places.append(str(place).rstrip(":"))

    def merge(self, later: ReadingTally) -> None:
        """Count what was met later, elsewhere."""
        self.count += later.count
        self.places += later.places[: SHOWN - len(self.places)]


@dataclass(slots=True)
class Account:
    """What was read, made, left out and passed over.

    With `options.skip_bad` a record that cannot be read is counted in `bad`, and the reading goes
    on; without it the first one ends the reading.
    """

    options: ReadingOptions = ReadingOptions()
    """How the files are read, for those formats that ask."""
    records: int = 0
    """Items of the files: lines, elements of arrays, stories, rows."""
    tables: int = 0
    """Tables that were read, each sheet of a spreadsheet one."""
    dialogues: int = 0
    turns: int = 0
    without_actions: int = 0
    """Turns in which the system rightly does nothing."""
    without_words: int = 0
    """Turns whose user text is empty, which is not the same as a silent user."""
    left_out: dict[str, ReadingTally] = field(default_factory=dict)
    """Why dialogues, turns or messages were left out, with how many there were for each reason."""
    assumed: dict[str, ReadingTally] = field(default_factory=dict)
    """What was read as something that it does not say."""
    ignored: dict[str, ReadingTally] = field(default_factory=dict)
    """Kinds of parts and keys that the format knows and does not read."""
    passed_over: dict[str, str] = field(default_factory=dict)
    """Files of a folder that were not read, and why."""
    bad: ReadingTally = field(default_factory=ReadingTally)
    """Records that could not be read; the places are whole messages."""

    def record(self) -> None:
        """One more record was met."""
        self.records += 1

    def ignore(self, kind: str, place: Place | None = None) -> None:
        """A part of a known `kind` is not read, such as `image` or `reasoning`."""
        self.ignored.setdefault(kind, ReadingTally()).add(place)

    def leave_out(self, reason: str, place: Place | None = None, count: int = 1) -> None:
        """A dialogue, turn or message is left out; `reason` says which of them, and why."""
        self.left_out.setdefault(reason, ReadingTally()).add(place, count)

    def assume(self, what: str, place: Place | None = None) -> None:
        """Something is read as what it does not say; `what` says what, and as what."""
        self.assumed.setdefault(what, ReadingTally()).add(place)

    def pass_over(self, path: Path, reason: str) -> None:
        """A file of a folder is not read."""
        self.passed_over[str(path)] = reason

    def made(self, dialogue: Dialogue) -> None:
        """A dialogue was made."""
        self.dialogues += 1
        self.turns += len(dialogue.turns)
        self.without_actions += sum(not turn.actions for turn in dialogue.turns)
        self.without_words += sum(turn.user == "" for turn in dialogue.turns)

    def add(self, part: Account) -> None:
        """What was read elsewhere, by an account of its own, was read too."""
        self.records += part.records
        self.tables += part.tables
        for ours, theirs in (
            (self.left_out, part.left_out),
            (self.assumed, part.assumed),
            (self.ignored, part.ignored),
        ):
            for what, tally in theirs.items():
                ours.setdefault(what, ReadingTally()).merge(tally)
        self.bad.merge(part.bad)
        self.passed_over |= part.passed_over

    @contextmanager
    def guard(self) -> Iterator[None]:
        """A block that reads one record: what cannot be read is raised, or counted and skipped."""
        try:
            yield
        except CorpusError as error:
            self.skip(error)

    def skip(self, error: CorpusError) -> None:
        """A record could not be read: raise `error`, or count it and go on."""
        if not self.options.skip_bad:
            raise error
        self.bad.add(str(error))

    def lines(self) -> Iterator[str]:
        """The account in words, a line for each thing that matters; the sums come first."""
        yield f"{self.records} records read: {self.dialogues} dialogues, {self.turns} turns"
        if self.without_actions:
            yield f"without an action: {self.without_actions} turns"
        if self.without_words:
            yield f"with an empty text of the user: {self.without_words} turns"
        if self.bad.count:
            yield from _in_words(f"{self.bad.count} records could not be read", self.bad)
        for reason, tally in self.left_out.items():
            yield from _in_words(f"left out, {tally.count} times: {reason}", tally)
        for what, tally in self.assumed.items():
            yield from _in_words(f"assumed, {tally.count} times: {what}", tally)
        if self.ignored:
            kinds = ", ".join(f"{kind} ({t.count})" for kind, t in sorted(self.ignored.items()))
            yield f"not read: {kinds}"
        for path, reason in self.passed_over.items():
            yield f"passed over: {path}: {reason}"


def _in_words(line: str, tally: ReadingTally) -> Iterator[str]:
    yield line
    yield from (f"  {place}" for place in tally.places)
    if tally.count > len(tally.places) > 0:
        yield "  ..."
