"""The ones that count of all that happened: after a restart, without what was undone.

So Rasa's trackers apply events: a form that runs again while it goes well replaces its last run.
"""

from __future__ import annotations

from collections.abc import Sequence

from cueline.corpus.formats.rasa.domain import Domain
from cueline.corpus.formats.rasa.story import (
    Acted,
    Event,
    Happening,
    Loop,
    SlotsSet,
    SlotValue,
    UserUttered,
)


def applied(story_events: Sequence[Happening]) -> list[Happening]:
    """The ones that count of `story_events`."""
    forms = {one.name for one in story_events if isinstance(one, Loop) and one.name}
    counts: list[Happening] = []
    for happening in story_events:
        match happening:
            case Event.RESTART:
                counts.clear()
            case Event.UNDO:
                _undo(counts, Acted)
            case Event.REWIND:
                _undo(counts, UserUttered)
                _undo(counts, Acted)
            case Acted(name) if name in forms and _runs_again(name, counts):
                _forget_last_run(name, counts)
            case _:
                counts.append(happening)
    return counts


def slots_after(counts: Sequence[Happening], domain: Domain) -> dict[str, SlotValue]:
    """What the slots are after what counts."""
    slots = domain.start()
    for happening in counts:
        learn(slots, happening, domain)
    return slots


def learn(slots: dict[str, SlotValue], happening: Happening, domain: Domain) -> None:
    """Change `slots` as `happening` does."""
    match happening:
        case SlotsSet(values):
            slots |= {name: domain.value(name, value) for name, value in values.items()}
        case Event.RESET_SLOTS:
            slots.clear()
            slots |= domain.start()


def _undo(counts: list[Happening], kind: type[Acted] | type[UserUttered]) -> None:
    while counts:
        if isinstance(counts.pop(), kind):
            return


def _runs_again(form: str, counts: Sequence[Happening]) -> bool:
    """Whether the form ran before, and neither ended nor was interrupted since."""
    later: str | None = None
    for happening in reversed(counts):
        match happening:
            case Loop(None):
                return False
            case UserUttered() if later not in (None, form):
                return False
            case Acted(name):
                if name == form:
                    return True
                later = name
    return False


def _forget_last_run(form: str, counts: list[Happening]) -> None:
    """What was said and done since the form last ran; its slots stay."""
    last = max(n for n, one in enumerate(counts) if isinstance(one, Acted) and one.action == form)
    counts[last + 1 :] = [
        one for one in counts[last + 1 :] if not isinstance(one, Acted | UserUttered)
    ]
