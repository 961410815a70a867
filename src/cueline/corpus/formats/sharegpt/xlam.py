r"""xLAM's function calls: a query, the tools, and the calls that answer it.

    {"id": 0, "query": "Where is my parcel?", "tools": "[{\"name\": \"track\", ...}]",
     "answers": "[{\"name\": \"track\", \"arguments\": {\"parcel\": 7}}]"}

A record is a dialogue of one turn.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cueline.corpus.account import Account
from cueline.corpus.transcripts.calls import calls
from cueline.corpus.transcripts.closed_world import as_object, as_text, inner
from cueline.corpus.transcripts.events import STEP_ENDED, Event, UserSaid
from cueline.corpus.transcripts.outline import Outline
from cueline.corpus.transcripts.pieces import Piece
from cueline.corpus.transcripts.records import whole
from cueline.corpus.transcripts.tools import tools_offered
from cueline.errors import Place

_READ = frozenset(("query", "answers", "tools"))


def recognises(record: Outline) -> bool:
    """Whether there are a `query` and its `answers`."""
    return record.keys >= {"query", "answers"}


def pieces(value: Any, place: Place, account: Account) -> Iterator[Piece]:
    """The dialogue that a record is."""
    record = as_object(value, place, "a record")
    query = as_text(record.get("query"), inner(place, "query"), "a query")
    events: list[Event] = [UserSaid(query)]
    if record.get("answers"):
        events += calls(record["answers"], inner(place, "answers"))
    events.append(STEP_ENDED)
    offered = tools_offered(record.get("tools"), inner(place, "tools"), account)
    yield whole(record, place, account, events, offered, _READ, repeats=False)
