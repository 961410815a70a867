"""What is said of a file that is in no known format: what it looks like, and what can be done."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cueline.corpus.sample import Sample
from cueline.corpus.transcripts.outline import outline
from cueline.errors import CorpusError, Place, corpus_error

_NAME_IT = "`cueline formats` lists what is read; name the format with --format if it is one"
_ZIP = b"PK\x03\x04"
_LOOKS = (
    ({"instruction"}, "instructions with answers, which say nothing of actions"),
    ({"question", "answer"}, "questions with answers, which say nothing of actions"),
    ({"text"}, "texts, which are no dialogues"),
    ({"role"}, "messages"),
    ({"event"}, "events of a log"),
    ({"type"}, "events of a log"),
)


def not_recognised(sample: Sample) -> CorpusError:
    """The error for a file that no format recognises."""
    place = Place(sample.path)
    if sample.is_utf16:
        return corpus_error(place, "encoded in UTF-16; save the file as UTF-8")
    if not sample.head.strip("\ufeff \n\r\t"):
        return sample.error or corpus_error(place, "the file is empty")
    if sample.records:
        return corpus_error(place, f"JSON that {_looks(sample.records[0])}; {_NAME_IT}")
    if sample.error is not None:
        return sample.error
    if sample.start.startswith(_ZIP):
        return corpus_error(place, "a zip archive; unpack it first, with `unzip`, say")
    if b"\0" in sample.start:
        return corpus_error(
            place, f"not a text, and not in a format that is recognised; {_NAME_IT}"
        )
    return corpus_error(place, f"not in a format that is recognised; {_NAME_IT}")


def _looks(record: Any) -> str:
    """What the first record looks like."""
    if not isinstance(record, dict):
        return "holds no objects, so no dialogues"
    has = f"has the keys {_named(record)}" if record else "has no keys"
    outlined = outline(record)
    if outlined.roles:
        return f"holds messages of roles that no dialect has together: {_named(outlined.roles)}"
    if outlined.messages and outlined.messages[0] is not record:
        has += f", and its messages have {_named(outlined.message_keys)}"
    look = next((what for known, what in _LOOKS if known <= record.keys()), None)
    return f"is in no format that is recognised: it {has}" + (f", as {look} do" if look else "")


def _named(names: Iterable[str]) -> str:
    """The first names, in the order of a record, or of the alphabet where they have none."""
    several = sorted(names) if isinstance(names, frozenset) else list(names)
    return ", ".join(f"`{name}`" for name in several[:8])
