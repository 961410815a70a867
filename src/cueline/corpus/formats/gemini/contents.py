"""Gemini's `contents`: parts with `text`, `functionCall` and `functionResponse`.

    {"contents": [{"role": "user", "parts": [{"text": "Where is my parcel?"}]},
                  {"role": "model", "parts": [{"functionCall": {"name": "track", "args": {}}}]},
                  {"role": "user", "parts": [{"functionResponse": {"name": "track",
                                              "response": {"status": "sent"}}}]}],
     "tools": [{"functionDeclarations": [{"name": "track"}]}]}

Keys are in camelCase or snake_case, as the API, its libraries and logs of batches write them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from cueline.corpus.account import Account
from cueline.corpus.transcripts.calls import call
from cueline.corpus.transcripts.closed_world import (
    as_list,
    as_object,
    as_text,
    check_keys,
    inner,
    names,
    refuse,
)
from cueline.corpus.transcripts.events import Call, Result
from cueline.corpus.transcripts.message_records import record_pieces
from cueline.corpus.transcripts.messages import MessageReader, Part
from cueline.corpus.transcripts.outline import Outline, objects
from cueline.corpus.transcripts.pieces import Piece
from cueline.errors import Place

KINDS = (
    "function_call",
    "function_response",
    "executable_code",
    "code_execution_result",
    "inline_data",
    "file_data",
    "text",
)
"""The keys of parts that say what a part is."""
BESIDE = names("thought thought_signature video_metadata media_resolution part_metadata")
"""Keys that stand beside these, or alone where a part is a mere mark."""
CODE = "code_execution"
"""The tool of the provider that runs what stands in `executableCode`."""


def _text(part: dict[str, Any], place: Place, account: Account) -> Iterator[Part]:
    if part.get("thought") is True:
        account.ignore("reasoning", place)
    else:
        yield as_text(part["text"], inner(place, "text"), "the text of a part")


def _call(part: dict[str, Any], place: Place, account: Account) -> Iterator[Part]:
    yield call(part["function_call"], inner(place, "functionCall"))


def _response(part: dict[str, Any], place: Place, account: Account) -> Iterator[Part]:
    response = as_object(part["function_response"], place, "`functionResponse`")
    name = response.get("name")
    name = name if isinstance(name, str) and name else None
    yield Result(response.get("response"), response.get("id"), name)


def _code(part: dict[str, Any], place: Place, account: Account) -> Iterator[Part]:
    yield Call(CODE, part["executable_code"])


def _output(part: dict[str, Any], place: Place, account: Account) -> Iterator[Part]:
    result = as_object(part["code_execution_result"], place, "`codeExecutionResult`")
    failed = result.get("outcome") not in (None, "OUTCOME_OK")
    yield Result(result.get("output"), None, CODE, failed)


def _as_chat(
    message: dict[str, Any], place: Place, account: Account
) -> tuple[dict[str, Any], Place]:
    """The content with a type for each of its parts; one without a role is the user's."""
    where = inner(place, "parts")
    listed = as_list(message.get("parts") or [], where, "`parts`")
    parts = [_typed(one, inner(where, number), account) for number, one in enumerate(listed)]
    return message | {"role": message.get("role") or "user", "parts": parts}, place


def _typed(value: Any, place: Place, account: Account) -> dict[str, Any]:
    part = {_snake(key): one for key, one in as_object(value, place, "a part").items()}
    check_keys(part, place, account, frozenset(KINDS), BESIDE, "key of a part")
    kind = next((kind for kind in KINDS if part.get(kind) is not None), None)
    if kind is None and not BESIDE & part.keys():
        refuse(place, f"a part without known content; it has the keys {sorted(part)}")
    return part | {"type": kind or "mark"}


def _snake(key: str) -> str:
    return re.sub(r"(?<!^)([A-Z])", lambda letter: "_" + letter[0].lower(), key)


READER = MessageReader(
    keys=frozenset({"role", "parts"}),
    content_key="parts",
    ignored=names("token_count tokenCount timestamp id"),
    reasoning=frozenset(),
    parts={
        "text": _text,
        "function_call": _call,
        "function_response": _response,
        "executable_code": _code,
        "code_execution_result": _output,
    },
    ignored_parts=frozenset({"inline_data", "file_data", "mark"}),
    roles={
        "user": "user",
        "function": "user",
        "tool": "user",
        "model": "assistant",
        "system": "system",
    },
    marks=frozenset({"parts"}),
    as_chat=_as_chat,
)


def recognises_message(message: dict[str, Any]) -> bool:
    """Whether it has `parts` that have no type."""
    parts = message.get("parts")
    return isinstance(parts, list) and any(
        isinstance(part, dict) and "type" not in part and any(_snake(key) in KINDS for key in part)
        for part in parts
    )


def recognises(record: Outline) -> bool:
    """Whether there are contents as Gemini has them."""
    if "parts" not in record.message_keys:
        return False
    return any(map(recognises_message, objects(record.messages)))


def pieces(value: Any, place: Place, account: Account) -> Iterator[Piece]:
    """The dialogue that a record tells, or the content that it is."""
    return record_pieces(value, place, account, READER)
