"""A correction of the corpus is kept as one of a live dialogue that goes as the corpus does.

So what was taught is in one place, the store, wherever the error was seen. The corpus itself is a
file of somebody's and is not written to.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from hashlib import sha256
from itertools import count

import msgspec

from cueline.dialogue import Dialogue, Turn
from cueline.server.domain.sessions import Sessions
from cueline.server.events import Opened, decode
from cueline.server.schemas import StepRequest
from cueline.server.stores.base import every

USER = "#corpus"
"""Whose dialogues they are; no caller's user can be named so."""


async def copies(sessions: Sessions) -> AsyncIterator[tuple[str, list[bytes]]]:
    """The copies there are: the id that each is shown under, and its events."""
    async for _, stored in every(sessions.store, USER):
        opened = decode(stored[0])
        if isinstance(opened, Opened) and opened.copy_of is not None:
            yield opened.copy_of, stored


async def copied(sessions: Sessions, shown: str, dialogue: Dialogue, turn: int) -> str:
    """The copy of a dialogue that is `shown` under that id; it goes as far as `turn` now."""
    content = sha256(msgspec.json.encode(dialogue.turns)).hexdigest()
    copy = await sessions.open(USER, f"\0corpus\n{shown}\n{content}", copy_of=shown)
    so_far = dialogue.turns[: turn + 1]
    before = [None, *(one.actions for one in so_far)]
    await sessions.fill(copy, list(map(_request, so_far, count(), before)))
    return copy


def _request(turn: Turn, number: int, took: tuple[str, ...] | None) -> StepRequest:
    return StepRequest(
        turn.user,
        turn.features,
        turn.available,
        system=turn.system,
        spans=turn.spans,
        results=turn.results,
        turn=number,
        took=took,
    )
