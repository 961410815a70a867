"""`cueline mcp`: a policy for a client of the Model Context Protocol, one dialogue at a time.

A session is a process that speaks over stdin and stdout, so its dialogue is its own.
"""

from __future__ import annotations

from typing import Any

import msgspec
from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from msgspec.structs import replace

import cueline
from cueline.dialogue import Dialogue, Turn
from cueline.errors import CuelineError, Place
from cueline.io import convert
from cueline.policy import Decision, Policy, State

INSTRUCTIONS = """\
A policy that learned from dialogues what the system does next. Call `decide` at every turn, and act
on its decision where `sure` is true; where it is false, decide yourself. Where something else was
done than was decided, say so with `correct` before the next turn."""


class LiveDialogue:
    """The dialogue of a session: its turns, as they were done, and the state after each."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.turns: list[Turn] = []
        self._states: list[State] = []

    def decide(self, turn: Turn) -> Decision:
        """Decide at the next turn; that is what is done, unless it is corrected."""
        decision, state = self.policy.act(turn, self._state(len(self.turns)))
        done = {"actions": decision.actions, "arguments": decision.arguments}
        self.turns.append(replace(turn, **done))
        self._states.append(state)
        return decision

    def correct(self, actions: tuple[str, ...], number: int | None) -> int:
        """Say what was right at a turn, the last one if none is named; the rest goes on from it.

        Returns the number of the turn. Raises `CuelineError`.
        """
        number = self._number(number)
        self.policy.took(self._states[number], actions)
        turn = self.turns[number]
        kept = {name: calls for name, calls in turn.arguments.items() if name in actions}
        self.turns[number] = replace(turn, actions=actions, arguments=kept)
        del self._states[number:]
        for turn in self.turns[number:]:
            self._states.append(self.policy.act(turn, self._state(len(self._states)))[1])
        return number

    def explain(self, number: int | None) -> dict[str, Any]:
        """What the decision at a turn rests on. Raises `CuelineError`."""
        number = self._number(number)
        so_far = Dialogue("session", tuple(self.turns[: number + 1]))
        found = self.policy.explain(so_far)[-1]
        return {
            "turn": number,
            "user": found.turn.user,
            "decided": found.decision.actions,
            "done": found.turn.actions,
            "confidence": found.decision.confidence,
            "reason": found.decision.reason,
            "influences": [
                {"turn": one.turn, "change": one.change, "without": one.without}
                for one in found.influences
            ],
        }

    def _state(self, number: int) -> State:
        """The state before a turn."""
        return self._states[number - 1] if number else self.policy.start()

    def _number(self, number: int | None) -> int:
        last = len(self.turns) - 1
        if last < 0:
            raise CuelineError("the dialogue has no turn yet; decide first")
        number = last if number is None else number
        if not 0 <= number <= last:
            raise CuelineError(f"there is no turn {number}; the last one is {last}")
        return number


def policy_server(policy: Policy) -> MCPServer:
    """A server of `policy` for one session."""
    server = MCPServer("cueline", instructions=INSTRUCTIONS, version=cueline.__version__)
    live = LiveDialogue(policy)

    @server.tool()
    async def decide(
        user: str | None = None,
        features: dict[str, Any] | None = None,
        available: list[str] | None = None,
        results: dict[str, list[Any]] | None = None,
        new_dialogue: bool = False,
    ) -> dict[str, Any]:
        """What the system does next, with probabilities, and whether that is sure.

        `user` is what the user said; leave it out where the system acts again without hearing the
        user. `features` are what is known beside the words, `available` the actions that are
        allowed, `results` what earlier calls returned, a list for each action. `new_dialogue`
        forgets the dialogue so far.
        """
        nonlocal live
        given = {"features": features, "available": available, "results": results}
        said = {"user": user} | {name: value for name, value in given.items() if value is not None}
        try:
            turn = convert(said, Turn, Place("turn"))
            live = LiveDialogue(policy) if new_dialogue else live
            decision = live.decide(turn)
        except CuelineError as error:
            raise ToolError(str(error)) from None
        number = len(live.turns) - 1
        return {"turn": number, "policy": policy.hash} | _builtins(decision)

    @server.tool()
    async def correct(actions: list[str], turn: int | None = None) -> dict[str, Any]:
        """Say what was right at a turn, by its number; at the last one where none is given.

        The dialogue goes on as if that had been done.
        """
        try:
            return {"turn": live.correct(tuple(actions), turn), "actions": actions}
        except CuelineError as error:
            raise ToolError(str(error)) from None

    @server.tool()
    async def explain(turn: int | None = None) -> dict[str, Any]:
        """What the decision at a turn rests on; that at the last one where none is given.

        `influences` are the earlier turns by how much they matter: `change` is how much likelier
        the decision is with the turn than without, `without` what would be decided without it.
        """
        try:
            return _builtins(live.explain(turn))
        except CuelineError as error:
            raise ToolError(str(error)) from None

    return server


def _builtins(value: Any) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(value)
    return found
