"""OpenTelemetry spans of generative AI as JSON Lines (`gen_ai.input.messages` and the like).

    {"name": "chat", "traceId": "7f", "attributes": {"gen_ai.conversation.id": "c1",
     "gen_ai.input.messages": [{"role": "user", "parts": [{"type": "text", "content": "Hi"}]}],
     "gen_ai.output.messages": [{"role": "assistant", "parts": [{"type": "text", ...}]}],
     "gen_ai.tool.definitions": [{"type": "function", "name": "track"}]}}

A line is a span, its attributes an object or the protocol's list of `key` and `value`, or a whole
export with `resourceSpans`. A span's input is mostly the dialogue so far, so spans with the same
conversation (or trace) are one dialogue: a span that repeats what is known goes on from there.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from cueline.corpus.account import Account
from cueline.corpus.decoding import decode
from cueline.corpus.formats.otel.old_messages import Message
from cueline.corpus.formats.otel.old_transcripts import tool_names, transcript
from cueline.corpus.formats.otel.spans import Said, messages, spans
from cueline.corpus.json_stream import items
from cueline.corpus.sample import Sample
from cueline.dialogue import Dialogue

OPEN = 1000
"""Conversations that may go on at the same time; the one that waits longest ends before more."""
_ATTRIBUTE = re.compile(r'"gen_ai\.[a-z_.]+"')
_SPAN = re.compile(r'"(?:attributes|resourceSpans|spanId|span_id)"\s*:')
_json: msgspec.json.Decoder[Any] = msgspec.json.Decoder()


class _Talk(Struct):
    number: int
    said: list[Said] = []
    offered: list[str] | None = None


def recognises(sample: Sample) -> bool:
    """Whether the file begins with spans that have attributes of generative AI."""
    head = sample.head
    return sample.is_json and bool(_ATTRIBUTE.search(head) and _SPAN.search(head))


def read(path: Path, account: Account | None = None) -> Iterator[Dialogue]:
    """The dialogues of the file; one in which the system never acts is left out."""
    talks: OrderedDict[str, _Talk] = OrderedDict()
    count = 0
    for place, text in items(path):
        for span in spans(decode(text, _json, place), place):
            if span.talk not in talks:
                count += 1
                talks[span.talk] = _Talk(count)
            talk = talks[span.talk]
            talks.move_to_end(span.talk)
            talk.said = _going_on(talk.said, span.input) + span.output
            talk.offered = tool_names(span.tools) if span.tools is not None else talk.offered
            if len(talks) > OPEN:
                yield from _ended(path, *talks.popitem(last=False))
    for name, talk in sorted(talks.items(), key=lambda item: item[1].number):
        yield from _ended(path, name, talk)


def _going_on(known: list[Said], asked: list[Said]) -> list[Said]:
    """What was said up to now: `asked` repeats it, or repeats a part, or only adds to it."""
    for start in range(len(known)):
        if known[start:] == asked[: len(known) - start]:
            return known[:start] + asked
    return known + asked


def _ended(path: Path, name: str, talk: _Talk) -> Iterator[Dialogue]:
    said: list[Message] = [message for one in talk.said for message in messages(one)]
    found = transcript(path, talk.number, said, talk.offered, {"id": name})
    if found is not None:
        yield found
