"""What a model took for an answer: tokens read, tokens written, and seconds, where it is said.

Providers name the same counts differently: `usage`, `usage_metadata`, `prompt_tokens`,
`inputTokens`. What another API leaves out of the tokens read because it came from a cache or went
into one is added.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import structs

from cueline.corpus.transcripts.events import Event, StepEnded, TurnUsage
from cueline.corpus.transcripts.pieces import moment

USAGE = "usage"
"""The key in a dialogue's `meta` of a list with what each turn took, null where it is unknown."""
_HOLDERS = ("usage", "usage_metadata", "usageMetadata", "token_usage", "tokenUsage", "models_usage")
_INPUT = ("prompt_tokens", "input_tokens", "promptTokens", "inputTokens", "promptTokenCount")
_OUTPUT = (
    *("completion_tokens", "output_tokens", "completionTokens", "outputTokens"),
    *("candidatesTokenCount", "candidates_token_count"),
)
_CACHED = ("cache_read_input_tokens", "cache_creation_input_tokens")
_RESPONSES = ("response", "response_body", "output")
_TIMES = ("timestamp", "created_at", "createdAt", "time", "date")
_UNITS = ((1e17, 1e9), (1e14, 1e6), (1e11, 1e3))
"""From which number on a time since 1970 is in which part of a second."""
MAX_SECONDS = 3600.0
"""After a longer pause nobody was waiting for the answer."""


def usage_in(holder: Any) -> TurnUsage | None:
    """The tokens that an answer, or the body of a response, says that it took; it never raises."""
    if not isinstance(holder, Mapping):
        return None
    for key in _HOLDERS:
        counts = holder.get(key)
        if isinstance(counts, Mapping):
            return counted(counts, _INPUT, _OUTPUT)
    return None


def usage_of_answer(record: Mapping[str, Any]) -> TurnUsage | None:
    """The tokens of the response that a record is, or holds beside its request."""
    inside = [record.get(key) for key in _RESPONSES]
    inside += [one["body"] for one in inside if isinstance(one, Mapping) and "body" in one]
    holders = [record] if "choices" in record else inside
    return next((found for one in holders if (found := usage_in(one))), None)


def measured_keys(message: Mapping[str, Any]) -> frozenset[str]:
    """The keys of a message that tokens and times are read from."""
    keys = _HOLDERS if usage_in(message) is not None else ()
    return frozenset((*keys, *_TIMES) if time_of(message) is not None else keys)


def counted(
    counts: Mapping[str, Any], input: Sequence[str], output: Sequence[str]
) -> TurnUsage | None:
    """The tokens under the first of the names that hold a count; None where none does."""
    read, written = (next(_counts(counts, names), None) for names in (input, output))
    if read is not None:
        read += sum(_counts(counts, _CACHED))
    return None if read is None and written is None else TurnUsage(read, written)


def with_usage(events: list[Event], usage: TurnUsage | None) -> list[Event]:
    """`events`, whose last step took that; what was known of it before stays."""
    if usage is None or not events or not isinstance(events[-1], StepEnded):
        return events
    known = events[-1].usage or usage
    fields = (
        first if first is not None else second
        for first, second in zip(structs.astuple(known), structs.astuple(usage), strict=True)
    )
    return [*events[:-1], StepEnded(TurnUsage(*fields))]


def time_of(message: Any) -> float | None:
    """When a message was sent, in seconds since 1970; None where it does not say."""
    if not isinstance(message, Mapping):
        return None
    return next((seconds for key in _TIMES if (seconds := in_seconds(message.get(key)))), None)


def in_seconds(time: Any) -> float | None:
    """A time in seconds, of a number of whatever unit, or of ISO 8601."""
    found = moment(time)
    unit = next((unit for least, unit in _UNITS if found is not None and found >= least), 1.0)
    return None if found is None else found / unit


def between(before: float | None, after: float | None) -> TurnUsage | None:
    """The seconds from one time to another; None where they say nothing of an answer."""
    if before is None or after is None or not 0 <= after - before <= MAX_SECONDS:
        return None
    return TurnUsage(seconds=round(after - before, 6))


def _counts(counts: Mapping[str, Any], names: Sequence[str]) -> Iterator[int]:
    """The counts under `names`; an attribute of a trace may be digits."""
    for name in names:
        value = counts.get(name)
        if isinstance(value, str) and value.isdecimal() and len(value) < 16:
            value = int(value)
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            yield value
