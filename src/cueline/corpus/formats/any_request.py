"""A request to a model and its response, in whatever API: what was asked, answered and offered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cueline.corpus.account import Account
from cueline.corpus.formats.any_message import answered, asked
from cueline.corpus.transcripts.closed_world import inner, kind_of, refuse
from cueline.corpus.transcripts.events import Event, ToolsOffered
from cueline.corpus.transcripts.holders import OFFERED
from cueline.corpus.transcripts.tools import tools_offered
from cueline.corpus.transcripts.usage import usage_in, with_usage
from cueline.errors import Place

ASKED = ("messages", "contents", "input", "prompt", "prompts", "chat_history")
"""Where requests hold what was asked, in the order in which they count."""


def request_events(value: Any, place: Place, account: Account) -> list[Event]:
    """What was asked by a request, or by the messages or words alone.

    Raises `CorpusError` where there is neither.
    """
    if isinstance(value, list):
        return asked(_unwrapped(value), place, account)
    if not isinstance(value, dict):
        return asked(value, place, account)
    for key in ASKED:
        if value.get(key) is not None:
            return asked(_unwrapped(value[key]), inner(place, key), account)
    if not is_message(value):
        refuse(place, f"a request without `messages`; it has {_keys(value)}")
    return asked(value, place, account)


def response_events(value: Any, place: Place, account: Account) -> list[Event]:
    """What was answered: the first choice of a response, messages or words.

    Raises `CorpusError` where there is none of them; null is no answer.
    """
    if not isinstance(value, dict) or is_message(value):
        return [] if value is None else answered(_unwrapped(value), place, account)
    for key in ("choices", "generations", "candidates"):
        if isinstance(value.get(key), list):
            events = _first(value[key], inner(place, key), account)
            return with_usage(events, usage_in(value))
    for key in ("message", "messages", "output", "response", "content", "text", "completion"):
        if value.get(key) is not None:
            events = response_events(value[key], inner(place, key), account)
            return with_usage(events, usage_in(value))
    if any(content for content in value.values()):
        refuse(place, f"a response without a message; it has {_keys(value)}")
    return []


def request_tools(value: Any, place: Place, account: Account) -> ToolsOffered | None:
    """The tools that a request offers; None where it does not say."""
    if isinstance(value, Mapping):
        for key in OFFERED:
            if value.get(key) is not None:
                return tools_offered(value[key], inner(place, key), account)
    return None


def is_message(value: Any) -> bool:
    """Whether it looks like one message of some dialect."""
    return isinstance(value, dict) and (
        "lc" in value
        or "kwargs" in value
        or ("role" in value and not isinstance(value["role"], dict))
        or (isinstance(value.get("type"), str) and ("content" in value or "data" in value))
    )


def is_exchange(value: Any) -> bool:
    """Whether it holds messages, as far as one sees without reading them."""
    if isinstance(value, list):
        inside = _unwrapped(value)
        return bool(inside) and all(is_message(one) for one in inside)
    if not isinstance(value, dict):
        return False
    return is_message(value) or any(is_exchange(value.get(key)) for key in ("messages", "contents"))


def _unwrapped(value: Any) -> Any:
    """The messages of the first request, where a list holds those of several."""
    return value[0] if isinstance(value, list) and value and isinstance(value[0], list) else value


def _first(choices: list[Any], place: Place, account: Account) -> list[Event]:
    """The first of several answers to one request."""
    if len(choices) > 1:
        account.ignore("further choices", place)
    if not choices:
        return []
    choice, where = choices[0], inner(place, 0)
    if isinstance(choice, list):
        return _first(choice, where, account)
    if not isinstance(choice, dict):
        refuse(where, f"an answer that is {kind_of(choice)}, expected an object")
    for key in ("message", "content", "text"):
        if choice.get(key) is not None:
            return answered(choice[key], inner(where, key), account)
    return []


def _keys(value: dict[str, Any]) -> str:
    return f"the keys {', '.join(map(repr, list(value)[:8]))}" if value else "no keys"
