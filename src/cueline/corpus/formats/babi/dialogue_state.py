"""What a bAbI system knows so far in one dialogue."""

from __future__ import annotations

from dataclasses import dataclass, field

from cueline.corpus.formats.babi.knowledge import API_CALL
from cueline.corpus.formats.babi.lines import Row
from cueline.corpus.formats.babi.templates import (
    NAME,
    NEW,
    RATING,
    Knowledge,
    Mention,
    is_word,
    template,
)
from cueline.dialogue import Feature

_OPEN = "R_"
"""Begins an argument of a search that leaves a slot open: any cuisine, any price."""

Entities = dict[str, dict[str, str]]


@dataclass(slots=True)
class BabiState:
    """The user's slots, the last search and its results, and the restaurant on the table."""

    knowledge: Knowledge
    slots: dict[str, str] = field(default_factory=dict)
    results: list[str] | None = None
    offered: set[str] = field(default_factory=set)
    offer: str | None = None
    spelled: str = ""
    """The name of the offer as the system last said it."""
    searched: bool = False
    receiving: bool = False
    """Whether the last line was a row, so that the next one belongs to the same search."""

    def find(self, row: Row | None) -> None:
        """The search returns a row, or None: there is nothing."""
        if not self.receiving or self.results is None:
            self.results, self.offered = [], set()
        self.searched = self.receiving = True
        if row is not None:
            self.knowledge.add(*row)
            if row.entity not in self.results:
                self.results.append(row.entity)

    def hear(self, user: str | None) -> dict[str, Feature]:
        """The user speaks, None for silence; the features of the turn that begins with it."""
        self.receiving = False
        named_values = self.knowledge.named_values(user or "")
        self.slots.update(named_values)
        for mention in self.knowledge.mentions(user or ""):
            if mention.relation == NAME and not is_word(mention):
                self.offer = self.spelled = mention.value
        features: dict[str, Feature] = dict(self.slots)
        if named_values:
            features["given"] = tuple(named_values)
        if self.results is not None:
            features["found"] = bool(self.results)
            features["results"] = len(self.results)
            features["left"] = len(self._left())
        return features

    def entities(self) -> Entities:
        """What `fill` needs to say the right words now."""
        entities = {"slots": dict(self.slots)}
        if self.offer is not None:
            entities["offer"] = {**self._fields(self.offer), NAME: self.spelled}
        if (new := self._new()) is not None:
            entities["new"] = self._fields(new)
        return entities

    def say(self, text: str) -> str:
        """The system speaks; the template of its words."""
        mentions = self.knowledge.spoken(text, self.searched)
        new, offer = self._new(), self.offer
        for at, mention in enumerate(mentions):
            if mention.relation == NAME:
                if mention.value == new or mention.value != offer:
                    mentions[at] = mention._replace(relation=NEW)
                self.offer = mention.value
                self.spelled = text[mention.start : mention.end]
                self.offered.add(mention.value)
        self._take_from_words(text, mentions)
        return template(text, mentions)

    def _take_from_words(self, text: str, mentions: list[Mention]) -> None:
        """What the system takes the user to want, as its own words about no restaurant show."""
        if not any(mention.relation in (NAME, NEW) for mention in mentions):
            slots = [m for m in mentions if self.knowledge.is_slot(m.relation)]
            self.slots |= {mention.relation: mention.value for mention in slots}
        if text.startswith(API_CALL):
            self.searched = True
            for word in text.split():
                if word.startswith(_OPEN):
                    self.slots.pop(word.removeprefix(_OPEN).lower(), None)

    def _fields(self, name: str) -> dict[str, str]:
        known = self.knowledge.restaurants.get(name, {})
        return {relation: value for relation, value in known.items() if relation != RATING}

    def _left(self) -> list[str]:
        return [name for name in self.results or () if name not in self.offered]

    def _new(self) -> str | None:
        """The best rated result not offered yet; the first of equals."""
        return max(self._left(), key=self._rating, default=None)

    def _rating(self, name: str) -> int:
        rating = self.knowledge.restaurants[name].get(RATING, "")
        return int(rating[:9]) if rating.isascii() and rating.isdigit() else 0
