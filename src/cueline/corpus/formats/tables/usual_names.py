"""The names that columns and speakers usually have, so that most tables need no options."""

from __future__ import annotations

import re
from typing import Literal

Side = Literal["agent", "customer", "neither"]
"""The agent's rows say what the system does; the customer is whom it answers."""
COLUMNS: dict[str, tuple[str, ...]] = {
    "dialogue": (
        *("dialogue", "dialog", "dialogue_id", "dialog_id", "conversation", "conversation_id"),
        *("conv_id", "session", "session_id", "chat_id", "call_id", "contact_id", "case_id"),
        *("ticket_id", "thread_id", "interaction_id", "transcript_id"),
    ),
    "turn": (
        *("turn", "turn_id", "turn_number", "turn_index", "message_number", "seq", "sequence"),
        *("ts", "timestamp", "time", "datetime", "created_at", "sent_at"),
    ),
    "role": (
        *("role", "speaker", "author", "sender", "speaker_role", "sender_role", "author_role"),
        *(
            "participant_role",
            "sender_type",
            "author_type",
            "speaker_type",
            "participant",
            "from",
            "direction",
        ),
    ),
    "text": ("text", "message", "utterance", "content", "body", "transcript", "message_text"),
    "user": (
        *("user", "user_text", "user_message", "user_utterance", "user_input", "customer_text"),
        *("customer_message", "customer_utterance", "query"),
    ),
    "system": (
        *("system", "system_text", "system_message", "system_utterance", "response", "reply"),
        *("assistant", "bot", "bot_text", "bot_response", "agent_text", "agent_message"),
        *("agent_utterance", "agent_response", "agent_reply", "answer"),
    ),
    "actions": (
        *("actions", "action", "system_actions", "system_action", "agent_actions", "agent_action"),
        *("bot_action", "dialogue_acts", "dialogue_act", "dialog_acts", "dialog_act", "acts"),
        *("system_acts", "system_act", "act", "next_action", "next_step", "next_best_action"),
        *("disposition", "disposition_code", "wrap_up_code"),
    ),
    "available": ("available", "available_actions", "allowed", "allowed_actions"),
}
"""Role of a column to the names it usually has; an earlier one goes before a later one."""
AGENT = frozenset(
    (
        *("agent", "assistant", "system", "sys", "bot", "chatbot", "ai", "model"),
        *("advisor", "adviser", "representative", "rep", "operator", "support", "staff"),
        *("clerk", "consultant", "employee", "wizard", "gpt", "csr", "virtual_agent"),
        *("virtual_assistant", "support_agent", "customer_service", "customer_support"),
        *("service", "seller", "outbound", "outgoing"),
    )
)
"""Speakers whose rows say what the system does."""
CUSTOMER = frozenset(
    (
        *("user", "customer", "client", "caller", "human", "visitor", "guest", "consumer"),
        *("member", "patient", "buyer", "contact", "shopper", "passenger", "subscriber"),
        *("end_user", "enduser", "usr", "cust", "person", "inbound", "incoming"),
    )
)
"""Speakers whom the system answers."""
NEITHER = frozenset(
    (
        *("tool", "function", "developer", "event", "note", "notice", "notification", "info"),
        *("ivr", "narrator", "queue", "routing"),
    )
)
"""What speaks in some logs and is neither side of the dialogue."""

_WORD = re.compile(r"[\w .\-/]+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_APART = re.compile(r"[\s.\-/_]+")
_NUMBER = re.compile(r"_?\d+$")


def plain(name: str) -> str:
    """`Conversation ID` and `conversationId` as `conversation_id`; no name at all stays."""
    if not _WORD.fullmatch(name):
        return name
    return _APART.sub("_", _CAMEL.sub("_", name)).strip("_").lower()


def usual_column(role: str, names: list[str]) -> str | None:
    """The column of `names` that has a usual name of `role`; None where there is none."""
    found = {plain(name): name for name in reversed(names)}
    return next((found[name] for name in COLUMNS[role] if name in found), None)


def usual_side(speaker: str) -> Side | None:
    """The side of a speaker of this name; None if the name does not say."""
    name = _NUMBER.sub("", plain(speaker))
    sides: dict[Side, frozenset[str]] = {
        "agent": AGENT,
        "customer": CUSTOMER,
        "neither": NEITHER,
    }
    return next((side for side, names in sides.items() if name in names), None)
