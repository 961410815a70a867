"""One step each: a turn in which the system does several things becomes several turns.

    Turn("hello", actions=("greet", "offer"))     becomes     Turn("hello", actions=("greet",))
                                                              Turn(None, actions=("offer",))
                                                              Turn(None, actions=())

The last one says that it is the user's turn now; without it a policy would never know when to stop.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from cueline.dialogue import Dialogue, Feature, Turn

STEPS = "steps"
"""The key of `meta` that holds for each turn the steps in it, where the corpus knows more of them
than their names: `[action, features before it]`, with None for waiting at the end."""
INTENTS = "intents"
"""The key of `meta` that holds for each turn what was meant, `[intent, [entity, ...]]`, None where
nobody said."""


def steps(dialogues: Iterable[Dialogue]) -> Iterator[Dialogue]:
    """`dialogues` with one action a turn, in the order in which the actions stand."""
    for dialogue in dialogues:
        meta = {key: value for key, value in dialogue.meta.items() if key != STEPS}
        recorded: list[Any] = dialogue.meta.get(STEPS) or [None] * len(dialogue.turns)
        groups = [
            list(_step_turns(turn, inner) if inner else _parted(turn))
            for turn, inner in zip(dialogue.turns, recorded, strict=True)
        ]
        if INTENTS in meta:
            meant = zip(meta[INTENTS], groups, strict=True)
            meta[INTENTS] = [one for intent, group in meant for one in _once(intent, len(group))]
        yield Dialogue(dialogue.id, tuple(turn for group in groups for turn in group), meta)


def _once(intent: Any, steps: int) -> list[Any]:
    """An intent at the first of the steps."""
    return [intent] + [None] * (steps - 1) if steps else []


def _parted(turn: Turn) -> Iterator[Turn]:
    actions = turn.actions or ()
    return _step_turns(turn, [[name, turn.features] for name in (*actions, None)])


def _step_turns(turn: Turn, inner: list[Any]) -> Iterator[Turn]:
    for number, (action, features) in enumerate(inner):
        first = number == 0
        known = {name: _feature(value) for name, value in features.items()}
        yield Turn(
            turn.user if first else None,
            known,
            turn.available,
            () if action is None else (action,),
            turn.system if first else None,
            turn.spans if first else (),
            {action: turn.arguments[action]} if action in turn.arguments else {},
            turn.results if first else {},
        )


def _feature(value: Any) -> Feature:
    return tuple(value) if isinstance(value, list) else value
