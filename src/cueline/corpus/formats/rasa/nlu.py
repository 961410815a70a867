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

from msgspec import Struct

from cueline.corpus.formats.rasa import markdown as rasa_markdown
from cueline.corpus.formats.rasa.annotations import annotated, with_values
from cueline.corpus.formats.rasa.story import Said
from cueline.corpus.formats.rasa.yaml_records import Mapping, convert

_Kinds = dict[frozenset[str], list[str]]


class _Item(Struct):
    intent: str | None = None
    examples: str | list[str | dict[str, Any]] | None = None


class _Nlu(Struct):
    nlu: list[_Item] | None = None


@dataclass(slots=True)
class Examples:
    """The examples of each intent, by the entities in them."""

    known: dict[str, dict[str, None]] = field(default_factory=dict)
    _orders: dict[str, _Kinds] = field(default_factory=dict)
    _used: Counter[tuple[str, frozenset[str]]] = field(default_factory=Counter)

    def add_yaml(self, content: Mapping, path: Path) -> None:
        """Learn the examples under `nlu`."""
        for item in convert(content, _Nlu, path).nlu or ():
            if item.intent is not None:
                for example in _listed(item.examples):
                    self._learn(item.intent, example)

    def add_markdown(self, path: Path, text: bytes) -> None:
        """Learn the examples of a Markdown file."""
        for intent, example in rasa_markdown.examples(path, text):
            self._learn(intent, example)

    def count(self, intent: str) -> int:
        """How many examples there are of `intent`."""
        return len(self.known.get(intent, ()))

    def words(self, said: Said) -> str:
        """Words for what was said: its own, else an example with the same entities, or any.

        An intent without examples is told as Rasa's users type it, `/intent`.
        """
        if said.text is not None:
            return said.text
        intent, values = said.intent or "", dict(said.entities)
        if intent not in self._orders:
            self._orders[intent] = self._ordered(intent)
        kinds = self._orders[intent]
        kind = frozenset(values)
        if kind not in kinds:
            kind = min(kinds, key=lambda k: (len(k ^ frozenset(values)), sorted(k)), default=kind)
        if kind not in kinds:
            return f"/{intent}"
        examples = kinds[kind]
        example = examples[self._used[intent, kind] % len(examples)]
        self._used[intent, kind] += 1
        return with_values(example, values)

    def _learn(self, intent: str, example: str) -> None:
        """A retrieval intent `faq/price` has examples of `faq` too."""
        if example:
            for name in {intent, intent.partition("/")[0]}:
                self.known.setdefault(name, {})[example] = None

    def _ordered(self, intent: str) -> _Kinds:
        kinds: _Kinds = defaultdict(list)
        for example in sorted(self.known.get(intent, ()), key=lambda e: (_draw(e), e)):
            kinds[frozenset(name for name, _ in annotated(example)[1])].append(example)
        return dict(kinds)


def _listed(examples: str | list[str | dict[str, Any]] | None) -> list[str]:
    """The examples, one a line after a dash, or a list, with or without metadata."""
    if isinstance(examples, str):
        lines = [line.strip() for line in examples.split("\n")]
        return [line.removeprefix("- ").strip() for line in lines if line.strip("- ")]
    texts = [e.get("text") if isinstance(e, dict) else e for e in examples or ()]
    return [text.strip().removeprefix("- ") for text in texts if isinstance(text, str)]


def _draw(example: str) -> bytes:
    return blake2b(example.encode(), digest_size=8).digest()
