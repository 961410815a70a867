"""Rollouts of Codex: items of the Responses API, among events that repeat them.

    {"timestamp": "...", "type": "session_meta", "payload": {"id": "019b", ...}}
    {"timestamp": "...", "type": "response_item", "payload": {"type": "message", "role": "user",
     "content": [{"type": "input_text", "text": "list the files"}]}}
    {"timestamp": "...", "type": "response_item", "payload": {"type": "function_call",
     "name": "shell", "arguments": "{}", "call_id": "c1"}}

Older rollouts have the items themselves as lines. What the program wrote in the user's name, such
as the surroundings, is left out; turns that the user took back are too.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cueline.corpus.account import Account
from cueline.corpus.formats.openai.response_items import ITEMS, item_events
from cueline.corpus.sample import Sample
from cueline.corpus.transcripts.closed_world import as_object, inner, name_in, names, unknown
from cueline.corpus.transcripts.events import Event, UserSaid
from cueline.corpus.transcripts.pieces import Piece
from cueline.corpus.transcripts.reader import Line, read_sessions
from cueline.dialogue import Dialogue
from cueline.errors import Place

META, ITEM, EVENT = "session_meta", "response_item", "event_msg"
IGNORED = names("turn_context compacted world_state session_state inter_agent_communication")
IGNORED_ITEMS = names("ghost_snapshot compaction compaction_summary context_compaction other")
TAKEN_BACK = "turns that the user took back"
_WRITTEN = (
    "<environment_context>",
    "<user_instructions>",
    "# AGENTS.md instructions",
    "<INSTRUCTIONS>",
    "<permissions instructions>",
    "<collaboration_mode>",
    "<turn_aborted>",
    "<user_shell_command>",
    "<subagent_notification>",
    "<personality_spec>",
    "<model_switch>",
    "<app-context>",
    "<skill>",
    "<skills_instructions>",
)
"""How texts begin that the program wrote in the user's name."""


def recognises(sample: Sample) -> bool:
    """Whether the file begins with lines of a rollout."""
    return any(isinstance(one, dict) and _is_own(one) for one in sample.records)


def read(path: Path, account: Account | None = None) -> Iterator[Dialogue]:
    """The sessions in the file."""
    return read_sessions(path, _pieces, account or Account())


def _is_own(line: dict[str, Any]) -> bool:
    types = {META, ITEM, EVENT, *IGNORED}
    is_older = "type" not in line and {"id", "timestamp", "instructions"} <= line.keys()
    return is_older or (name_in(line, "type") in types and isinstance(line.get("payload"), dict))


def _pieces(lines: Iterator[Line], account: Account) -> Iterator[Piece]:
    events: list[Event] = []
    id: str | None = None
    first: Place | None = None
    for place, value in lines:
        with account.guard():
            line = as_object(value, place, "a line")
            first = first or place
            meta = _meta(line)
            if meta is not None:
                if events:
                    yield Piece(events=events, place=first, id=id)
                events, first = [], place
                id = meta.get("id") if isinstance(meta.get("id"), str) else None
                continue
            taken = _taken_back(line)
            if taken:
                account.leave_out(TAKEN_BACK, place, taken)
                events = _without_last(events, taken)
            events += _events(line, place, account)
    if first is not None:
        yield Piece(events=events, place=first, id=id)


def _meta(line: dict[str, Any]) -> dict[str, Any] | None:
    """What begins a session: a line of its own, or in older rollouts one without a type."""
    if line.get("type") == META:
        payload = line.get("payload")
        return payload if isinstance(payload, dict) else {}
    return line if "type" not in line and "id" in line and "timestamp" in line else None


def _events(line: dict[str, Any], place: Place, account: Account) -> list[Event]:
    type = name_in(line, "type")
    if type == ITEM:
        where = inner(place, "payload")
        return _item(as_object(line.get("payload"), where, "`payload`"), where, account)
    if type == EVENT or type in IGNORED or line.get("record_type") == "state":
        account.ignore(f"line `{type or 'state'}`", place)
        return []
    if type not in ITEMS and type not in IGNORED_ITEMS:
        unknown(inner(place, "type"), "a line", line.get("type"))
    return _item(line, place, account)


def _item(item: dict[str, Any], place: Place, account: Account) -> list[Event]:
    type = name_in(item, "type")
    if type in IGNORED_ITEMS:
        account.ignore(f"item `{type}`", place)
        return []
    if type == "message" and item.get("role") == "user":
        content = item.get("content")
        listed = content if isinstance(content, list) else [content]
        said = [part for part in listed if not _is_written(part)]
        if len(said) < len(listed):
            account.ignore("text of the program", place)
            item = item | {"content": said}
            if not said:
                return []
    return list(item_events(item, place, account))


def _is_written(part: Any) -> bool:
    """Whether the program wrote a part in the user's name."""
    text = part.get("text") if isinstance(part, dict) else part
    return isinstance(text, str) and text.lstrip().startswith(_WRITTEN)


def _taken_back(line: dict[str, Any]) -> int:
    """How many turns of the user a line takes back."""
    payload = line.get("payload")
    if line.get("type") != EVENT or not isinstance(payload, dict):
        return 0
    number = payload.get("num_turns")
    if payload.get("type") != "thread_rolled_back" or not isinstance(number, int):
        return 0
    return max(number, 0)


def _without_last(events: list[Event], turns: int) -> list[Event]:
    """The events without the last `turns` of the user and what followed."""
    starts = [at for at, event in enumerate(events) if isinstance(event, UserSaid)]
    return events[: starts[-turns]] if turns <= len(starts) else []
