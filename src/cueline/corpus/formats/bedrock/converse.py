"""Messages of Bedrock's Converse: blocks with one key, such as `text` or `toolUse`.

{"messages": [{"role": "user", "content": [{"text": "Where is my parcel?"}]},
  {"role": "assistant", "content": [{"toolUse": {"toolUseId": "t1", "name": "track",
                                                 "input": {"parcel": 7}}}]},
  {"role": "user", "content": [{"toolResult": {"toolUseId": "t1",
                                "content": [{"json": {"status": "sent"}}]}}]}],
 "toolConfig": {"tools": [{"toolSpec": {"name": "track"}}]}}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cueline.corpus.account import Account
from cueline.corpus.transcripts.calls import call
from cueline.corpus.transcripts.closed_world import (
    as_list,
    as_object,
    as_text,
    inner,
    names,
    refuse,
)
from cueline.corpus.transcripts.events import Result
from cueline.corpus.transcripts.message_records import record_pieces
from cueline.corpus.transcripts.messages import MessageReader, Part
from cueline.corpus.transcripts.outline import Outline, objects
from cueline.corpus.transcripts.pieces import Piece
from cueline.errors import Place

KINDS = ("toolUse", "toolResult", "text", "citationsContent")
IGNORED_KINDS = names(
    "image document video audio reasoningContent guardContent cachePoint searchResult"
)


def _text(block: dict[str, Any], place: Place, account: Account) -> Iterator[Part]:
    yield as_text(block["text"], inner(place, "text"), "the text of a block")


def _call(block: dict[str, Any], place: Place, account: Account) -> Iterator[Part]:
    where = inner(place, "toolUse")
    use = as_object(block["toolUse"], where, "`toolUse`")
    yield call(use | {"id": use.get("toolUseId")}, where)


def _result(block: dict[str, Any], place: Place, account: Account) -> Iterator[Part]:
    result = as_object(block["toolResult"], inner(place, "toolResult"), "`toolResult`")
    failed = result.get("status") == "error"
    yield Result(_returned(result.get("content")), result.get("toolUseId"), failed=failed)


def _cited(block: dict[str, Any], place: Place, account: Account) -> Iterator[Part]:
    where = inner(inner(place, "citationsContent"), "content")
    cited = as_object(block["citationsContent"], where, "`citationsContent`")
    for one in as_list(cited.get("content") or [], where, "what is cited"):
        yield from _text(as_object(one, where, "a text"), where, account)


def _returned(content: Any) -> Any:
    """What a tool returned: its text or its JSON where it is only that."""
    match content:
        case [{"json": value}]:
            return value
        case list() if content and all(isinstance(one, dict) and "text" in one for one in content):
            return "\n".join(str(one["text"]) for one in content)
    return content


def _as_chat(
    message: dict[str, Any], place: Place, account: Account
) -> tuple[dict[str, Any], Place]:
    """The message with a type for each of its blocks."""
    where = inner(place, "content")
    listed = as_list(message.get("content"), where, "`content`")
    return message | {
        "content": [_typed(one, inner(where, n)) for n, one in enumerate(listed)]
    }, place


def _typed(value: Any, place: Place) -> dict[str, Any]:
    block = as_object(value, place, "a block")
    kinds = [kind for kind in (*KINDS, *IGNORED_KINDS) if block.get(kind) is not None]
    if not kinds:
        refuse(place, f"a block without known content; it has the keys {sorted(block)}")
    return block | {"type": kinds[0]}


READER = MessageReader(
    keys=frozenset({"role", "content"}),
    ignored=names("id timestamp metadata"),
    reasoning=frozenset(),
    parts={"text": _text, "toolUse": _call, "toolResult": _result, "citationsContent": _cited},
    ignored_parts=IGNORED_KINDS,
    as_chat=_as_chat,
)


def recognises_message(message: dict[str, Any]) -> bool:
    """Whether its content is blocks that have no type and one of Bedrock's keys."""
    content = message.get("content")
    return isinstance(content, list) and any(
        isinstance(block, dict)
        and "type" not in block
        and any(key in block for key in (*KINDS, *IGNORED_KINDS))
        for block in content
    )


def recognises(record: Outline) -> bool:
    """Whether the content of a message is blocks as Converse has them."""
    if not record.part_keys & {*KINDS, *IGNORED_KINDS}:
        return False
    return any(map(recognises_message, objects(record.messages)))


def pieces(value: Any, place: Place, account: Account) -> Iterator[Piece]:
    """The dialogue that a record tells, or the message that it is."""
    return record_pieces(value, place, account, READER)
