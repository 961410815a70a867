"""The two things everything else is about: a turn, and a dialogue of turns.

They are the corpus format as well: a file, a request and a store hold their JSON, and an unknown
key is an error, because a key misspelt in silence is data lost in silence.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from math import isfinite
from typing import Annotated, Any, TypeGuard

from msgspec import Meta, Struct
from msgspec.structs import force_setattr

from cueline.errors import CorpusError
from cueline.markup import lines, names, quiet, table

Name = Annotated[str, Meta(min_length=1)]
Names = tuple[Name, ...]
_Several = Annotated[
    tuple[str | float, ...],
    Meta(
        extra_json_schema={
            "anyOf": [{"items": {"type": kind}} for kind in ("string", "number")],
        }
    ),
]
Feature = str | bool | int | float | _Several
"""A context feature: a category, a truth value, a number, several categories, or a vector, which is
a tuple of numbers alone."""
Value = str | bool | int | float
"""What a span or an argument of one word may be."""
Arguments = Mapping[Name, tuple[Mapping[str, Any], ...]]
"""The calls of each action, each its arguments by name."""
_STRING = {str}


class Span(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Words of the user that name something: `user[start:end]`, in characters.

    `value` is what they stand for ("seven" for 7, "NYC" for "New York"); None where the words are
    the value themselves.
    """

    start: Annotated[int, Meta(ge=0)]
    end: int
    label: Name
    value: Value | None = None

    def __post_init__(self) -> None:
        """Check what types alone do not say."""
        if not (0 <= self.start < self.end and self.label):
            raise CorpusError("a span has a label, and a `start` before its `end`")


class Turn(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One user turn and what the system did in answer to it.

    `user` is None where the system acts again without hearing the user. `features` and
    `available` are what the system knows *before* it acts. `actions` is None where nobody has said
    yet what the system does (a live turn); `()` says that it rightly does nothing. `system` is what
    it said in words, known only after it acted.

    `spans` are the user's words that name something. `arguments` are what the actions are called
    with, for each action a list of calls. `results` are what the calls of earlier turns returned,
    for each action a list, known before acting as the features are.

    Lists and NumPy's arrays are taken for tuples. Raises `CorpusError` for names that are one
    string, a number that is not finite, a feature that is names and numbers at once, a span outside
    of `user`, and arguments of an action that is not done.
    """

    user: str | None
    features: Mapping[str, Feature] = {}
    available: Names | None = None
    actions: Names | None = None
    system: str | None = None
    spans: tuple[Span, ...] = ()
    arguments: Arguments = {}
    results: Mapping[Name, tuple[Any, ...]] = {}

    def __post_init__(self) -> None:
        """Check what types alone do not say."""
        if self.actions is not None and type(self.actions) is not tuple:
            force_setattr(self, "actions", _names(self.actions, "actions"))
        if self.available is not None and type(self.available) is not tuple:
            force_setattr(self, "available", _names(self.available, "available"))
        if "" in (self.actions or ()) or "" in (self.available or ()):
            raise CorpusError("an action has an empty name; leave it out")
        for value in self.features.values():
            if type(value) is tuple and set(map(type, value)) <= _STRING:
                continue
            if type(value) is not str and type(value) is not bool:
                force_setattr(self, "features", _features(self.features))
                break
        if self.spans:
            if type(self.spans) is not tuple:
                force_setattr(self, "spans", tuple(self.spans))
            _check_spans(self.user, self.spans)
        if self.arguments:
            force_setattr(self, "arguments", _lists(self.arguments, "arguments"))
            if self.actions is not None:
                _check_arguments(self.arguments, self.actions)
        if self.results:
            force_setattr(self, "results", _lists(self.results, "results"))

    def with_features(self, features: Mapping[str, Feature]) -> Turn:
        """The turn with other `features`, of their own types; not checked, as this one was."""
        other = copy(self)
        force_setattr(other, "features", features)
        return other


class Dialogue(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A dialogue: its turns in order, an identifier, and anything else known of it."""

    id: Name
    turns: Annotated[tuple[Turn, ...], Meta(min_length=1)]
    meta: Mapping[str, Any] = {}

    def __post_init__(self) -> None:
        """Check what the file format does."""
        if not (self.id and self.turns):
            raise CorpusError("a dialogue has an id and at least one turn")

    def _repr_html_(self) -> str:
        rows = ((number, *_shown(turn)) for number, turn in enumerate(self.turns))
        return lines(self.id, table(("turn", "user", "known", "system"), rows))


def _shown(turn: Turn) -> Iterator[object]:
    """What a notebook shows of a turn: who said what, and what was done."""
    yield quiet("(silent)") if turn.user is None else turn.user
    yield lines(*(f"{name}: {_brief(value)}" for name, value in turn.features.items()))
    done = quiet("not known") if turn.actions is None else names(turn.actions)
    yield lines(done, turn.system)


def _brief(value: Feature) -> object:
    return f"{len(value)} numbers" if is_vector(value) else value


def is_vector(value: Feature) -> TypeGuard[tuple[float, ...]]:
    """Whether a feature of a turn is a list of numbers."""
    return isinstance(value, tuple) and bool(value) and isinstance(value[0], float)


def categories(value: Feature) -> tuple[str, ...]:
    """The categories that a feature of a turn holds; none where it is of another kind."""
    if isinstance(value, str):
        return (value,)
    return tuple(map(str, value)) if isinstance(value, tuple) and not is_vector(value) else ()


def _check_spans(user: str | None, spans: tuple[Span, ...]) -> None:
    """Raise `CorpusError` for a span that is not within the words of `user`."""
    length = 0 if user is None else len(user)
    for span in spans:
        if isinstance(span.value, float) and not isfinite(span.value):
            raise CorpusError(f"the span {span.label!r} stands for {span.value}; leave that out")
        if span.end > length:
            raise CorpusError(
                f"the span {span.label!r} ends at character {span.end}, but `user` has {length}"
            )


def _check_arguments(arguments: Arguments, actions: tuple[str, ...]) -> None:
    """Raise `CorpusError` for the arguments of an action that is not among `actions`."""
    for action in arguments:
        if action not in actions:
            raise CorpusError(f"there are arguments for {action!r}, which is not in `actions`")


def _lists(by_action: Mapping[str, Any], where: str) -> Mapping[str, tuple[Any, ...]]:
    """`by_action` with tuples for lists.

    Raises `CorpusError` for what is no list, and for a number within it that is not finite.
    """
    lists = {}
    for action, values in by_action.items():
        if type(values) is not tuple and type(values) is not list:
            kind = type(values).__name__
            raise CorpusError(f"`{where}` of {action!r} are a list, an item a call, not a {kind}")
        _check_finite(values, f"`{where}` of {action!r}")
        lists[action] = tuple(values)
    return lists


def _check_finite(value: Any, where: str) -> None:
    """Raise `CorpusError` where a number inside of `value` is not finite."""
    todo = [value]
    while todo:
        one = todo.pop()
        if isinstance(one, str):
            continue
        if isinstance(one, float):
            if not isfinite(one):
                raise CorpusError(f"{where} hold {one}, which JSON has not; null says unknown")
        elif isinstance(one, dict):
            todo += one.values()
        elif isinstance(one, list | tuple):
            todo += one


def _names(names: Any, where: str) -> tuple[str, ...]:
    if isinstance(names, str):
        raise CorpusError(f"`{where}` is a tuple of names, not the string {names!r}")
    return tuple(names)


def _features(features: Mapping[str, Any]) -> Mapping[str, Feature]:
    """`features` with tuples for lists and arrays; raises `CorpusError` as `Turn` says."""
    changed: dict[str, Feature] = {}
    for name, value in features.items():
        plain = value.tolist() if hasattr(value, "tolist") else value
        if isinstance(plain, list | tuple):
            changed[name] = _several(name, plain)
        elif isinstance(plain, int | float) and not _finite(plain):
            raise CorpusError(f"the feature {name!r} is not a finite number; leave it out instead")
        elif plain is not value:
            changed[name] = plain
    return {**features, **changed} if changed else features


def _several(name: str, values: Sequence[Any]) -> tuple[str, ...] | tuple[float, ...]:
    """Categories, or the numbers of a vector."""
    if all(isinstance(one, str) for one in values):
        return tuple(values)
    if not all(isinstance(one, int | float) and not isinstance(one, bool) for one in values):
        raise CorpusError(
            f"the feature {name!r} is a list neither of names alone nor of numbers alone"
        )
    if not all(map(_finite, values)):
        raise CorpusError(f"the feature {name!r} holds a number that is not finite")
    return tuple(map(float, values))


def _finite(number: float) -> bool:
    try:
        return isfinite(number)
    except OverflowError:  # an integer beyond every float
        return False
