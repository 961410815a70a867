"""Stories cut where ways meet and part: at checkpoints, and at `or`.

As Rasa cuts them, so that the same stories lead to the same ways.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from cueline.corpus.account import Account
from cueline.corpus.formats.rasa.story import (
    ANYTHING,
    LISTEN,
    Acted,
    Alternatives,
    Checkpoint,
    Happening,
    SlotValue,
    Story,
    UserUttered,
)

START = "start of a conversation"
"""Where every conversation begins, as if it were a checkpoint."""


MADE = "\0"
"""What the name of a checkpoint begins with that stands in no file."""


@dataclass(frozen=True, slots=True)
class StoryEntry:
    """A checkpoint that a part begins at, with what the slots must be."""

    name: str
    slots: Mapping[str, SlotValue] = field(default_factory=dict)


@dataclass(slots=True)
class Part:
    """A stretch of a story between checkpoints."""

    story: Story
    entries: list[StoryEntry]
    happenings: list[Happening] = field(default_factory=list)
    exits: list[str] = field(default_factory=list)
    number: int = 0
    """Which of all parts it is."""
    alike: int = 0
    """The first part in which the same happens, where several differ by their exits alone."""

    def story_events(self) -> list[Happening]:
        """What happens, with every waiting for the user."""
        story_events: list[Happening] = []
        for happening in self.happenings:
            if isinstance(happening, UserUttered):
                _listen(story_events)
            story_events.append(happening)
        if not self.exits:
            _listen(story_events)
        return story_events


def _listen(story_events: list[Happening]) -> None:
    if not story_events or story_events[-1] != Acted(LISTEN):
        story_events.append(Acted(LISTEN))


def parts(story: Story, account: Account) -> list[Part]:
    """The parts of `story` in order. One without a step between checkpoints has none."""
    cut = _Parts(story)
    for step in _steps(story):
        match step:
            case Checkpoint(name, slots):
                if cut.add_checkpoint(name, slots):
                    what = "slots of checkpoints that no story begins with: Rasa asks none there"
                    account.leave_out(what, story.named_place)
            case Alternatives(ways):
                cut.add_ways(ways)
            case _:
                cut.add_ways((step,))
    found = cut.done + cut.open
    if not found:
        what = "stories in which nothing happens, also where checkpoints stand in them"
        account.leave_out(what, story.named_place)
    return found


def _steps(story: Story) -> Iterator[Happening | Checkpoint | Alternatives]:
    if not story.rule:
        yield from story.steps
        return
    yield from story.condition
    if not story.at_start:
        yield Acted(ANYTHING)
    yield from story.steps
    if not story.waits:
        yield Acted(ANYTHING)


class _Parts:
    """The parts of a story so far: those done, and those that go on."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.done: list[Part] = []
        self.open: list[Part] = []
        self.entries: list[StoryEntry] = []

    def add_checkpoint(self, name: str, slots: Mapping[str, SlotValue]) -> bool:
        """End here, or begin here if nothing happened yet. Whether `slots` do not count."""
        if not self.open:
            self.entries.append(StoryEntry(name, slots))
            return False
        ended = [part for part in self.open if part.exits]
        for part in self.open:
            part.exits = part.exits or [name]
        self.open += [replace(part, exits=[name]) for part in ended]
        return bool(slots)

    def add_ways(self, ways: tuple[Happening, ...]) -> None:
        """Go on with one of `ways`; of several each ends where all meet again."""
        self._begin()
        if len(ways) == 1:
            for part in self.open:
                part.happenings.append(ways[0])
            return
        meeting = self._meeting(ways)
        self.open = [
            replace(part, happenings=[*part.happenings, way], exits=[meeting])
            for part in self.open
            for way in ways
        ]

    def _begin(self) -> None:
        """Have parts that go on: those that have not ended, else one after those that have."""
        self.done += [part for part in self.open if part.exits]
        going = [part for part in self.open if not part.exits]
        if not going:
            exits = dict.fromkeys(name for part in self.open for name in part.exits)
            entries = [StoryEntry(name) for name in exits] if self.open else self.entries
            going = [Part(self.story, entries or [StoryEntry(START)])]
        self.open = going

    def _meeting(self, ways: tuple[Happening, ...]) -> str:
        """A name for where `ways` meet: the same in stories that are the same so far."""
        before = [repr(one) for part in self.open for one in part.happenings]
        entries = sorted({entry.name for part in self.open for entry in part.entries})
        return MADE + repr((self.story.name, before, entries, sorted(map(repr, ways))))
