"""LangSmith's examples of a data set: `inputs` with messages, `outputs` with what was answered.

{"inputs": {"messages": [{"role": "user", "content": "Lock up"}]},
 "outputs": {"message": {"role": "assistant", "tool_calls": [...]}}}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cueline.corpus.account import Account
from cueline.corpus.formats.any_request import request_events, request_tools, response_events
from cueline.corpus.formats.traces.conventions import Exchange
from cueline.corpus.transcripts.closed_world import as_object, inner, several
from cueline.corpus.transcripts.outline import Outline, first_object
from cueline.corpus.transcripts.pieces import Piece
from cueline.errors import Place


def recognises(record: Outline) -> bool:
    """Whether it has inputs and outputs, and is no run."""
    keys = first_object(record.value).keys()
    return {"inputs", "outputs"} <= keys and "run_type" not in keys


def pieces(value: Any, place: Place, account: Account) -> Iterator[Piece]:
    """The dialogue of each example; raises `CorpusError` where its inputs hold no messages."""
    for one, where in several(value, place):
        yield _piece(as_object(one, where, "an example"), where, account)


def _piece(example: dict[str, Any], place: Place, account: Account) -> Piece:
    given, here = example.get("inputs"), inner(place, "inputs")
    said = Exchange(
        request_events(given, here, account),
        response_events(example.get("outputs"), inner(place, "outputs"), account),
    )
    id = example.get("id")
    return Piece(
        events=said.events,
        place=place,
        offered=request_tools(given, here, account),
        id=id if isinstance(id, str) else None,
    )
