r"""Text to words, in any script, each with its place in the text.

Words are those of Unicode's default segmentation (UAX 29) and never cut a grapheme cluster. Where
a dialogue needs something else it departs from it:

- Links, e-mail addresses, numbers, times, dates and ids such as `#W12` or `A-42` are one word.
- Scripts written without spaces (Han, Kana, Thai, Lao, Khmer, Myanmar) give a word a cluster.
- A dot or a colon between letters parts them: people leave out the space after a sentence.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

import regex

_LONGEST_WORD = 40
"""Characters read per word wanted: bounds the work on a megabyte without spaces."""


class Token(NamedTuple):
    """A word as it is learned, and where it stands: `fold(text[start:end]) == word`."""

    word: str
    start: int
    end: int


def _pattern(begins: str, goes_on: str, mark: str, before: str, digit: str, other: str) -> str:
    """The pattern of a word, the likeliest first; each argument matches one character.

    A cluster is one that `begins` it and then each `mark`; `goes_on` is either, `before` may lead.
    """
    run = rf"(?:{before}*+{begins}{goes_on}*+)++"
    plain = rf"{run}(?:'{run})*+(?=[ ?!]|[.,]?(?: |\Z))"
    ends = rf"(?:(?<={goes_on})|(?<=[/&=#%~+$*-]))"
    link = rf"(?i:https?://|ftp://|www\.)(?:{goes_on}|[!#-;=?-~])+{ends}"
    host = rf"{run}(?:-{run})*+"
    mail = rf"{begins}(?:{goes_on}|[.+%-]){{0,63}}+@{host}(?:\.{host})++"
    id_ = rf"\#{host}|(?!{digit}){run}(?:-(?={goes_on}*?{digit}){run})++"
    clock = rf"[Tt]{digit}++(?::{digit}++)*+"
    date = rf"{digit}++(?:-{digit}++){{2,}}+(?:{clock})?+(?:{run})?+"
    number = rf"(?<={digit})[.,:/．，：／٫٬](?={digit})"
    inside = rf"(?:['‘’＇·‧״]|(?<=[א-ת])\"(?=[א-ת])|{number})"
    return rf"{plain}|(?:{link}|{mail}|{id_}|{date})(?!{mark})|{run}(?:{inside}{run})*+|{other}"


# UAX 29's own classes. It leaves scripts without spaces to dictionaries; `\X`, a cluster, is here.
_BEGINS = r"\p{WB=ALetter}\p{WB=Numeric}\p{WB=Hebrew_Letter}\p{No}_"
_MARK = r"\p{WB=Extend}\p{WB=ZWJ}\p{WB=Format}ำຳ"
_BUT = r"--[\p{ExtPict}\p{GCB=Prepend}]"
_ANY = regex.compile(
    _pattern(
        begins=rf"[{_BEGINS}{_BUT}]",
        goes_on=rf"[{_BEGINS}{_MARK}{_BUT}]",
        mark=rf"[{_MARK}]",
        before=r"\p{GCB=Prepend}",
        digit=r"\p{Nd}",
        other=rf"(?![\s\x1c-\x1f](?![{_MARK}]))\X",
    ),
    regex.VERSION1,
)
_ASCII = re.compile(
    _pattern(
        begins="[A-Za-z0-9_]",
        goes_on="[A-Za-z0-9_]",
        mark=r"[^\x00-\x7f]",
        before=r"[^\x00-\x7f]",
        digit="[0-9]",
        other=r"[^\sA-Za-z0-9_]",
    )
)
"""The same for ASCII alone, which most text is; `re` reads that seven times as fast."""

_UNSEEN = regex.compile(r"[\s\p{Default_Ignorable_Code_Point}]+")
_ALIKE = str.maketrans({"ı": "i", "‘": "'", "’": "'", "ʼ": "'"})


def tokens(text: str, limit: int) -> list[Token]:
    """The first `limit` words of `text` in order, with offsets into `text` as it is.

    What stands between them is spaces, and characters that nobody sees.
    """
    return list(islice(_tokens(text, limit * _LONGEST_WORD), limit))


def words(text: str, limit: int) -> list[str]:
    """The first `limit` words of `text`, folded."""
    if len(text) <= limit * _LONGEST_WORD and text.isascii():
        return _ASCII.findall(text.lower())[:limit]
    return [token.word for token in tokens(text, limit)]


def all_words(text: str) -> list[str]:
    """All words of `text`, however long it is, folded."""
    return words(text, len(text))


def fold(text: str) -> str:
    """`text` so that spellings of one word become equal: NFKC, without case or what is invisible.

    `ß` is `ss`. `I`, `i`, `İ` and `ı` are one letter, because the case of an `i` depends on a
    language that nobody names: `İZMİR`, `izmir`, `IZMIR` are one word, and so are `kız` and `kiz`.
    """
    if text.isascii():
        return " ".join(text.lower().split())
    return " ".join(filter(None, map(_fold, text.split())))


def _fold(part: str) -> str:
    folded = unicodedata.normalize("NFKC", part).casefold()
    folded = _UNSEEN.sub("", folded).translate(_ALIKE).replace("i\u0307", "i")
    return unicodedata.normalize("NFKC", folded)


@lru_cache(maxsize=65_536)
def value_words(value: str) -> tuple[str, ...]:
    """The words of a feature's value, as a user would type them; `_` in it counts as a space."""
    return tuple(words(value.replace("_", " "), 12))


def _tokens(text: str, longest: int) -> Iterator[Token]:
    window = text[:longest]
    plain = window.isascii()
    folded = window.lower() if plain else ""
    for found in (_ASCII if plain else _ANY).finditer(window):
        start, end = found.span()
        if end == longest < len(text):
            return  # the rest of it was not read
        if word := folded[start:end] if plain else fold(found[0]):
            yield Token(word, start, end)
