"""Text to words."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

_LONGEST_WORD = 40
"""Characters read per word wanted: bounds the work on a megabyte without spaces."""

# Words keep their apostrophe ("don't"); scripts written without spaces go character by character;
# anything else that is not a space, such as "?", is a word of its own.
_WORD = re.compile(
    r"[^\W\u3040-\u30ff\u3400-\u9fff]+(?:'\w+)*|[^\w\s]|[\u3040-\u30ff\u3400-\u9fff]"
)


class Token(NamedTuple):
    """A word of a text in one form, and where it stands: `text[start:end]`."""

    word: str
    start: int
    end: int


def tokens(text: str, limit: int) -> list[Token]:
    """The first `limit` words of `text` with their places."""
    found = islice(_WORD.finditer(text[: limit * _LONGEST_WORD]), limit)
    return [Token(_folded(one[0]), one.start(), one.end()) for one in found]


def _folded(word: str) -> str:
    return unicodedata.normalize("NFKC", word).lower()[:_LONGEST_WORD]


def words(text: str, limit: int) -> list[str]:
    """The first `limit` words of `text`, in lower case and one Unicode form."""
    text = unicodedata.normalize("NFKC", text[: limit * _LONGEST_WORD]).lower()
    return [word[:_LONGEST_WORD] for word in _WORD.findall(text)[:limit]]


@lru_cache(maxsize=65_536)
def value_words(value: str) -> tuple[str, ...]:
    """The words of a feature's value, as a user would type them; `_` in it counts as a space."""
    return tuple(words(value.replace("_", " "), 12))
