"""The items of the Responses API: messages, calls with their outputs, and what says nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from cueline.corpus.account import Account
from cueline.corpus.formats.openai.messages import READER
from cueline.corpus.transcripts.calls import arguments
from cueline.corpus.transcripts.closed_world import (
    as_object,
    check_keys,
    inner,
    kind_of,
    names,
    refuse,
    unknown,
)
from cueline.corpus.transcripts.events import Call, Event, Result, SystemSaid, UserSaid
from cueline.corpus.transcripts.tools import platform_name
from cueline.errors import Place

ReadItem = Callable[[dict[str, Any], Place, Account], Iterator[Event]]
_READ = names(
    "type role content id call_id name arguments input action operation output outputs result"
    " results error approval_request_id"
)
_IGNORED = names(
    "status object created_at summary encrypted_content annotations phase metadata code queries"
    " container_id server_label namespace pending_safety_checks acknowledged_safety_checks"
    " created_by response_id max_output_length environment execution caller background"
    " output_format quality size revised_prompt partial_images timestamp approve reason tools"
    " model usage logprobs end_turn"
)
KNOWN = _READ | _IGNORED
"""The keys that say something, or nothing that matters."""


def item_events(item: Any, place: Place, account: Account) -> Iterator[Event]:
    """What happens in an item."""
    item = as_object(item, place, "an item")
    type = item.get("type") or ("message" if "role" in item else None)
    read = ITEMS.get(type) if isinstance(type, str) else None
    if read is None:
        unknown(place, "an item", type)
    check_keys(item, place, account, _READ, _IGNORED, "key of an item")
    yield from read(item, place, account)


def _message(item: dict[str, Any], place: Place, account: Account) -> Iterator[Event]:
    role = READER.role(item, place)
    if role == "system":
        account.ignore("system message", place)
        return
    if role == "tool":
        unknown(place, "an item of a role", item["role"])
    content = item.get("content")
    if content is None:
        refuse(place, f"a message of {role!r} without content that is known")
    parts = list(READER.content(content, inner(place, "content"), account))
    words = [part for part in parts if isinstance(part, str) and part]
    if role == "user":
        yield UserSaid("\n".join(words))
    for word in words if role == "assistant" else ():
        yield SystemSaid(word)


def _call(item: dict[str, Any], place: Place, account: Account) -> Iterator[Event]:
    """A call that names its tool; one of a server's tools brings its output along."""
    name, id = item.get("name"), item.get("call_id") or item.get("id")
    if not isinstance(name, str) or not name:
        refuse(inner(place, "name"), f"the name of a call is {kind_of(name)}")
    given = item.get("arguments") if item.get("arguments") is not None else item.get("input")
    if not item.get("approval_request_id"):
        yield Call(name, arguments(given), _text(id))
    if item["type"] == "mcp_call" and (item.get("output") or item.get("error")):
        failed = bool(item.get("error"))
        id = item.get("approval_request_id") or id
        yield Result(item.get("output") or item.get("error"), _text(id), failed=failed)


def _platform_call(item: dict[str, Any], place: Place, account: Account) -> Iterator[Event]:
    """A call of a tool of the platform, whose name is that of the item."""
    name = platform_name(str(item["type"]).removesuffix("_call"))
    id = _text(item.get("call_id") or item.get("id"))
    given = item.get("action") or item.get("operation") or item.get("arguments")
    yield Call(name, arguments(given), id)
    found = next((item[key] for key in ("outputs", "results") if item.get(key)), None)
    if found is not None:
        yield Result(found, id)


def _output(item: dict[str, Any], place: Place, account: Account) -> Iterator[Event]:
    id, output = item.get("call_id") or item.get("id"), item.get("output")
    if output is None and "output" not in item:
        refuse(place, "the output of a call without `output`")
    texts = output if isinstance(output, list) else []
    words = [one.get("text") if isinstance(one, dict) else None for one in texts]
    if words and all(isinstance(word, str) for word in words):
        output = "\n".join(map(str, words))
    yield Result(output, _text(id))


def _reasoning(item: dict[str, Any], place: Place, account: Account) -> Iterator[Event]:
    account.ignore("reasoning", place)
    yield from ()


def _ignored(item: dict[str, Any], place: Place, account: Account) -> Iterator[Event]:
    account.ignore(f"item `{item['type']}`", place)
    yield from ()


def _text(id: Any) -> str | None:
    return None if id is None else str(id)


_PLATFORM_CALLS = names(
    "web_search_call file_search_call code_interpreter_call image_generation_call computer_call"
    " local_shell_call shell_call apply_patch_call tool_search_call"
)
_OUTPUTS = names(
    "function_call_output custom_tool_call_output local_shell_call_output shell_call_output"
    " computer_call_output apply_patch_call_output tool_search_output"
)
ITEMS: dict[str, ReadItem] = {
    "message": _message,
    "reasoning": _reasoning,
    **dict.fromkeys(
        ("function_call", "custom_tool_call", "mcp_call", "mcp_approval_request"), _call
    ),
    **dict.fromkeys(_PLATFORM_CALLS, _platform_call),
    **dict.fromkeys(_OUTPUTS, _output),
    **dict.fromkeys(("mcp_list_tools", "mcp_approval_response", "compaction"), _ignored),
}
"""How an item is read, by its type."""
