"""All corrections of a store as a list, to look through and to take back."""

from __future__ import annotations

from cueline.server.domain.corrections import opinions
from cueline.server.domain.state_replay import turns
from cueline.server.events import Opened, decode
from cueline.server.schemas import CorrectionRow
from cueline.server.stores.base import Store, every
from cueline.web.verdicts import Opinion

_CORRECTION = b'{"type":"correction"'


async def inbox(store: Store) -> list[CorrectionRow]:
    """The corrections that count, the latest first."""
    rows = []
    async for dialogue, stored in every(store):
        if not any(event.startswith(_CORRECTION) for event in stored):
            continue
        events = [decode(event) for event in stored]
        stepped, opened = turns(events), events[0]
        copy_of = opened.copy_of if isinstance(opened, Opened) else None
        for turn, said in opinions(events).items():
            rows.append(
                CorrectionRow(
                    source="live" if copy_of is None else "corpus",
                    id=copy_of or dialogue,
                    turn=turn,
                    user=stepped[turn].said.user,
                    decided=stepped[turn].decision.actions,
                    actions=said[-1].actions,
                    author=said[-1].author,
                    at=said[-1].at,
                    opinions=[Opinion(one.author, one.at, one.actions) for one in said],
                    spans=said[-1].spans,
                    arguments=said[-1].arguments,
                )
            )
    return sorted(rows, key=lambda row: -row.at)
