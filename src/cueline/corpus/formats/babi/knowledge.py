"""Where the knowledge of a bAbI file comes from: a file beside it, or its own rows and words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from cueline.corpus.files import opened
from cueline.corpus.formats.babi.lines import Row, Said, lines, parse_row, rows
from cueline.corpus.formats.babi.templates import NAME, Knowledge, template

API_CALL = "api_call"
_Place = tuple[str, str]
"""The words before and the words after a gap."""


def knowledge_for(path: Path) -> Knowledge:
    """What is known to the system in `path`.

    A knowledge base beside the file (`*kb*.txt`) counts if it knows the first thing that the
    dialogues search for or find; otherwise (task 6) all is gathered from the file itself.
    """
    for file in sorted(path.parent.glob("*kb*.txt")):
        if file != path and _is_knowledge_base(file):
            knowledge = Knowledge()
            for row in rows(file):
                knowledge.add(*row)
            if _knows(knowledge, path):
                return knowledge
    return _gathered(path)


def _is_knowledge_base(path: Path) -> bool:
    with opened(path) as file:
        line = file.readline(1000).decode("utf-8", errors="replace")
    return parse_row(line.strip().partition(" ")[2]) is not None


def _knows(knowledge: Knowledge, path: Path) -> bool:
    values = set().union(*knowledge.values.values())
    for line in lines(path):
        match line.content:
            case Row(entity=entity):
                return entity in knowledge.restaurants
            case Said(system=system) if system.startswith(API_CALL):
                return values.issuperset(system.split()[1:])
    return True


def _gathered(path: Path) -> Knowledge:
    knowledge = Knowledge()
    said: set[str] = set()
    for line in lines(path):
        match line.content:
            case Said(system=system):
                said.add(system)
            case Row() as row:
                knowledge.add(*row)
    texts = sorted(said)
    _learn_names(knowledge, texts)
    for _ in range(2):  # what the first round learned names more places in the second
        _learn_values(knowledge, texts)
    _learn_fields(knowledge, texts)
    return knowledge


def _learn_names(knowledge: Knowledge, texts: Iterable[str]) -> None:
    """`X_phone` names a restaurant X that no search returned; so it has an `X_address` too."""
    relations = sorted(knowledge.owned)
    owned = re.compile(rf"\b(\w+)_(?:{'|'.join(map(re.escape, relations))})\b")
    names = {name for text in texts for name in owned.findall(text)} if relations else set()
    for name in sorted(names - knowledge.restaurants.keys()):
        for relation in relations:
            knowledge.add(name, relation, f"{name}_{relation}")


def _learn_values(knowledge: Knowledge, texts: Iterable[str]) -> None:
    """A word that stands where values of a slot stand is a value of that slot."""
    slots: dict[_Place, Counter[str]] = {}
    unknown: list[tuple[_Place, str]] = []
    for text in texts:
        for place, word in _gaps(template(text, knowledge.spoken(text, searched=True))):
            if word.startswith("<") and knowledge.is_slot(word[1:-1]):
                slots.setdefault(place, Counter())[word[1:-1]] += 1
            elif re.fullmatch(r"[a-z_]+", word):
                unknown.append((place, word))
    for place, word in unknown:
        for slot, texts_there in slots.get(place, Counter()).most_common(1):
            if texts_there > 1:
                knowledge.learn(slot, word)


def _gaps(text: str) -> Iterator[tuple[_Place, str]]:
    words = text.split()
    for at, word in enumerate(words):
        yield (" ".join(words[:at]), " ".join(words[at + 1 :])), word


def _learn_fields(knowledge: Knowledge, texts: Iterable[str]) -> None:
    """What is said of a restaurant that is not in its rows."""
    for text in texts:
        mentions = knowledge.spoken(text, searched=True)
        names = [mention.value for mention in mentions if mention.relation == NAME]
        for mention in mentions if len(names) == 1 else ():
            if knowledge.is_slot(mention.relation):
                knowledge.restaurants[names[0]].setdefault(mention.relation, mention.value)
