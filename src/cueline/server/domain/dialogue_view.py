"""A dialogue's events as a caller reads them, and as a corpus that `cueline train` takes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import msgspec

from cueline.dialogue import Dialogue, Turn
from cueline.server.domain.corrections import corrected_turn, corrections
from cueline.server.domain.policies import Policies
from cueline.server.domain.state_replay import pinned, turns
from cueline.server.errors import StoreError
from cueline.server.events import Event, Opened, Stepped, decode, first_changed, is_turn
from cueline.server.schemas import DialogueAnswer, TurnAnswer
from cueline.server.stores.base import Store, every


def dialogue_answer(
    dialogue: str, events: Sequence[Event], policies: Policies | None = None
) -> DialogueAnswer:
    """The dialogue, each turn with what is known of it by now."""
    stepped = turns(events)
    right = corrections(events)
    answers = [
        TurnAnswer(
            **msgspec.structs.asdict(event.said),
            turn=event.turn,
            decision=event.decision,
            policy=event.policy,
            took=_took(event, after),
            correction=right[event.turn].actions if event.turn in right else None,
            shadow=event.shadow,
        )
        for event, after in zip(stepped, [*stepped, None][1:], strict=True)
    ]
    user = next((event.user for event in events if isinstance(event, Opened)), None)
    policy = pinned(events)
    return DialogueAnswer(
        dialogue, policy if policies is None else policies.pinned(policy), user, answers
    )


def _took(event: Stepped, after: Stepped | None) -> tuple[str, ...] | None:
    """What was done at a turn, where that was not what was decided."""
    if event.done is None:
        return after.took if after else None
    same = set(event.done.actions) == set(event.decision.actions)
    return None if same else event.done.actions


def shown_by(stored: Sequence[bytes], first: int, most: int) -> list[Event]:
    """The events to show `most` turns by, from turn `first` on; the others are not decoded.

    They are those turns, the one after them, which says what was really done, the last one, and all
    that is no turn.
    """
    places = [place for place, event in enumerate(stored) if is_turn(event)]
    left_out = {*places[:first], *places[first + most + 1 :]} - {*places[-1:]}
    return [decode(event) for place, event in enumerate(stored) if place not in left_out]


def as_dialogue(dialogue: str, events: Sequence[Event], corrected: bool = True) -> Dialogue:
    """The dialogue as a corpus has it: what was done, or if `corrected` what would be right."""
    right, stepped, found = corrections(events), turns(events), []
    for event, after in zip(stepped, [*stepped, None][1:], strict=True):
        if corrected and event.turn in right:
            found.append(corrected_turn(event.said, right[event.turn]))
        else:
            found.append(_done_turn(event, after))
    opened = next((event for event in events if isinstance(event, Opened)), None)
    copy_of = None if opened is None else opened.copy_of
    source = {"source": "live"} if copy_of is None else {"source": "corpus", "copy_of": copy_of}
    return Dialogue(dialogue, tuple(found), {**source, "corrected": sorted(right)})


def _done_turn(event: Stepped, after: Stepped | None) -> Turn:
    """A turn with what was done at it."""
    made = event.done
    if made is None:
        actions = event.decision.actions if after is None or after.took is None else after.took
        return msgspec.structs.replace(event.said, actions=actions)
    return msgspec.structs.replace(
        event.said, actions=made.actions, arguments=made.arguments, system=made.system
    )


async def as_corpus(
    store: Store,
    user: str | None = None,
    corrected: bool = False,
    check: bool = False,
    since: float = 0.0,
) -> AsyncIterator[Dialogue]:
    """The dialogues of a store, or of one user, that have a turn; or a correction, if so wanted.

    Only those that began `since` then, in seconds since 1970. With `check`, it raises
    `StoreError` at an event that is not as it was stored.
    """
    async for dialogue, stored in every(store, user):
        place = first_changed(stored) if check else None
        if place is not None:
            raise StoreError(
                f"dialogue {dialogue!r}: event {place} is not as it was stored; its hash does not "
                "hold"
            )
        if since and decode(stored[0]).at < since:
            continue
        events = [decode(event) for event in stored]
        if corrections(events) if corrected else turns(events):
            yield as_dialogue(dialogue, events)
