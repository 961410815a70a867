"""The NLU examples of a Rasa bot, and words for an intent taken from them.

The uses of an intent take its examples in turn, in an order that depends on their words alone; so
the same files give the same words, and all examples are used about equally often.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from cueline.corpus.account import Account
from cueline.corpus.formats.rasa import markdown as rasa_markdown
from cueline.corpus.formats.rasa.annotations import annotated, marked
from cueline.corpus.formats.rasa.story import UserUttered
from cueline.corpus.formats.rasa.yaml_records import YamlMapping
from cueline.dialogue import Span
from cueline.errors import Place

_Kinds = dict[frozenset[str], list[str]]


class _Found(Struct):
    """An entity in an example of Rasa's older JSON."""

    entity: str
    start: int
    end: int
    value: Any = None
    role: str | None = None
    group: str | None = None


class _Example(Struct):
    text: str
    intent: str | None = None
    entities: list[_Found] = []


class _Data(Struct):
    common_examples: list[_Example] = []


class _Json(Struct):
    rasa_nlu_data: _Data


@dataclass(slots=True)
class Examples:
    """The examples of each intent, by the entities in them."""

    known: dict[str, dict[str, None]] = field(default_factory=dict)
    _orders: dict[str, _Kinds] = field(default_factory=dict)
    _used: Counter[tuple[str, frozenset[str]]] = field(default_factory=Counter)

    def add_yaml(self, content: YamlMapping, path: Path, account: Account) -> None:
        """Learn the examples under `nlu`."""
        items = content.get("nlu")
        for item in items if isinstance(items, list) else ():
            if not isinstance(item, YamlMapping):
                account.leave_out("items of `nlu` that are none", Place(path, content.line))
            elif isinstance(intent := item.get("intent"), str):
                for example in _listed(item.get("examples")):
                    self._learn(intent, example)

    def add_json(self, path: Path, text: bytes, account: Account) -> None:
        """Learn the examples of a file with `rasa_nlu_data`."""
        try:
            found = msgspec.json.decode(text, type=_Json).rasa_nlu_data.common_examples
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            account.leave_out(f"files of examples that are not Rasa's JSON: {error}", Place(path))
            return
        for example in found:
            if example.intent:
                self._learn(example.intent, _annotated(example))

    def add_markdown(self, path: Path, text: bytes) -> None:
        """Learn the examples of a Markdown file."""
        for intent, example in rasa_markdown.examples(path, text):
            self._learn(intent, example)

    def count(self, intent: str) -> int:
        """How many examples there are of `intent`."""
        return len(self.known.get(intent, ()))

    def words(self, said: UserUttered) -> tuple[str, tuple[Span, ...]]:
        """Words for what was said, and the entities in them.

        They are its own, else an example with the same entities, or any. An intent without examples
        is written as Rasa's users type it, `/intent`.
        """
        if said.text is not None:
            return said.text, said.spans
        intent = said.intent or ""
        labels = frozenset(label for entity in said.entities for label in entity.labels)
        if intent not in self._orders:
            self._orders[intent] = self._ordered(intent)
        kinds = self._orders[intent]
        kind = labels
        if kind not in kinds:
            kind = min(kinds, key=lambda k: (len(k ^ labels), sorted(k)), default=kind)
        if kind not in kinds:
            return f"/{intent}", ()
        examples = kinds[kind]
        example = examples[self._used[intent, kind] % len(examples)]
        self._used[intent, kind] += 1
        return marked(example, {entity.labels: entity.value for entity in said.entities})

    def _learn(self, intent: str, example: str) -> None:
        """A retrieval intent `faq/price` has examples of `faq` too."""
        if example:
            for name in {intent, intent.partition("/")[0]}:
                self.known.setdefault(name, {})[example] = None

    def _ordered(self, intent: str) -> _Kinds:
        kinds: _Kinds = defaultdict(list)
        for example in sorted(self.known.get(intent, ()), key=lambda e: (_draw(e), e)):
            found = annotated(example)[1]
            kinds[frozenset(label for entity in found for label in entity.labels)].append(example)
        return dict(kinds)


def _listed(examples: Any) -> list[str]:
    """The examples, one a line after a dash, or a list, with or without metadata."""
    if isinstance(examples, str):
        lines = [line.strip() for line in examples.split("\n")]
        return [line.removeprefix("- ").strip() for line in lines if line.strip("- ")]
    items = examples if isinstance(examples, list) else ()
    texts = [item.get("text") if isinstance(item, dict) else item for item in items]
    return [text.strip().removeprefix("- ") for text in texts if isinstance(text, str)]


def _annotated(example: _Example) -> str:
    """The text of an example with its entities marked in it, several where they share words."""
    spans: dict[tuple[int, int], list[dict[str, str]]] = defaultdict(list)
    for one in example.entities:
        fields = {"entity": one.entity, "role": one.role, "group": one.group}
        if isinstance(one.value, str):
            fields["value"] = one.value
        spans[one.start, one.end].append({k: v for k, v in fields.items() if v is not None})
    text, left = example.text, len(example.text)
    for (start, end), found in sorted(spans.items(), reverse=True):
        if 0 <= start < end <= left:
            mark = msgspec.json.encode(found if len(found) > 1 else found[0]).decode()
            text, left = f"{text[:start]}[{text[start:end]}]{mark}{text[end:]}", start
    return text


def _draw(example: str) -> bytes:
    return blake2b(example.encode(), digest_size=8).digest()
