"""The words of a bAbI system and back: templates in, text out, by way of a knowledge base.

    prezzo is a nice place in the west of town
    <name> is a nice place in the <location> of town

A template is the text with every entity named by its relation, as in Williams, Asadi and Zweig,
'Hybrid Code Networks' (2017). `<new name>` is the best result that has not been offered since the
last search, `<name>` the restaurant on the table.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

NAME, NEW, RATING = "name", "new name", "rating"
_SPELLINGS = {"moderately": "moderate", "center": "centre"}
_WORD = re.compile(r"\w+")
_PLACEHOLDER = re.compile(r"<([^<>]+)>")


class Mention(NamedTuple):
    """An entity in a text: where, which relation, and its value as the knowledge base writes it."""

    start: int
    end: int
    relation: str
    value: str


@dataclass(slots=True)
class Knowledge:
    """What is known of the world: the fields of each restaurant, and how values are worded."""

    restaurants: dict[str, dict[str, str]] = field(default_factory=dict)
    values: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    owned: set[str] = field(default_factory=set)
    """Relations whose values belong to one restaurant (`prezzo_phone`): never the user's slots."""
    _forms: dict[str, tuple[str, str]] = field(default_factory=dict)
    _longest: int = 1

    def add(self, name: str, relation: str, value: str) -> None:
        """Learn one row."""
        self.restaurants.setdefault(name, {NAME: name})[relation] = value
        self._word(NAME, name)
        if value.startswith(name):
            self.owned.add(relation)
        if relation != RATING:
            self.learn(relation, value)

    def learn(self, relation: str, value: str) -> None:
        """Learn that `value` is a value of `relation`."""
        self.values[relation].add(value)
        self._word(relation, value)

    def _word(self, relation: str, value: str) -> None:
        for form in (value, value.replace("_", " ")):
            self._forms.setdefault(form, (relation, value))
            self._longest = max(self._longest, form.count(" ") + 1)

    def mentions(self, text: str) -> Iterator[Mention]:
        """The entities in `text` from left to right, the longest wording first."""
        words = list(_WORD.finditer(text))
        at = 0
        while at < len(words):
            for last in range(min(at + self._longest, len(words)) - 1, at - 1, -1):
                start, end = words[at].start(), words[last].end()
                if known := self._forms.get(text[start:end]):
                    yield Mention(start, end, *known)
                    at = last
                    break
            at += 1

    def named_values(self, text: str) -> dict[str, str]:
        """The slots that a user's words fill; of several values the last counts."""
        plain = _WORD.sub(lambda word: _SPELLINGS.get(word[0], word[0]), text.lower())
        return {m.relation: m.value for m in self.mentions(plain) if self.is_slot(m.relation)}

    def is_slot(self, relation: str) -> bool:
        """Whether a user can ask for a value of `relation`."""
        return relation != NAME and relation not in self.owned

    def spoken(self, text: str, searched: bool) -> list[Mention]:
        """The entities that the system's `text` speaks of, without words that only look like one.

        A name of one word counts only after a search: 'You can ask for' is not about the
        restaurant Ask. A text that lists all values of a slot ('cheap, moderate, or expensive') is
        about none of them.
        """
        mentions = [m for m in self.mentions(text) if searched or not is_word(m)]
        said: dict[str, set[str]] = defaultdict(set)
        for mention in mentions:
            said[mention.relation].add(mention.value)
        listed = {r for r, values in said.items() if 2 < len(values) == len(self.values[r])}
        return [mention for mention in mentions if mention.relation not in listed]


def is_word(mention: Mention) -> bool:
    """Whether it is a name that may as well be an ordinary word."""
    return mention.relation == NAME and "_" not in mention.value


def template(text: str, mentions: Iterable[Mention]) -> str:
    """`text` with a placeholder for each of its mentions."""
    parts, at = [], 0
    for mention in mentions:
        parts += [text[at : mention.start], f"<{mention.relation}>"]
        at = mention.end
    return "".join([*parts, text[at:]])


def fill(template: str, entities: Mapping[str, Mapping[str, str]]) -> str:
    """The text that `template` stands for, by what is known before the system speaks.

    `entities` holds the user's `slots`, the `offer` on the table and the `new` one, as `babi.read`
    leaves them for each turn in `meta["entities"]`. A placeholder of which nothing is known stays.
    """
    slots, offer, new = (entities.get(part, {}) for part in ("slots", "offer", "new"))
    sources: list[Mapping[str, str]]
    if f"<{NEW}>" in template:
        sources = [{**new, NEW: new[NAME]}] if new else []
    elif f"<{NAME}>" in template:
        sources = [offer, slots]
    else:
        sources = [slots, offer]

    def value(match: re.Match[str]) -> str:
        return next((known[match[1]] for known in sources if match[1] in known), match[0])

    return _PLACEHOLDER.sub(value, template)
