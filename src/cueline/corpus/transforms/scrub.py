"""Personal data out: each e-mail address, phone, card and account number becomes a placeholder.

    Write to ann@example.org, or call 020 7946 0018     becomes
    Write to email_1, or call phone_1

The same thing has the same placeholder all over a dialogue, and another one in the next dialogue.
Spans move with their words; one that has any of a placeholder has all of it.
What the patterns look for is checked where it can be: the digits of a card by Luhn's formula (ISO
7812), of an account by theirs (ISO 13616).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from msgspec.structs import replace

from cueline.dialogue import Dialogue, Feature, Span, Turn
from cueline.errors import CorpusError

_EMAIL = r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+"
_CARD = r"(?<![\w-])\d(?:[ -]?\d){12,18}(?![\w-])"
_IBAN = r"(?<!\w)[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]{1,4}){2,8}(?!\w)"
_PHONE = (
    r"(?<![\w.+-])(?:"
    r"(?:\+|00)[1-9](?:[ .()/-]{0,2}\d){6,13}"  # +44 20 7946 0018
    r"|\(\d{2,5}\)(?:[ .-]?\d){5,9}"  # (408) 247-8880
    r"|0(?:[ .()/-]?\d){8,10}"  # 020 7946 0018
    r"|(?:1[ .-])?\d{3}[ .-]\d{3}[ .-]\d{4}"  # 408-247-8880
    r"|\d{3}-\d{4}"  # 247-8880
    r"|\d{10,11}"
    r")(?![\w-])"
)
_GAP = re.compile(r"[ -]+")
_SEPARATORS = re.compile(r"[\s()./-]")


class Pattern(NamedTuple):
    """Something to replace: where it may be, and what it is; None if it is something else."""

    kind: str
    place: re.Pattern[str]
    normal: Callable[[str], str | None]


def scrub(
    dialogues: Iterable[Dialogue], patterns: Mapping[str, str] | None = None
) -> Iterator[Dialogue]:
    """`dialogues` with placeholders in all texts, in the values of features, spans and arguments,
    in results, and in `meta`.

    `patterns` are regular expressions of your own, by the name of their placeholder; they go
    before the others. Names of actions, features, labels and arguments stay. An id that holds
    something personal becomes a number.
    """
    own = [_own(name, pattern) for name, pattern in (patterns or {}).items()]
    for number, dialogue in enumerate(dialogues, start=1):
        clean = _Scrub([*own, *PATTERNS])
        id = dialogue.id if clean.text(dialogue.id) == dialogue.id else f"dialogue-{number}"
        clean.numbers.clear()
        turns = tuple(clean.turn(turn) for turn in dialogue.turns)
        yield Dialogue(id, turns, clean.value(dict(dialogue.meta)))


class _Edit(NamedTuple):
    """`text` in the place of the characters from `start` to `end`."""

    start: int
    end: int
    text: str


class _Scrub:
    """One dialogue's placeholders."""

    def __init__(self, patterns: list[Pattern]) -> None:
        self.patterns = patterns
        self.numbers: dict[str, dict[str, int]] = {}

    def text(self, text: str) -> str:
        return self.marked(text, ())[0]

    def marked(self, text: str, spans: Iterable[Span]) -> tuple[str, tuple[Span, ...]]:
        """`text` with placeholders, and where its `spans` are then."""
        moved = tuple(spans)
        for pattern in self.patterns:
            found = (self._placeholder(pattern, one) for one in pattern.place.finditer(text))
            if edits := [one for one in found if one is not None]:
                text, moved = _edited(text, edits), tuple(_moved(span, edits) for span in moved)
        return text, moved

    def _placeholder(self, pattern: Pattern, found: re.Match[str]) -> _Edit | None:
        """The placeholder of what was found, or of as much of it as is what it looks like."""
        text = found[0]
        for end in (len(text), *(gap.start() for gap in reversed([*_GAP.finditer(text)]))):
            if (normal := pattern.normal(text[:end])) is not None:
                known = self.numbers.setdefault(pattern.kind, {})
                number = known.setdefault(normal, len(known) + 1)
                return _Edit(found.start(), found.start() + end, f"{pattern.kind}_{number}")
        return None

    def turn(self, turn: Turn) -> Turn:
        user, spans = (None, ()) if turn.user is None else self.marked(turn.user, turn.spans)
        features: dict[str, Feature] = {k: self.value(v) for k, v in turn.features.items()}
        return replace(
            turn,
            user=user,
            features=features,
            system=None if turn.system is None else self.text(turn.system),
            spans=tuple(replace(span, value=self.value(span.value)) for span in spans),
            arguments={action: self.value(calls) for action, calls in turn.arguments.items()},
            results={action: self.value(some) for action, some in turn.results.items()},
        )

    def value(self, value: Any) -> Any:
        """`value` with every text in it scrubbed; keys stay."""
        match value:
            case str():
                return self.text(value)
            case tuple():
                return tuple(map(self.value, value))
            case list():
                return [self.value(item) for item in value]
            case Mapping():
                return {key: self.value(item) for key, item in value.items()}
        return value


def _edited(text: str, edits: Iterable[_Edit]) -> str:
    parts, at = [], 0
    for edit in edits:
        parts += [text[at : edit.start], edit.text]
        at = edit.end
    return "".join([*parts, text[at:]])


def _moved(span: Span, edits: Iterable[_Edit]) -> Span:
    """`span` over the same words; over the whole of a placeholder where it has any of it."""
    start, end, by = span.start, span.end, 0
    for edit in edits:
        new = edit.start + by
        by += len(edit.text) - (edit.end - edit.start)
        if edit.end <= span.start:
            start = span.start + by
        elif edit.start <= span.start:
            start = new
        if edit.end <= span.end:
            end = span.end + by
        elif edit.start < span.end:
            end = new + len(edit.text)
    return replace(span, start=start, end=end)


def _own(name: str, pattern: str) -> Pattern:
    if not re.fullmatch(r"\w+", name):
        raise CorpusError(f"{name!r} is no name for a placeholder; use letters, digits and _")
    try:
        return Pattern(name, re.compile(pattern), lambda found: found or None)
    except re.error as error:
        raise CorpusError(f"the pattern {name!r} is no regular expression: {error}") from None


def _digits(text: str) -> str:
    return _SEPARATORS.sub("", text)


def _card(text: str) -> str | None:
    """Luhn's formula: of every second digit from the right, twice it, and the sum ends in 0."""
    digits = [int(digit) for digit in reversed(_digits(text))]
    total = sum(digits[::2]) + sum(sum(divmod(2 * digit, 10)) for digit in digits[1::2])
    return _digits(text) if total % 10 == 0 and any(digits) else None


def _iban(text: str) -> str | None:
    """The remainder of an account number by 97 is 1, letters counting from 10."""
    plain = _digits(text).upper()
    number = "".join(str(int(character, 36)) for character in plain[4:] + plain[:4])
    return plain if 15 <= len(plain) <= 34 and int(number) % 97 == 1 else None


PATTERNS = (
    Pattern("email", re.compile(_EMAIL), str.lower),
    Pattern("iban", re.compile(_IBAN), _iban),
    Pattern("card", re.compile(_CARD), _card),
    Pattern("phone", re.compile(_PHONE), _digits),
)
