"""Dialogues put after one another: their turns, each with what holds at its place.

A dialogue that says how it may follow others (`meta["joins"]`) has features of its own; what held
before it, and that it does not change, holds on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from cueline.corpus.transforms.one_action import STEPS
from cueline.dialogue import Dialogue, Feature, Turn

JOINS = "joins"
"""The key of `meta` that says how a dialogue may follow others: `begin`, the features that hold
before it; `needs`, what of them must hold, None for what must not; `end`, those that hold after it,
the form as None where it is turned off and nothing said that it was on; `anywhere`, whether it may
follow, or stand between, any turns; `first`, whether it only begins; `goes_on`, whether nobody
knows what comes after it."""
PIECES = "pieces"
"""The key of `meta` that names the dialogues that a joined dialogue is made of."""
FORM = "active_loop"
"""The feature that names the form that is on."""
OF_A_TURN = ("given", "intent", "entities")
"""Features that say what was heard in a turn, and are gone with it."""
State = dict[str, Feature]
_SteppedTurn = tuple[Turn, list[Any] | None]
"""A turn, and its steps if there is more to say of them."""


@dataclass(frozen=True, slots=True)
class StoryPiece:
    """Some turns of a dialogue, in a row."""

    dialogue: Dialogue
    first: int
    last: int
    at_once: bool = False
    """Whether it goes on in the turn before, with the action that this one ended with."""
    resumed: str | None = None
    """The form that runs again when these turns are over."""

    @property
    def joins(self) -> Mapping[str, Any]:
        """How the dialogue may follow others."""
        joins: Mapping[str, Any] = self.dialogue.meta[JOINS]
        return joins

    def steps(self, turn: int) -> list[Any] | None:
        """The steps in a turn, if there is more to say of them than the actions' names."""
        known_steps = self.dialogue.meta.get(STEPS)
        return known_steps[turn] if known_steps else None

    def begin(self) -> State:
        """What its dialogue has before the first of these turns."""
        return state_of(self.joins["begin"]) if not self.first else self.after(self.first - 1)

    def after(self, turn: int) -> State:
        """What its dialogue has when the turn is over, as far as it is known."""
        if turn == len(self.dialogue.turns) - 1:
            return state_of(self.joins["end"])
        known_steps = self.steps(turn)
        return state_of(known_steps[-1][1] if known_steps else self.dialogue.turns[turn].features)

    def done(self) -> tuple[str, ...]:
        """What is done from when the user spoke last until these turns are over."""
        return done_until(self.dialogue, self.last - 1) + ((self.resumed,) if self.resumed else ())

    def parted(self, turn: int) -> tuple[StoryPiece, StoryPiece]:
        """Its turns before that one, and the rest."""
        return replace(self, last=turn, resumed=None), replace(self, first=turn)


def state_after(pieces: Sequence[StoryPiece]) -> State:
    """What holds after `pieces`, one after another."""
    state = dict(pieces[0].begin())
    for piece in pieces:
        over = _Over(state, piece)
        for turn in range(piece.first, piece.last):
            over.turn(turn)
        state = over.state(piece.after(piece.last - 1))
    return state


class _Over:
    """What a dialogue has, over what held before it: only what it changes is its own."""

    def __init__(self, state: State, piece: StoryPiece) -> None:
        self.piece = piece
        self.before = dict(state)
        if not piece.first:
            needs = piece.joins["needs"].items()
            self.before |= {name: value for name, value in needs if value is not None}
        self.last = dict(piece.begin())
        self.changed: set[str] = set()

    def state(self, state: Mapping[str, Feature]) -> State:
        """What holds now, where the dialogue alone has `state`."""
        now = state_of(state)
        names = now.keys() | self.last.keys()
        self.changed |= {name for name in names if now.get(name) != self.last.get(name)}
        self.last = now
        kept = {name: value for name, value in self.before.items() if name not in self.changed}
        return kept | {name: value for name, value in now.items() if name in self.changed}

    def features(self, features: Mapping[str, Feature]) -> State:
        """`features` with what holds now, and what was heard."""
        heard = {name: value for name, value in features.items() if name in OF_A_TURN}
        return self.state(features) | heard

    def turn(self, number: int) -> _SteppedTurn:
        """A turn and its steps."""
        turn, known_steps = self.piece.dialogue.turns[number], self.piece.steps(number)
        if known_steps is None:
            return msgspec.structs.replace(turn, features=self.features(turn.features)), None
        steps = [[name, self.features(_plain(features))] for name, features in known_steps]
        return msgspec.structs.replace(turn, features=steps[0][1]), steps


def concatenated(name: str, pieces: Sequence[StoryPiece]) -> Dialogue:
    """`pieces` as one dialogue."""
    turns: list[Turn] = []
    known_steps: list[list[Any] | None] = []
    state = dict(pieces[0].begin())
    for piece in pieces:
        over = _Over(state, piece)
        more = [over.turn(number) for number in range(piece.first, piece.last)]
        state = over.state(piece.after(piece.last - 1))
        if piece.at_once:
            more = _at_once(turns, known_steps, more)
        if piece.resumed:
            more[-1:] = _resumed(piece.resumed, *more[-1])
        turns += [turn for turn, _ in more]
        known_steps += [steps for _, steps in more]
    ids = list(dict.fromkeys(piece.dialogue.id for piece in pieces))
    parts = [name for one in pieces for name in one.dialogue.meta.get(PIECES, [one.dialogue.id])]
    meta: dict[str, Any] = {"story": " + ".join(ids), PIECES: list(dict.fromkeys(parts))}
    if any(known_steps):
        meta[STEPS] = known_steps
    return Dialogue(name, tuple(turns), meta)


def _at_once(
    turns: list[Turn], known_steps: list[list[Any] | None], more: list[_SteppedTurn]
) -> list[_SteppedTurn]:
    """The rest of `more` when its first action is the last one of `turns`, without waiting."""
    heard = {name: value for name, value in turns[-1].features.items() if name in OF_A_TURN}
    more = [_hearing(heard, *one) if one[0].user is None else one for one in more]
    if not turns[-1].actions:  # one action a turn: the waiting is one
        turns.pop()
        known_steps.pop()
        return more[1:]
    steps = (known_steps[-1] or _steps(turns[-1]))[:-1] + (more[0][1] or _steps(more[0][0]))[1:]
    names = (name for name, _ in steps if name is not None)
    turns[-1] = msgspec.structs.replace(
        turns[-1],
        actions=tuple(dict.fromkeys(names)),
        arguments={**turns[-1].arguments, **more[0][0].arguments},
    )
    known_steps[-1] = steps
    return more[1:]


def _resumed(form: str, turn: Turn, known_steps: list[Any] | None) -> list[_SteppedTurn]:
    """A turn at the end of which the form runs again."""
    if not turn.actions and turn.user is None:  # one action a turn: the waiting is one
        return [(msgspec.structs.replace(turn, actions=(form,)), None), (turn, None)]
    *done, (_, known) = known_steps or _steps(turn)
    actions = tuple(dict.fromkeys((*(turn.actions or ()), form)))
    return [(msgspec.structs.replace(turn, actions=actions), [*done, [form, known], [None, known]])]


def _hearing(heard: State, turn: Turn, known_steps: list[Any] | None) -> _SteppedTurn:
    """A turn in which what was heard before still counts."""
    steps = known_steps and [[name, features | heard] for name, features in known_steps]
    return msgspec.structs.replace(turn, features={**turn.features, **heard}), steps


def _steps(turn: Turn) -> list[Any]:
    return [[name, dict(turn.features)] for name in (*(turn.actions or ()), None)]


def state_of(features: Mapping[str, Feature]) -> State:
    """The `features` that do not go with the turn."""
    plain = _plain(features).items()
    return {name: value for name, value in plain if name not in OF_A_TURN and value is not None}


def _plain(features: Mapping[str, Any]) -> State:
    """Features as they are in memory, also where they were read from a file."""
    return {k: tuple(v) if isinstance(v, list) else v for k, v in features.items()}


def done_until(dialogue: Dialogue, turn: int) -> tuple[str, ...]:
    """What is done from when the user spoke until the turn is over."""
    first = turn
    while first > 0 and dialogue.turns[first].user is None:
        first -= 1
    turns = dialogue.turns[first : turn + 1]
    return tuple(name for one in turns for name in one.actions or ())
