"""What there is to look at: the corpus named at the start, and the dialogues of the store."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from cueline.dialogue import Dialogue
from cueline.errors import CorpusError
from cueline.evaluation.scored_corpus import ScoredCorpus
from cueline.server.domain.corpus_copies import copies
from cueline.server.domain.corrections import opinions
from cueline.server.domain.dialogue_view import as_dialogue
from cueline.server.domain.sessions import Sessions
from cueline.server.domain.state_replay import per_turn, turns
from cueline.server.errors import DialogueNotFoundError, NothingToShowError
from cueline.server.events import Event, Opened, Stepped, decode
from cueline.server.stores.base import every
from cueline.web.corpus_view import CorpusView
from cueline.web.live_turns import LiveTurn, Went
from cueline.web.verdicts import Opinion, Verdict

Source = Literal["corpus", "live"]
MAX_DIALOGUES = 10_000
"""Live dialogues looked at; their ids are random, so these are a sample."""
KEPT = 4
"""Judged corpora kept in memory."""


class Looked(NamedTuple):
    """Dialogues, and what people said of them."""

    dialogues: Sequence[Dialogue]
    verdicts: dict[str, dict[int, Verdict]]
    live: Sequence[Sequence[LiveTurn]] | None = None
    """What is known of the turns of each dialogue because they were live."""


class Sources:
    """Judges each source once for each policy that it is asked for with."""

    def __init__(self, sessions: Sessions, corpus: Sequence[Dialogue] = ()) -> None:
        self._sessions, self.corpus = sessions, corpus
        self._looked: dict[str, Looked] = {}
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
            looked = await self._look(source, afresh)
            if not looked.dialogues:
                raise NothingToShowError(_NOTHING[source])
            judge = self._sessions.policies[policy or self._sessions.policies.current]
            if source == "live" and not per_turn(judge):
                raise NothingToShowError(_LABELS)
            key = source, judge.hash
            if key not in self._views:
                try:
                    scored = await asyncio.to_thread(ScoredCorpus.of, judge, looked.dialogues)
                except CorpusError as error:
                    raise NothingToShowError(f"not for policy {judge.hash}: {error}") from None
                self._views[key] = await asyncio.to_thread(
                    CorpusView, scored, looked.verdicts, looked.live, source == "corpus"
                )
                if len(self._views) > KEPT:
                    self._views.popitem(last=False)
            self._views.move_to_end(key)
            return self._views[key]

    async def note(self, dialogue: str) -> None:
        """Someone said something of a turn of a dialogue in the store."""
        try:
            events = await self._sessions.events(dialogue)
        except DialogueNotFoundError:
            return
        opened = events[0]
        copy_of = opened.copy_of if isinstance(opened, Opened) else None
        source, id = ("live", dialogue) if copy_of is None else ("corpus", copy_of)
        async with self._lock:
            if source in self._looked:
                before = self._looked[source].verdicts.get(id, {})
                now = self._looked[source].verdicts[id] = _verdicts(events)
                self._tell(source, id, before, now)

    async def forget_erased(self) -> None:
        """Drop the live dialogues that are held, if any dialogue was erased since, by anyone."""
        async with self._lock:
            erasures = await self._sessions.store.erasures()
            if self._looked and erasures != self._erasures:
                await self._forget_erased(erasures)

    async def _look(self, source: Source, afresh: bool) -> Looked:
        erasures = await self._sessions.store.erasures()
        if erasures != self._erasures:
            await self._forget_erased(erasures)
        elif afresh and source == "live":
            self._forget_live()
        if source not in self._looked:
            self._looked[source] = await (self._live() if source == "live" else self._corpus())
        return self._looked[source]

    def _forget_live(self) -> None:
        self._looked.pop("live", None)
        for key in [key for key in self._views if key[0] == "live"]:
            del self._views[key]

    async def _forget_erased(self, erasures: int) -> None:
        """Drop what is live; of the corpus, which stays, what was said of it."""
        self._forget_live()
        if "corpus" in self._looked:
            before = self._looked["corpus"]
            self._looked["corpus"] = now = await self._corpus()
            for id in before.verdicts.keys() | now.verdicts.keys():
                self._tell("corpus", id, before.verdicts.get(id, {}), now.verdicts.get(id, {}))
        self._erasures = erasures

    def _tell(
        self, source: str, id: str, before: Mapping[int, Verdict], now: Mapping[int, Verdict]
    ) -> None:
        for (where, _), view in self._views.items():
            if where == source:
                for turn in before.keys() | now.keys():
                    view.note(id, turn, now.get(turn))

    async def _corpus(self) -> Looked:
        verdicts = {
            id: _verdicts([decode(event) for event in stored])
            async for id, stored in copies(self._sessions)
        }
        return Looked(self.corpus, verdicts)

    async def _live(self) -> Looked:
        """Live dialogues, the newest first, with what was done, and what people said of it."""
        found: list[tuple[Dialogue, Sequence[LiveTurn], Mapping[int, Verdict]]] = []
        async for name, stored in every(self._sessions.store):
            if len(found) == MAX_DIALOGUES:
                break
            events = [decode(event) for event in stored]
            opened = events[0]
            if turns(events) and not (isinstance(opened, Opened) and opened.copy_of):
                live = [LiveTurn(event.at, _went(event)) for event in turns(events)]
                found.append((as_dialogue(name, events, corrected=False), live, _verdicts(events)))
        found.sort(key=lambda each: -each[1][-1].at)
        verdicts = {dialogue.id: dict(said) for dialogue, _, said in found if said}
        return Looked([each[0] for each in found], verdicts, [each[1] for each in found])


def _went(event: Stepped) -> Went | None:
    if event.by != "upstream":
        return None
    return "audited" if event.audited else "deferred"


def _verdicts(events: Sequence[Event]) -> dict[int, Verdict]:
    """What counts at each turn of a dialogue of which people said something."""
    stepped, opened = turns(events), events[0]
    live = isinstance(opened, Opened) and opened.copy_of is None
    found = {}
    for turn, said in opinions(events).items():
        latest = said[-1]
        each = tuple(Opinion(one.author, one.at, one.actions) for one in said)
        decided = stepped[turn].decision.actions if live else None
        found[turn] = Verdict(latest.actions, each, decided, latest.spans, latest.arguments)
    return found


_LABELS = "the policy labels whole dialogues, and what is live has no labels to hold it against"
_NOTHING = {
    "corpus": "there is no corpus to look at; start with `cueline serve --corpus FILE`",
    "live": "there is no live dialogue yet; talk first",
}
