"""Longer talks, made of dialogues that may follow one another, to learn from beside them.

A rule of a bot holds anywhere in a conversation, and after a story another one may begin. Where a
corpus tells its dialogues so (`meta["joins"]`), talks are made of them: one dialogue after another,
and rules wherever a turn ends, also amid a story, which then goes on; so a form is interrupted and
resumed. Where a rule says nothing of the form that is on, the form runs again after it, as in Rasa.
Nothing is put where a story does otherwise: after the same actions, on the same intent.
What begins with an action stands after that action; so a form ends, also in the turn in which it
began, as Rasa's stories tell of a form in which all goes well.

Rasa joins whole stories at random (`augmentation`) and lets rules go before what is learned
(Vlasov, Mosig and Nichol, 'Dialogue Transformers', 2019, section 3, on interrupted dialogues).
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec
import numpy as np

from cueline.corpus.transforms.one_action import INTENTS, STEPS
from cueline.dialogue import Dialogue, Feature, Turn
from cueline.types import Bits

JOINS = "joins"
"""The key of `meta` that says how a dialogue may follow others: `begin`, the features that hold
before it; `needs`, what of them must hold, None for what must not; `end`, those that hold after it,
with the form as None where one that nothing is said of before is off;
`anywhere`, whether it may follow, or stand between, any turns; `first`, whether it only begins."""
PIECES = "pieces"
"""The key of `meta` that names the dialogues that a talk is made of."""
FORM = "active_loop"
"""The feature that names the form that is on."""
OF_A_TURN = ("given", "intent", "entities")
"""Features that say what was heard in a turn, and are gone with it."""
MIN_TALKS, MAX_TALKS = 600, 2000
"""Talks that are made."""
DRAWS = 4
"""Dialogues that are tried for one place in a talk."""
OFTEN = 10
"""Tellings of a story of which some may be held out."""

State = dict[str, Feature]
_SteppedTurn = tuple[Turn, list[Any] | None]
"""A turn, and its steps if there is more to say of them."""


@dataclass(frozen=True, slots=True)
class _Piece:
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
        return _state(self.joins["begin"]) if not self.first else self.after(self.first - 1)

    def after(self, turn: int) -> State:
        """What its dialogue has when the turn is over, as far as it is known."""
        if turn == len(self.dialogue.turns) - 1:
            return _state(self.joins["end"])
        known_steps = self.steps(turn)
        return _state(known_steps[-1][1] if known_steps else self.dialogue.turns[turn].features)

    def done(self) -> tuple[str, ...]:
        """What is done from when the user spoke last until these turns are over."""
        return _doing(self.dialogue, self.last - 1) + ((self.resumed,) if self.resumed else ())

    def parted(self, turn: int) -> tuple[_Piece, _Piece]:
        """Its turns before that one, and the rest."""
        return replace(self, last=turn, resumed=None), replace(self, first=turn)


def talks(dialogues: Iterable[Dialogue], seed: int) -> list[Dialogue]:
    """Talks made of those among `dialogues` that say how they may be joined."""
    items = [one for one in dialogues if JOINS in one.meta and one.turns]
    if not items:
        return []
    draw = random.Random(seed)
    forms = _forms(items, draw)
    count = min(max(len(items) // 2, MIN_TALKS), MAX_TALKS)
    maker = _Maker([*items, *forms], draw)
    return [*forms, *(maker.talk(number) for number in range(count))]


def needed_to_learn(dialogues: Iterable[Dialogue]) -> Bits:
    """Which dialogues tell a story of a bot that occurs less than `OFTEN` times. *Shape:* (D,)."""
    stories = [one.meta.get("story") if JOINS in one.meta else None for one in dialogues]
    tellings = Counter(stories)
    return np.array([one is not None and tellings[one] < OFTEN for one in stories], bool)


class _Maker:
    """Makes talks, each dialogue beginning about as many of them as any other."""

    def __init__(self, items: Sequence[Dialogue], draw: random.Random) -> None:
        self.items = items
        self.draw = draw
        self.anywhere = [one for one in items if one.meta[JOINS]["anywhere"]]
        self.going_on = _going_on(items)
        self.order: list[Dialogue] = []
        self.known_steps: dict[tuple[Any, ...], set[tuple[str, ...]]] = {}
        """What stories do: the actions before and what is meant, to what is done."""
        for one in items:
            if not one.meta[JOINS]["anywhere"]:
                self._learn(one)

    def _learn(self, story: Dialogue) -> None:
        for number in range(len(story.turns)):
            if (meant := _meant(story, number)) is not None:
                key = (_before(story, number), meant)
                self.known_steps.setdefault(key, set()).add(_answer(story, number))

    def talk(self, number: int) -> Dialogue:
        """One talk of up to four dialogues."""
        if not self.order:
            self.order = self.draw.sample(self.items, len(self.items))
        first = self.order.pop()
        pieces = [_whole(first)]
        for _ in range(self.draw.randint(1, 3)):
            pieces = self._more(pieces)
        return _dialogue(f"talk {number + 1}", pieces)

    def _more(self, pieces: list[_Piece]) -> list[_Piece]:
        """`pieces` and one dialogue more, in or after them, if one of a few that are drawn fits."""
        state, last = _after(pieces), pieces[-1]
        fitting = _after_action(self.going_on, last, state)
        if fitting and (last.resumed or self.draw.random() < 0.5) and not _goes_on(last):
            at_once = FORM not in state or (bool(last.resumed) and self.draw.random() < 0.5)
            return [*pieces, replace(_whole(self.draw.choice(fitting)), at_once=at_once)]
        for _ in range(DRAWS):
            amid = bool(self.anywhere) and self.draw.random() < 0.5
            given, rest = self._cut(pieces) if amid else (pieces, [])
            new = _whole(self.draw.choice(self.anywhere if amid else self.items))
            new = _resuming(new, _after(given))
            if self._fits(new, given) and not (rest and new.joins["end"] != new.joins["begin"]):
                return [*given, new, *rest]
        return pieces

    def _cut(self, pieces: list[_Piece]) -> tuple[list[_Piece], list[_Piece]]:
        """What comes before a turn of the user, and the rest; or all, and nothing."""
        cuts = [
            (at, turn)
            for at, one in enumerate(pieces)
            for turn in range(one.first + 1, one.last)
            if one.dialogue.turns[turn].user is not None
        ]
        place = self.draw.choice([None, *cuts])
        if place is None:
            return pieces, []
        at, turn = place
        before, after = pieces[at].parted(turn)
        return [*pieces[:at], before], [after, *pieces[at + 1 :]]

    def _fits(self, new: _Piece, before: Sequence[_Piece]) -> bool:
        last = before[-1]
        if new.joins["first"] or _goes_on(last) or new.dialogue.turns[0].user is None:
            return False
        state = _after(before)
        if FORM in state and not (new.joins["anywhere"] and new.joins["end"].get(FORM, True)):
            return False
        if not _holds(new.joins["needs"], state):
            return False
        answer = new.done() if new.resumed else _answer(new.dialogue, 0)
        return self.known_steps.get((last.done(), _meant(new.dialogue, 0)), set()) <= {answer}


def _whole(dialogue: Dialogue) -> _Piece:
    return _Piece(dialogue, 0, len(dialogue.turns))


def _goes_on(piece: _Piece) -> bool:
    """Whether nobody knows what is done next."""
    return bool(piece.joins.get("goes_on"))


def _resuming(new: _Piece, state: State) -> _Piece:
    """`new` with the form that is on in `state` after it, if it says of no form."""
    joins = new.joins
    silent = FORM not in {**joins["begin"], **joins["needs"], **joins["end"]}
    hears_once = sum(turn.user is not None for turn in new.dialogue.turns) == 1
    if FORM in state and silent and hears_once and not _goes_on(new):
        return replace(new, resumed=str(state[FORM]))
    return new


def _going_on(items: Iterable[Dialogue]) -> dict[str, list[Dialogue]]:
    """Action to the dialogues that tell how it goes on after it, before the user is heard."""
    found: dict[str, list[Dialogue]] = {}
    for one in items:
        if one.turns[0].user is None and one.turns[0].actions and not one.meta[JOINS]["first"]:
            found.setdefault(one.turns[0].actions[0], []).append(one)
    return found


def _after_action(
    found: Mapping[str, list[Dialogue]], last: _Piece, state: State
) -> list[Dialogue]:
    """Those of `found` that go on after `last`, where `state` holds."""
    fitting = (one for name in last.done()[-1:] for one in found.get(name, ()))
    return [one for one in fitting if _holds(one.meta[JOINS]["needs"], state)]


def _holds(needs: Mapping[str, Any], state: State) -> bool:
    """Whether it may be so: forms are as they are, and a slot may have been set unseen."""
    return all(
        state.get(name) == value if name == FORM else value is not None or name not in state
        for name, value in needs.items()
    )


def _forms(items: Sequence[Dialogue], draw: random.Random) -> list[Dialogue]:
    """Each dialogue that ends within a form, as if the form then ended at once."""
    found, made = _going_on(items), []
    for one in items[:MAX_TALKS]:
        piece, state = _whole(one), _state(one.meta[JOINS]["end"])
        fitting = _after_action(found, piece, state) if FORM in state else []
        if fitting and not _goes_on(piece):
            pieces = [piece, replace(_whole(draw.choice(fitting)), at_once=True)]
            known_steps = _dialogue(f"{one.id}, at once", pieces)
            intents = [*one.meta.get(INTENTS, ()), *[None] * len(known_steps.turns)][
                : len(known_steps.turns)
            ]
            joins = {**one.meta[JOINS], "end": {FORM: None, **_after(pieces)}}
            meta = {**known_steps.meta, INTENTS: intents, JOINS: joins}
            made.append(msgspec.structs.replace(known_steps, meta=meta))
    return made


def _after(pieces: Sequence[_Piece]) -> State:
    state = dict(pieces[0].begin())
    for piece in pieces:
        over = _Over(state, piece)
        for turn in range(piece.first, piece.last):
            over.turn(turn)
        state = over.state(piece.after(piece.last - 1))
    return state


class _Over:
    """What a dialogue has, over what held before it: only what it changes is its own."""

    def __init__(self, state: State, piece: _Piece) -> None:
        self.piece = piece
        self.before = dict(state)
        if not piece.first:
            needs = piece.joins["needs"].items()
            self.before |= {name: value for name, value in needs if value is not None}
        self.last = dict(piece.begin())
        self.changed: set[str] = set()

    def state(self, state: Mapping[str, Feature]) -> State:
        """What holds now, where the dialogue alone has `state`."""
        now = _state(state)
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


def _dialogue(name: str, pieces: Sequence[_Piece]) -> Dialogue:
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
    turns[-1] = msgspec.structs.replace(turns[-1], actions=tuple(dict.fromkeys(names)))
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


def _state(features: Mapping[str, Feature]) -> State:
    plain = _plain(features).items()
    return {name: value for name, value in plain if name not in OF_A_TURN and value is not None}


def _plain(features: Mapping[str, Any]) -> State:
    """Features as they are in memory, also where they were read from a file."""
    return {k: tuple(v) if isinstance(v, list) else v for k, v in features.items()}


def _meant(dialogue: Dialogue, turn: int) -> str | None:
    """The intent of a turn with its entities; its words where it has none."""
    if intents := dialogue.meta.get(INTENTS):
        meant = intents[turn]
    else:
        features = dialogue.turns[turn].features
        heard = [features.get(name) for name in ("intent", "entities")]
        meant = heard if any(heard) else None
    return dialogue.turns[turn].user if meant is None else repr(meant)


def _doing(dialogue: Dialogue, turn: int) -> tuple[str, ...]:
    """What is done from when the user spoke until the turn is over."""
    first = turn
    while first > 0 and dialogue.turns[first].user is None:
        first -= 1
    turns = dialogue.turns[first : turn + 1]
    return tuple(name for one in turns for name in one.actions or ())


def _before(dialogue: Dialogue, turn: int) -> tuple[str, ...]:
    return _doing(dialogue, turn - 1) if turn else ()


def _answer(dialogue: Dialogue, turn: int) -> tuple[str, ...]:
    """What is done on what is said at the turn, until the user speaks again."""
    last = turn
    while last + 1 < len(dialogue.turns) and dialogue.turns[last + 1].user is None:
        last += 1
    return _doing(dialogue, last)
