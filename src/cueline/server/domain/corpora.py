"""What there is to look at: the corpus named at the start, and the dialogues of the store."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from typing import Literal

from cueline.dialogue import Dialogue
from cueline.errors import CorpusError
from cueline.evaluation.scored_corpus import ScoredCorpus
from cueline.server.domain.dialogue_view import as_dialogue
from cueline.server.domain.sessions import Sessions
from cueline.server.domain.state_replay import per_turn, turns
from cueline.server.errors import NothingToShowError
from cueline.server.events import decode
from cueline.server.stores.base import every
from cueline.web.corpus_view import CorpusView

Source = Literal["corpus", "live"]
MAX_DIALOGUES = 10_000
"""Live dialogues looked at; their ids are random, so these are a sample."""
KEPT = 4
"""Judged corpora kept in memory."""


class Sources:
    """Judges each source once for each policy that it is asked for with."""

    def __init__(self, sessions: Sessions, corpus: Sequence[Dialogue] = ()) -> None:
        self._sessions = sessions
        self._dialogues: dict[str, Sequence[Dialogue]] = {"corpus": corpus}
        self._views: OrderedDict[tuple[str, str], CorpusView] = OrderedDict()
        self._erasures = 0
        self._lock = asyncio.Lock()

    async def view(self, source: Source, policy: str = "", afresh: bool = False) -> CorpusView:
        """The dialogues of `source` as `policy` decides them; the current one if none is named.

        Live dialogues are those of the first look; `afresh` looks again, and so does whoever comes
        after something was erased, by this server or another.
        Raises `NothingToShowError`.
        """
        async with self._lock:
            if source == "live":
                erasures = await self._sessions.store.erasures()
                if afresh or erasures != self._erasures or source not in self._dialogues:
                    self._forget(source)
                    self._dialogues[source] = await self._live()
                    self._erasures = erasures
            dialogues = self._dialogues[source]
            if not dialogues:
                raise NothingToShowError(_NOTHING[source])
            judge = self._sessions.policies[policy or self._sessions.policies.current]
            if source == "live" and not per_turn(judge):
                raise NothingToShowError(_LABELS)
            key = source, judge.hash
            if key not in self._views:
                try:
                    scored = await asyncio.to_thread(ScoredCorpus.of, judge, dialogues)
                except CorpusError as error:
                    raise NothingToShowError(f"not for policy {judge.hash}: {error}") from None
                self._views[key] = await asyncio.to_thread(CorpusView, scored)
                if len(self._views) > KEPT:
                    self._views.popitem(last=False)
            self._views.move_to_end(key)
            return self._views[key]

    async def forget_erased(self) -> None:
        """Drop the live dialogues that are held, if any dialogue was erased since, by anyone."""
        async with self._lock:
            held = self._dialogues.get("live") is not None
            if held and await self._sessions.store.erasures() != self._erasures:
                self._forget("live")
                del self._dialogues["live"]

    def _forget(self, source: Source) -> None:
        for key in [key for key in self._views if key[0] == source]:
            del self._views[key]

    async def _live(self) -> list[Dialogue]:
        """Live dialogues with what was done, or would have been right, for right."""
        found: list[Dialogue] = []
        async for name, stored in every(self._sessions.store):
            if len(found) == MAX_DIALOGUES:
                break
            events = [decode(event) for event in stored]
            if turns(events):
                found.append(as_dialogue(name, events))
        return found


_LABELS = "the policy labels whole dialogues, and what is live has no labels to hold it against"
_NOTHING = {
    "corpus": "there is no corpus to look at; start with `cueline serve --corpus FILE`",
    "live": "there is no live dialogue yet; talk first",
}
