"""What a choice of tools comes to: the actions that are allowed, and whether one must be a call."""

from __future__ import annotations

import pytest

from cueline.dialogue import Turn
from cueline.server.protocols.agent import AgentRequest, AgentTool
from cueline.server.protocols.tool_use import ToolUse, agent_request

TURNS = [Turn("hi", actions=("look",)), Turn("no", system="", actions=("respond",))]


def asked(use: ToolUse, **kinds: str) -> AgentRequest:
    tools = [AgentTool(name, kind) for name, kind in kinds.items()]  # type: ignore[arg-type]
    return agent_request(TURNS, False, tools, use)


@pytest.mark.parametrize(
    ("use", "available"),
    [
        (ToolUse(), ("look", "book", "respond")),
        (ToolUse("required"), ("look", "book")),
        (ToolUse("none"), ("respond",)),
        (ToolUse("auto", ("book",)), ("book", "respond")),
        (ToolUse("required", ("book",)), ("book",)),
    ],
)
def test_what_is_allowed_is_what_was_chosen_and_words_unless_a_call_must_be(
    use: ToolUse, available: tuple[str, ...]
) -> None:
    request = asked(use, look="function", book="custom")
    assert request.turn.available == available
    assert request.required == (use.mode == "required")
    assert request.past == (TURNS[0],)
    assert (request.turn.user, request.turn.actions) == ("no", None)


def test_where_a_server_has_tools_of_its_own_anything_may_be_decided() -> None:
    assert asked(ToolUse(), look="function", shop="server").turn.available is None
    named = asked(ToolUse("auto", ("look",)), look="function", shop="server")
    assert named.turn.available == ("look", "respond")
    assert asked(ToolUse()).turn.available is None
