"""Sessions of Claude Code: a line for each block of a message, and many lines that are none.

    {"type": "user", "sessionId": "5e", "uuid": "u0", "parentUuid": null,
     "message": {"role": "user", "content": "mend the tests"}}
    {"type": "assistant", "sessionId": "5e", "uuid": "u1", "parentUuid": "u0",
     "message": {"id": "m1", "role": "assistant", "content": [{"type": "tool_use", "id": "t1",
                 "name": "Bash", "input": {"command": "make test"}}]}}
    {"type": "user", "sessionId": "5e", "uuid": "u2", "parentUuid": "u1",
     "message": {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", ...}]}}

Lines whose message has the same id are one message. Each session is a dialogue, and so is each of
the agents that it starts. Where the user went on again from an earlier point, what came after
that point before is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from cueline.corpus.account import Account
from cueline.corpus.formats.anthropic.messages import READER
from cueline.corpus.formats.claude_code.user_text import said_by_user
from cueline.corpus.sample import Sample
from cueline.corpus.transcripts.closed_world import (
    as_id,
    as_list,
    as_object,
    inner,
    name_in,
    names,
    unknown,
)
from cueline.corpus.transcripts.events import Event, ToolsOffered
from cueline.corpus.transcripts.pieces import Piece
from cueline.corpus.transcripts.reader import Line, read_sessions
from cueline.dialogue import Dialogue
from cueline.errors import Place

MESSAGES = ("user", "assistant")
IGNORED = names(
    "summary file-history-snapshot system progress queue-operation attachment last-prompt"
    " custom-title ai-title agent-name agent-color agent-setting pr-link tag mode permission-mode"
    " worktree-state saved_hook_context hook content-replacement task-summary result stream_event"
    " rate_limit_event control_request control_response keep_alive tool_progress auth_status"
)
"""Types of lines that are no messages."""
FROM_PROGRAM = ("isMeta", "isCompactSummary", "isApiErrorMessage", "isVisibleInTranscriptOnly")
"""Marks of messages that the program wrote, not the user or the model."""
TAKEN_BACK = "messages that the user took back"


class Entry(NamedTuple):
    """A line with a message, and where it stands."""

    value: dict[str, Any]
    message: dict[str, Any]
    place: Place


def recognises(sample: Sample) -> bool:
    """Whether the file begins with lines of a session."""
    return any(isinstance(one, dict) and _is_own(one) for one in sample.records)


def read(path: Path, account: Account | None = None) -> Iterator[Dialogue]:
    """The sessions in the file, each with the agents that it started."""
    return read_sessions(path, _pieces, account or Account())


def _is_own(line: dict[str, Any]) -> bool:
    type = name_in(line, "type")
    if type in MESSAGES and isinstance(line.get("message"), dict):
        return "parentUuid" in line or "sessionId" in line or "parent_tool_use_id" in line
    own = ("leafUuid", "sessionId", "isSnapshotUpdate", "session_id", "messageId")
    return type in IGNORED and any(key in line for key in own)


def _pieces(lines: Iterator[Line], account: Account) -> Iterator[Piece]:
    sessions: dict[str, list[Entry]] = {}
    offered: dict[str, ToolsOffered] = {}
    parents: dict[str, str | None] = {}
    threads: dict[str, str] = {}
    for place, value in lines:
        with account.guard():
            line = as_object(value, place, "a line")
            uuid = as_id(line.get("uuid"), inner(place, "uuid"), "`uuid`")
            before = line.get("parentUuid") or line.get("logicalParentUuid")
            parent = as_id(before, inner(place, "parentUuid"), "`parentUuid`")
            name = threads.get(parent or "") or _name(line)
            if uuid is not None:
                if uuid in parents:
                    account.ignore("line that stands there twice", place)
                    continue
                parents[uuid], threads[uuid] = parent, name
            type = name_in(line, "type")
            if type not in MESSAGES:
                if type not in IGNORED:
                    unknown(inner(place, "type"), "a line", line.get("type"))
                account.ignore(f"line `{type}`", place)
                if isinstance(line.get("tools"), list):
                    offered[name] = ToolsOffered(tuple(map(str, line["tools"])))
                continue
            message = as_object(line.get("message"), inner(place, "message"), "`message`")
            sessions.setdefault(name, []).append(Entry(line, message, place))
    for name, entries in sessions.items():
        kept = _kept(entries, parents, account)
        events: list[Event] = []
        for message, place in _messages(kept):
            with account.guard():
                events += list(_events(message, place, account))
        yield Piece(events=events, place=entries[0].place, id=name, offered=offered.get(name))


def _name(line: dict[str, Any]) -> str:
    """The session of a line without a parent, and the agent if it is of one."""
    session = str(line.get("sessionId") or line.get("session_id") or "session")
    agent = line.get("agentId") or line.get("parent_tool_use_id")
    if agent is None and line.get("isSidechain") is True:
        agent = line.get("uuid")
    return session if agent is None else f"{session}-{agent}"


def _kept(entries: list[Entry], parents: dict[str, str | None], account: Account) -> list[Entry]:
    """The entries that the user did not take back and that the program did not write.

    Where several prompts have the same parent, the last counts.
    """
    last: dict[str, str] = {}
    for entry in entries:
        parent = entry.value.get("parentUuid")
        if parent and _is_prompt(entry):
            last[parent] = entry.value["uuid"]
    kept: list[Entry] = []
    prompts = {entry.value["uuid"]: entry for entry in entries if _is_prompt(entry)}
    for entry in entries:
        line = _ancestors(entry.value.get("uuid"), parents)
        before = [prompts[one].value for one in line if one in prompts]
        if any(last.get(str(one.get("parentUuid")), one["uuid"]) != one["uuid"] for one in before):
            account.leave_out(TAKEN_BACK, entry.place)
        elif marks := [mark for mark in FROM_PROGRAM if entry.value.get(mark) is True]:
            account.ignore(f"message with `{marks[0]}`", entry.place)
        else:
            kept.append(entry)
    return kept


def _ancestors(uuid: Any, parents: dict[str, str | None]) -> Iterator[str]:
    """The line itself and those before it; a circle ends where it closes."""
    seen: set[str] = set()
    while isinstance(uuid, str) and uuid not in seen:
        seen.add(uuid)
        yield uuid
        uuid = parents.get(uuid)


def _is_prompt(entry: Entry) -> bool:
    """Whether the user says something here, not a tool."""
    content = entry.message.get("content")
    if entry.value.get("type") != "user" or "uuid" not in entry.value:
        return False
    if any(entry.value.get(mark) is True for mark in FROM_PROGRAM):
        return False
    return not (
        isinstance(content, list)
        and any(isinstance(one, dict) and one.get("type") == "tool_result" for one in content)
    )


def _messages(entries: list[Entry]) -> list[tuple[dict[str, Any], Place]]:
    """The messages in order; the blocks of one that stands on several lines together."""
    found: list[tuple[dict[str, Any], Place]] = []
    numbers: dict[str, int] = {}
    for entry in entries:
        message, place = entry.message, inner(entry.place, "message")
        id = message.get("id")
        if message.get("role") != "assistant" or not isinstance(id, str):
            found.append((message, place))
        elif id not in numbers:
            numbers[id] = len(found)
            found.append((message, place))
        else:
            first, where = found[numbers[id]]
            whole = _blocks(first, where)
            more = [block for block in _blocks(message, place) if block not in whole]
            usage = message.get("usage", first.get("usage"))  # the last line has all of it
            found[numbers[id]] = (first | {"content": whole + more, "usage": usage}, where)
    return found


def _blocks(message: dict[str, Any], place: Place) -> list[Any]:
    content = message.get("content")
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    return as_list(content, inner(place, "content"), "`content`")


def _events(message: dict[str, Any], place: Place, account: Account) -> Iterator[Event]:
    if message.get("role") == "user":
        content = said_by_user(message.get("content"), place, account)
        if content in ("", []):
            return
        message = message | {"content": content}
    yield from READER.events(message, place, account)
