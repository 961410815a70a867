"""Records that hold messages of a dialogue, or are one, to pieces; dialects differ in these.

Which keys and parts a message has says the `MessageReader`; the rest is the same for all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from msgspec import structs

from cueline.corpus.account import Account
from cueline.corpus.transcripts.bracket_calls import bracket_calls
from cueline.corpus.transcripts.closed_world import as_object, below, inner, names, refuse
from cueline.corpus.transcripts.events import Call, Event, ToolsOffered
from cueline.corpus.transcripts.holders import (
    KEYS,
    REJECTED,
    further_choices,
    held,
    is_empty,
    tools_of,
)
from cueline.corpus.transcripts.messages import MessageReader
from cueline.corpus.transcripts.pieces import Piece
from cueline.corpus.transcripts.plain_messages import plain_events
from cueline.corpus.transcripts.prompt_tools import tools_in_prompt
from cueline.corpus.transcripts.records import check_record, loose, whole
from cueline.corpus.transcripts.text_calls import words_and_calls
from cueline.corpus.transcripts.tools import ANY, tools_offered
from cueline.corpus.transcripts.usage import between, time_of, usage_of_answer, with_usage
from cueline.errors import Place

_READ = (
    KEYS
    | REJECTED
    | names(
        "tools functions toolConfig tool_config system instructions systemInstruction"
        " system_instruction label"
    )
)


def record_pieces(
    value: Any, place: Place, account: Account, reader: MessageReader
) -> Iterator[Piece]:
    """The piece that a record is: an object that holds messages, a list of them, or one."""
    if isinstance(value, list):
        events = _events([(place, value)], account, reader)
        yield Piece(events=events, place=place, repeats=True)
        return
    record = as_object(value, place, "a record")
    check_record(record, place)
    lists = [(below(place, found.path), found.messages) for found in held(record)]
    if not lists and reader.is_message(record):
        events = list(reader.events(record, place, account))
        yield loose(record, place, events)
        return
    if not lists and not is_empty(record):
        refuse(place, f"no messages: {_those(record)} hold none")
    offered = _offered(record, lists, place, account, reader)
    reading = reader
    if record.get("label") is False:
        reading = structs.replace(reader, target=False)
    for _ in range(further_choices(record)):
        account.ignore("further choices", place)
    for key in REJECTED & record.keys():
        account.ignore(f"key `{key}`", place)
    events = with_usage(_events(lists, account, reading, offered), usage_of_answer(record))
    yield whole(record, place, account, events, offered, _READ)


def _events(
    lists: list[tuple[Place, list[Any]]],
    account: Account,
    reader: MessageReader,
    offered: ToolsOffered | None = None,
) -> list[Event]:
    found: list[Event] = []
    closer: MessageReader | None = None
    roles, role_key, content_key = reader.roles, reader.role_key, reader.content_key
    before: float | None = None
    for place, messages in lists:
        for number, message in enumerate(messages):
            plain = plain_events(message, roles, role_key, content_key) if reader.target else None
            if plain is not None:
                found += plain
                before = None
                continue
            closer = closer or _with_tools(reader, offered)
            events = list(closer.events(message, inner(place, number), account))
            after = time_of(message)
            found += with_usage(events, between(before, after))
            before = after
    return found


def _with_tools(reader: MessageReader, offered: ToolsOffered | None) -> MessageReader:
    """A reader that also finds calls of the tools that are offered in square brackets."""
    if offered is None:
        return reader
    names = None if offered.names is None else frozenset(offered.names)
    return structs.replace(reader, words=partial(_words, names))


def _offered(
    record: Mapping[str, Any],
    lists: list[tuple[Place, list[Any]]],
    place: Place,
    account: Account,
    reader: MessageReader,
) -> ToolsOffered | None:
    """The tools of the record; where it has no key for them, those in the system's prompt."""
    if record.get("mcp_servers"):
        return ANY
    found = tools_of(record)
    if found is not None:
        return tools_offered(found[1], below(place, found[0]), account)
    prompts = [record.get("system")]
    for _, messages in lists:
        prompts += [one.get(reader.content_key) for one in messages[:2] if _is_system(one, reader)]
    texts = [prompt for prompt in prompts if isinstance(prompt, str)]
    return next(filter(None, map(tools_in_prompt, texts)), None)


def _is_system(message: Any, reader: MessageReader) -> bool:
    role = message.get(reader.role_key) if isinstance(message, dict) else None
    return isinstance(role, str) and reader.roles.get(role.lower()) == "system"


def _words(
    names: frozenset[str] | None, text: str, place: Place, account: Account
) -> Iterator[str | Call]:
    """The words and calls in a text; where tools are offered, also calls in square brackets."""
    yield from bracket_calls(text, names) or words_and_calls(text, place, account)


def _those(record: Mapping[str, Any]) -> str:
    return f"the keys {', '.join(map(repr, list(record)[:8]))}" if record else "no keys, which"
