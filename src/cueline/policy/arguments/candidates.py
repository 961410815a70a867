"""The values that an argument may have, each with where it comes from and what speaks for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache, partial
from typing import Any, NamedTuple

from msgspec import Struct

from cueline.dialogue import Span, Turn, is_vector
from cueline.policy.arguments.memory import Memory, span_value
from cueline.policy.arguments.values import as_type, text_form, value_key
from cueline.tokenizer import fold

_QUOTED = re.compile(r"\"([^\"]{1,80})\"|“([^”]{1,80})”|(?<!\w)'([^']{2,80})'(?!\w)")
_TOKEN = re.compile(r"\S+")
_EDGES = ".,;:!?\"'()[]{}<>$€£"
_WORD = re.compile(r"\w+")
_ASCII_ID = re.compile(r"[@0-9]|(?<=.)[A-Z]", re.DOTALL)
_NAME_MARKS = re.compile(r"[\W_]+")
SHARED = "~"
"""Marks that begin so have one weight for all parameters."""


class Source(NamedTuple):
    """Where values come from.

    `span`, `spans` (all of one label, as a list) and `slot` have a label, `feature` a name; an
    `argument` has an action and a parameter, a `result` an action and a path; `text`, what looks
    like an id or a number or stands in quotes, has how many turns ago it was said; `constant` is
    what training showed.
    """

    kind: str
    name: str = ""
    part: str = ""

    def __str__(self) -> str:
        """As people write it."""
        return f"{self.kind} {self.name}{'.' * self.part[:1].isalnum()}{self.part}".strip()

    @property
    def last_name(self) -> str:
        """What the value itself is called there."""
        return re.split(r"[.\]]", self.part or self.name)[-1]


class ActionParameter(Struct, frozen=True, dict=True):
    """What a schema says, and training showed, of one argument of one action."""

    action: str
    name: str
    type: str
    """Its JSON type: the declared one, else that of most of its values."""
    required: bool
    """Whether a call must have it."""
    sources: tuple[Source, ...] = ()
    """Those that had the right value now and then, the most frequent first."""
    constants: tuple[Any, ...] = ()
    """Values that came again, the most frequent first."""
    closed: bool = False
    """Whether the constants are few, and nearly all that it ever was."""
    forms: tuple[str, ...] = ()
    """The forms of its texts."""
    others: tuple[str, ...] = ()
    """The plain names of the action's other parameters."""
    values: tuple[Any, ...] = ()
    """The only ones that it may be, as its schema says; empty where others may."""

    @cached_property
    def known_sources(self) -> frozenset[Source]:
        """`sources`, to look one up."""
        return frozenset(self.sources)

    @cached_property
    def known_forms(self) -> frozenset[str]:
        """`forms`, to look one up."""
        return frozenset(self.forms)

    @cached_property
    def plain_name(self) -> str:
        """The name without what only sets words apart."""
        return plain_name(self.name)

    @cached_property
    def constant_keys(self) -> tuple[str, ...]:
        """The keys of the constants."""
        return tuple(map(value_key, self.constants))

    def fits(self, value: Any) -> bool:
        """Whether a value from anywhere may be one: it is known, or an id or number of its form."""
        if (
            isinstance(value, str)
            and "9" in (form := text_form(value))
            and form in self.known_forms
        ):
            return True
        return not isinstance(value, list | dict | bool) and value_key(value) in self._constants

    def fitting(self, heard: Heard) -> set[Source]:
        """The slots, arguments and results with a value that `fits`, and few others."""
        known = heard.sources_by_trait
        traits = (*self._constants, *self.known_forms)
        return {source for trait in traits if trait in known for source in known[trait]}

    @cached_property
    def source_marks(self) -> Callable[[Source], tuple[str, ...]]:
        """What speaks for the values of a source as such."""
        return lru_cache(maxsize=1024)(partial(_source_marks, self))

    def typed(self, value: Any) -> Any:
        """`value` as its type, and as its schema spells it; None where it cannot be one."""
        value = as_type(value, self.type)
        return value if value is None or not self.values else self._spelled.get(value_key(value))

    @cached_property
    def _spelled(self) -> dict[str, Any]:
        return {value_key(value): value for value in reversed(self.values)}

    @cached_property
    def _constants(self) -> frozenset[str]:
        return frozenset(self.constant_keys)


class ValueCandidate(NamedTuple):
    """A value that an argument may have."""

    value: Any
    source: Source
    marks: tuple[str, ...]
    """All that speaks for or against it, by name: what weights are learned for."""


class Utterances(NamedTuple):
    """Texts and their words, in one case."""

    text: str
    words: frozenset[str]
    ordered: list[str]
    """The words by the alphabet."""

    @classmethod
    def of(cls, texts: Iterable[str]) -> Utterances:
        """All of `texts` together."""
        text = fold(" ".join(texts))
        words = frozenset(_WORD.findall(text))
        return cls(text, words, sorted(words))

    def holds(self, key: str) -> bool:
        """Whether all words of a value are there, in order where they are several."""
        wanted = _key_words(key)
        return (
            bool(wanted)
            and self.words.issuperset(wanted)
            and (len(wanted) == 1 or key in self.text)
        )


class Heard(Struct, frozen=True, dict=True):
    """What is known when the system is about to act."""

    turn: Turn
    spans: tuple[Span, ...]
    memory: Memory
    """With this turn in it."""

    @cached_property
    def sources(self) -> dict[Source, Sequence[Any]]:
        """The values of every source, the latest first where they come one after another."""
        return dict(_sources(self))

    @cached_property
    def namesakes(self) -> dict[str, list[Source]]:
        """The sources by the name of the value there."""
        found: dict[str, list[Source]] = {}
        for source in self.sources:
            found.setdefault(_plain_last_name(source), []).append(source)
        return found

    @cached_property
    def sources_by_trait(self) -> dict[str, set[Source]]:
        """The slots, arguments and results by the keys of their values, and by the forms of ids."""
        found: dict[str, set[Source]] = {}
        for source, values in self.sources.items():
            if source.kind not in ("slot", "argument", "result"):
                continue
            for value in values:
                if isinstance(value, list | dict | bool):
                    continue
                found.setdefault(value_key(value), set()).add(source)
                if isinstance(value, str) and "9" in (form := text_form(value)):
                    found.setdefault(form, set()).add(source)
        return found

    @cached_property
    def text_values(self) -> list[tuple[Source, list[str]]]:
        """What looks like an id or a number or stands in quotes, by how long ago it was said."""
        texts = enumerate(reversed(self.memory.texts))
        found = ((Source("text", str(min(age, 2))), text_values(text)) for age, text in texts)
        return [(source, values) for source, values in found if values]

    @cached_property
    def all_words(self) -> frozenset[str]:
        """All words in `said`."""
        return frozenset().union(*(one.words for one in self.said.values()))

    @cached_property
    def said(self) -> dict[str, Utterances]:
        """What was said, by who said it and when."""
        texts, system = self.memory.texts, self.memory.system
        return {
            "now": Utterances.of([self.turn.user or ""]),
            "before": Utterances.of(texts[: -1 if self.turn.user else None]),
            "by system": Utterances.of(system[-1:]),
            "by system before": Utterances.of(system[:-1]),
        }


def candidates(parameter: ActionParameter, heard: Heard) -> list[ValueCandidate]:
    """The values that `parameter` may have, each once, with the marks of all its sources."""
    found: dict[str, ValueCandidate] = {}
    marks: dict[str, dict[str, None]] = {}
    for source, values in _offers(parameter, heard):
        typed = [one for value in values if (one := parameter.typed(value)) is not None]
        if not typed:
            continue
        keys = [value_key(value) for value in typed]
        several = len(set(keys)) > 1
        shared = parameter.source_marks(source)
        for place, (key, value) in enumerate(zip(keys, typed, strict=True)):
            found.setdefault(key, ValueCandidate(value, source, ()))
            own = marks.setdefault(key, {})
            own.update(dict.fromkeys(shared))
            if several:
                own.update(dict.fromkeys(_place_marks(source, place, len(keys))))
    for number, (key, value) in enumerate(
        zip(parameter.constant_keys, parameter.constants, strict=True)
    ):
        source = found[key].source if key in found else Source("constant")
        found[key] = ValueCandidate(value, source, ())
        marks.setdefault(key, {}).update(dict.fromkeys(_constant_marks(parameter, number, heard)))
    used = _used(parameter, heard.memory.calls)
    return [
        ValueCandidate(
            value, source, (*marks[key], *_own_marks(parameter, key, value, heard, used))
        )
        for key, (value, source, _) in found.items()
    ]


def _offers(parameter: ActionParameter, heard: Heard) -> Iterator[tuple[Source, Sequence[Any]]]:
    """The values of each source that may have the right one."""
    values = heard.sources
    for source in parameter.sources:
        if source in values:
            yield source, values[source]
    for source in heard.namesakes.get(parameter.plain_name, ()):
        if source not in parameter.known_sources:
            yield source, values[source]
    if fitting := parameter.fitting(heard) - parameter.known_sources:
        for source, some in values.items():
            if source in fitting:
                yield source, [value for value in some if parameter.fits(value)]
    if parameter.type in ("string", "number", "integer"):
        yield from heard.text_values


def _sources(heard: Heard) -> Iterator[tuple[Source, Sequence[Any]]]:
    text, memory = heard.turn.user or "", heard.memory
    for label in dict.fromkeys(span.label for span in heard.spans):
        some = [span_value(span, text) for span in heard.spans if span.label == label]
        yield Source("span", label), some[::-1]
        yield Source("spans", label), [some]
    for label, slot in memory.slots.items():
        yield Source("slot", label), [slot]
    for name, feature in heard.turn.features.items():
        if not is_vector(feature):
            yield Source("feature", name), feature if isinstance(feature, tuple) else [feature]
    for action, calls in memory.calls.items():
        for name in dict.fromkeys(name for call in calls for name in call):
            given = [call[name] for call in reversed(calls) if name in call]
            yield Source("argument", action, name), given
    for action, results in memory.results.items():
        for path, returned in results.items():
            yield Source("result", action, path), returned


def plain_name(name: str) -> str:
    """A name without what only sets its words apart: `movieId` and `movie_id` are one."""
    return _NAME_MARKS.sub("", name).casefold()


@lru_cache(maxsize=16_384)
def _plain_last_name(source: Source) -> str:
    return plain_name(source.last_name)


@lru_cache(maxsize=65_536)
def _key_words(key: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(key))


def text_values(text: str) -> list[str]:
    """What in a text looks like an id or a number or stands in quotes, the latest first."""
    quoted = [next(filter(None, found.groups())) for found in _QUOTED.finditer(text)]
    words = [found[0].strip(_EDGES) for found in _TOKEN.finditer(text)]
    return list(
        dict.fromkeys([*reversed([w for w in words if _looks_like_id(w)]), *reversed(quoted)])
    )


def _looks_like_id(word: str) -> bool:
    if word.isascii():
        return _ASCII_ID.search(word) is not None
    return "@" in word or any(
        c.isdigit() or (place and c.isupper()) for place, c in enumerate(word)
    )


def _source_marks(parameter: ActionParameter, source: Source) -> tuple[str, ...]:
    marks = [
        str(source),
        f"{SHARED}{source}" if source.kind == "text" else f"{SHARED}{source.kind}",
    ]
    name = _plain_last_name(source)
    if name == parameter.plain_name:
        marks.append(f"{SHARED}{source.kind} of the same name")
    if name in parameter.others:
        marks += ["of another parameter", f"{SHARED}of another parameter"]
    return tuple(marks)


def _place_marks(source: Source, place: int, count: int) -> Iterator[str]:
    where = "first" if place == 0 else "last" if place == count - 1 else "between"
    yield f"{source} {where}"
    yield f"{SHARED}{source.kind} {where}"


def _constant_marks(parameter: ActionParameter, number: int, heard: Heard) -> Iterator[str]:
    """Words count for a closed parameter alone: for others they would be learned by heart."""
    if not parameter.closed:
        yield "constant"
        yield f"{SHARED}constant"
        return
    yield f"constant {number}"
    for word in heard.said["now"].ordered:
        yield f"constant {number} with {word}"
    for word in heard.said["before"].ordered:
        yield f"constant {number} after {word}"


def _used(parameter: ActionParameter, calls: Mapping[str, Sequence[Mapping[str, Any]]]) -> set[str]:
    """The keys of what the parameter was before."""
    before = calls.get(parameter.action, ())
    return {value_key(call[parameter.name]) for call in before if parameter.name in call}


def _own_marks(
    parameter: ActionParameter, key: str, value: Any, heard: Heard, used: set[str]
) -> Iterator[str]:
    if key in used:
        yield "used"
        yield f"{SHARED}used"
    if isinstance(value, str) and parameter.forms:
        yield (
            f"{SHARED}form" if text_form(value) in parameter.known_forms else f"{SHARED}other form"
        )
    if isinstance(value, list | dict | bool) or not heard.all_words.issuperset(_key_words(key)):
        return
    for when, said in heard.said.items():
        if said.holds(key):
            yield f"said {when}"
            yield f"{SHARED}said {when}"
