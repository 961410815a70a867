"""Every way through the stories of a bot: `or` decided, checkpoints followed where slots allow.

The ways are Rasa's own: rounds through all parts in order, as its `TrainingDataGenerator` goes
without augmentation. It goes on until a round reaches no checkpoint that it did not reach before.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import blake2b

from cueline.corpus.account import Account
from cueline.corpus.formats.rasa.applied import applied, learn, slots_after
from cueline.corpus.formats.rasa.domain import Domain
from cueline.corpus.formats.rasa.part import MADE, START, Part, parts
from cueline.corpus.formats.rasa.slot import same
from cueline.corpus.formats.rasa.story import (
    Event,
    Happening,
    SlotsSet,
    SlotValue,
    Story,
    UserUttered,
)
from cueline.corpus.formats.rasa.story_graph import story_graph

MOST_WAYS = 100
"""Ways that one beginning may lead to, unless more are needed to go every way of each `or`."""


_LOOKED_AT = 16
"""Ways among which the next one is chosen where not all are kept."""


@dataclass(frozen=True)
class StoryPath:
    """One way: the parts gone through, what happened, and what the slots are by now."""

    parts: tuple[Part, ...]
    story_events: tuple[Happening, ...]
    slots: dict[str, SlotValue]
    stands_for: float = 1.0
    """How many ways it stands for, since some were cut."""

    @property
    def story(self) -> Story:
        """The story that it begins with."""
        return self.parts[0].story

    @cached_property
    def key(self) -> tuple[int, ...]:
        """What tells it from other ways."""
        return (*(part.alike for part in self.parts), len(self.story_events))


def ways(stories: Iterable[Story], domain: Domain, account: Account) -> Iterator[StoryPath]:
    """The ways through the stories and then through the rules, in the order of their beginnings."""
    all_stories = list(stories)
    for rules in (False, True):
        chosen = [story for story in all_stories if story.rule == rules]
        cut = [part for story in chosen for part in parts(story, account)]
        firsts: dict[int, int] = {}
        for number, part in enumerate(cut):
            part.number = number
            part.alike = firsts.setdefault(id(part.happenings), number)
        yield from _Rounds(cut, domain, account).ways()


class _Rounds:
    """Goes through the parts of all stories, round after round."""

    def __init__(self, cut: Sequence[Part], domain: Domain, account: Account) -> None:
        self.cut = cut
        self.domain = domain
        self.account = account
        graph = story_graph(cut)
        self.parts, self.again = graph.parts, graph.again
        self.ended: list[StoryPath] = []
        self.used: set[str] = set()

    def ways(self) -> Iterator[StoryPath]:
        """All ways, those that begin first go first."""
        begin = StoryPath((), (), self.domain.start())
        arrived: dict[str, list[StoryPath]] = {START: [begin]}
        before: set[str] = set()
        while True:
            arrived, unused = self._round(arrived)
            unused |= {name for name in arrived if name not in self.used}
            arrived = {name: arrived.get(name, []) for name in unused if name != START}
            if unused == before or not any(arrived.values()):
                break
            before = unused
        for name in sorted(unused - self.used - {START}):
            self.ended += arrived.get(name, ())
        yield from self._chosen()

    def _round(
        self, arrived: dict[str, list[StoryPath]]
    ) -> tuple[dict[str, list[StoryPath]], set[str]]:
        """All parts once. The ways by the checkpoint where they are, and those not gone on from."""
        here = defaultdict(list, arrived)
        unused: set[str] = set()
        for part in self.parts:
            coming: list[StoryPath] = []
            for entry in part.entries:
                if here[entry.name]:
                    coming += [way for way in here[entry.name] if _fits(way, entry.slots)]
                    self.used.add(entry.name)
                elif entry.name not in self.used:
                    unused.add(entry.name)
            if not coming:
                continue
            gone = _sampled([self._through(way, part) for way in coming])
            for exit in part.exits:
                name = self.again.get(exit, exit)
                here[name] += gone
                if name in self.used:
                    unused.add(name)
            if not part.exits:
                self.ended += gone
        return here, unused

    def _through(self, way: StoryPath, part: Part) -> StoryPath:
        """`way` and then `part`. A way ends as well before each event that changes the past."""
        slots, story_events = dict(way.slots), list(way.story_events)
        gone = (*way.parts, part)
        for happening in part.story_events():
            if isinstance(happening, Event) and happening is not Event.RESET_SLOTS:
                self.ended.append(StoryPath(gone, tuple(story_events), slots, way.stands_for))
                story_events.append(happening)
                slots = slots_after(applied(story_events), self.domain)
                continue
            happenings: list[Happening] = [happening]
            if isinstance(happening, UserUttered) and (
                filled := self.domain.filled(happening.entities)
            ):
                happenings.append(SlotsSet(filled))
            for one in happenings:
                story_events.append(one)
                learn(slots, one, self.domain)
        return StoryPath(gone, tuple(story_events), slots, way.stands_for)

    def _chosen(self) -> Iterator[StoryPath]:
        """The ways that ended, each once, not too many of one beginning. The rest is counted."""
        distinct = {way.key: way for way in self.ended}
        beginnings: dict[int, list[StoryPath]] = defaultdict(list)
        for way in distinct.values():
            beginnings[id(way.story)].append(way)
        gone = {part.alike for way in distinct.values() for part in way.parts}
        for part in self.cut:
            if part.alike not in gone:
                self.account.leave_out(_unreached(part), part.story.named_place)
            yield from self._limited(beginnings.pop(id(part.story), []))

    def _limited(self, found: list[StoryPath]) -> list[StoryPath]:
        kept = _sampled(found)
        total = round(sum(way.stands_for for way in found))
        if total > len(kept):
            what = f"ways through stories with more than {MOST_WAYS}; an even choice is kept"
            self.account.leave_out(what, kept[0].story.named_place, total - len(kept))
        return kept


def _fits(way: StoryPath, slots: Mapping[str, SlotValue]) -> bool:
    return all(same(way.slots.get(name), value) for name, value in slots.items())


def _unreached(part: Part) -> str:
    begins, ends = ([n for n in names if not n.startswith(MADE)] for names in _ends(part))
    if part.entries[0].name != START and begins:
        return f"parts of stories: no way comes through checkpoint {_quoted(begins)}"
    if ends:
        return f"parts of stories: no way leads on from checkpoint {_quoted(ends)}"
    return "stories that end with an `or`, which Rasa leaves out"


def _ends(part: Part) -> tuple[list[str], list[str]]:
    return [entry.name for entry in part.entries], part.exits


def _quoted(names: Iterable[str]) -> str:
    return " or ".join(f"`{name}`" for name in names)


def _sampled(found: list[StoryPath]) -> list[StoryPath]:
    """At most `MOST_WAYS` of each beginning, every part about equally often and at least once.

    A way that arrives by two checkpoints at once goes on as one.
    """
    distinct = {way.key: way for way in found}
    beginnings: dict[int, list[StoryPath]] = defaultdict(list)
    for way in distinct.values():
        beginnings[id(way.story)].append(way)
    kept = {way.key: way for group in beginnings.values() for way in _even(group)}
    return [kept[key] for key in distinct if key in kept]


def _even(group: list[StoryPath]) -> list[StoryPath]:
    """The part that was gone through least goes next, by the way through it that is least alike."""
    if len(group) <= MOST_WAYS:
        return group
    left: dict[int, list[StoryPath]] = defaultdict(list)
    for way in sorted(group, key=_draw):
        for part in way.parts:
            left[part.number].append(way)
    uses = dict.fromkeys(left, 0)
    kept: dict[tuple[int, ...], StoryPath] = {}
    while len(kept) < MOST_WAYS or 0 in uses.values():
        rarest = min(left, key=lambda number: uses[number])
        left[rarest] = [way for way in left[rarest] if way.key not in kept]
        if not left[rarest]:
            del left[rarest]
            continue
        way = min(left[rarest][:_LOOKED_AT], key=lambda one: sum(uses[p.number] for p in one.parts))
        kept[way.key] = way
        for part in way.parts:
            uses[part.number] += 1
    share = sum(way.stands_for for way in group) / sum(way.stands_for for way in kept.values())
    return [replace(way, stands_for=way.stands_for * share) for way in kept.values()]


def _draw(way: StoryPath) -> bytes:
    return blake2b(repr(way.key).encode(), digest_size=8).digest()
