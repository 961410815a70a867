"""The branch of a tree of messages that ends at one of them: the dialogue as it was left."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cueline.corpus.transcripts.closed_world import refuse
from cueline.errors import Place

OTHER_BRANCHES = "messages of branches that were left"


def branch(parents: Mapping[str, Any], last: str, place: Place) -> list[str]:
    """The messages from the root to `last`; a parent that is not there ends the branch.

    Raises `CorpusError` where the parents run in a circle.
    """
    found: dict[str, None] = {}
    at: Any = last
    while isinstance(at, str) and at in parents:
        if at in found:
            refuse(place, f"the parents of the message {at!r} run in a circle")
        found[at] = None
        at = parents[at]
    return list(reversed(found))
