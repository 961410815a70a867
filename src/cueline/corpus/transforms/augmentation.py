"""Longer dialogues, joined of some that may follow one another, to learn from beside them.

A rule of a bot holds anywhere in a conversation, and after a story another one may begin. Where a
corpus says how (`meta["joins"]`), its dialogues are joined: one dialogue after another,
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
from dataclasses import replace
from typing import Any

import msgspec
import numpy as np

from cueline.corpus.transforms.one_action import INTENTS
from cueline.corpus.transforms.story_concatenation import (
    FORM,
    JOINS,
    State,
    StoryPiece,
    concatenated,
    done_until,
    state_after,
    state_of,
)
from cueline.dialogue import Dialogue
from cueline.types import Bits

MIN_JOINED, MAX_JOINED = 600, 2000
"""Dialogues that are made by joining."""
DRAWS = 4
"""Dialogues that are tried for one place in a joined dialogue."""
OFTEN = 10
"""Tellings of a story of which some may be held out."""


def joined_dialogues(dialogues: Iterable[Dialogue], seed: int) -> list[Dialogue]:
    """Longer ones, made of those among `dialogues` that say how they may be joined."""
    items = [one for one in dialogues if JOINS in one.meta and one.turns]
    if not items:
        return []
    draw = random.Random(seed)
    forms = _forms(items, draw)
    count = min(max(len(items) // 2, MIN_JOINED), MAX_JOINED)
    maker = _Maker([*items, *forms], draw)
    return [*forms, *(maker.joined(number) for number in range(count))]


def needed_to_learn(dialogues: Iterable[Dialogue]) -> Bits:
    """Which dialogues tell a story of a bot that occurs less than `OFTEN` times. *Shape:* (D,)."""
    stories = [one.meta.get("story") if JOINS in one.meta else None for one in dialogues]
    tellings = Counter(stories)
    return np.array([one is not None and tellings[one] < OFTEN for one in stories], bool)


class _Maker:
    """Joins dialogues, each of them beginning about as many as any other."""

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

    def joined(self, number: int) -> Dialogue:
        """One dialogue, of up to four."""
        if not self.order:
            self.order = self.draw.sample(self.items, len(self.items))
        first = self.order.pop()
        pieces = [_whole(first)]
        for _ in range(self.draw.randint(1, 3)):
            pieces = self._more(pieces)
        return concatenated(f"talk {number + 1}", pieces)

    def _more(self, pieces: list[StoryPiece]) -> list[StoryPiece]:
        """`pieces` and one dialogue more, in or after them, if one of a few that are drawn fits."""
        state, last = state_after(pieces), pieces[-1]
        fitting = _after_action(self.going_on, last, state)
        if fitting and (last.resumed or self.draw.random() < 0.5) and not _goes_on(last):
            at_once = FORM not in state or (bool(last.resumed) and self.draw.random() < 0.5)
            return [*pieces, replace(_whole(self.draw.choice(fitting)), at_once=at_once)]
        for _ in range(DRAWS):
            amid = bool(self.anywhere) and self.draw.random() < 0.5
            given, rest = self._cut(pieces) if amid else (pieces, [])
            new = _whole(self.draw.choice(self.anywhere if amid else self.items))
            new = _resuming(new, state_after(given))
            if self._fits(new, given) and not (rest and new.joins["end"] != new.joins["begin"]):
                return [*given, new, *rest]
        return pieces

    def _cut(self, pieces: list[StoryPiece]) -> tuple[list[StoryPiece], list[StoryPiece]]:
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

    def _fits(self, new: StoryPiece, before: Sequence[StoryPiece]) -> bool:
        last = before[-1]
        if new.joins["first"] or _goes_on(last) or new.dialogue.turns[0].user is None:
            return False
        state = state_after(before)
        if FORM in state and not (new.joins["anywhere"] and new.joins["end"].get(FORM, True)):
            return False
        if not _holds(new.joins["needs"], state):
            return False
        answer = new.done() if new.resumed else _answer(new.dialogue, 0)
        return self.known_steps.get((last.done(), _meant(new.dialogue, 0)), set()) <= {answer}


def _whole(dialogue: Dialogue) -> StoryPiece:
    return StoryPiece(dialogue, 0, len(dialogue.turns))


def _goes_on(piece: StoryPiece) -> bool:
    """Whether nobody knows what is done next."""
    return bool(piece.joins.get("goes_on"))


def _resuming(new: StoryPiece, state: State) -> StoryPiece:
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
    found: Mapping[str, list[Dialogue]], last: StoryPiece, state: State
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
    for one in items[:MAX_JOINED]:
        piece, state = _whole(one), state_of(one.meta[JOINS]["end"])
        fitting = _after_action(found, piece, state) if FORM in state else []
        if fitting and not _goes_on(piece):
            pieces = [piece, replace(_whole(draw.choice(fitting)), at_once=True)]
            known_steps = concatenated(f"{one.id}, at once", pieces)
            intents = [*one.meta.get(INTENTS, ()), *[None] * len(known_steps.turns)][
                : len(known_steps.turns)
            ]
            joins = {**one.meta[JOINS], "end": {FORM: None, **state_after(pieces)}}
            meta = {**known_steps.meta, INTENTS: intents, JOINS: joins}
            made.append(msgspec.structs.replace(known_steps, meta=meta))
    return made


def _meant(dialogue: Dialogue, turn: int) -> str | None:
    """The intent of a turn with its entities; its words where it has none."""
    if intents := dialogue.meta.get(INTENTS):
        meant = intents[turn]
    else:
        features = dialogue.turns[turn].features
        heard = [features.get(name) for name in ("intent", "entities")]
        meant = heard if any(heard) else None
    return dialogue.turns[turn].user if meant is None else repr(meant)


def _before(dialogue: Dialogue, turn: int) -> tuple[str, ...]:
    return done_until(dialogue, turn - 1) if turn else ()


def _answer(dialogue: Dialogue, turn: int) -> tuple[str, ...]:
    """What is done on what is said at the turn, until the user speaks again."""
    last = turn
    while last + 1 < len(dialogue.turns) and dialogue.turns[last + 1].user is None:
        last += 1
    return done_until(dialogue, last)
