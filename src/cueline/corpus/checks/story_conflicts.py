"""Stories of a bot that do different things in the same state, compared by intents.

Two stories that begin alike are put in different words, so that their histories differ; a policy
hears what is meant in both. It is what `rasa data validate stories` reports: everything that Rasa's
policies see, from the beginning on, is the same, and what is done next is not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import blake2b
from typing import Any

from cueline.corpus.checks.finding import Finding
from cueline.corpus.transforms.one_action import INTENTS, steps
from cueline.corpus.transforms.story_concatenation import JOINS, OF_A_TURN
from cueline.dialogue import Dialogue, Feature, Turn, categories

WAIT = "waiting for the user"
_KINDS = {False: "story", True: "rule"}


class StoryConflicts:
    """What is done in every state of a story, or of a rule, and by which of them."""

    def __init__(self) -> None:
        self.done: dict[tuple[bool, bytes], dict[str, dict[str, None]]] = {}
        """Whether it is a rule's and the state, to action to the names of stories."""
        self.after: dict[tuple[bool, bytes], str] = {}
        """What happened last before that."""

    def see(self, corpus: int, dialogue: Dialogue) -> None:
        """Look at each step of a story."""
        if JOINS not in dialogue.meta:
            return
        rule, story = bool(dialogue.meta.get("rule")), str(dialogue.meta.get("story"))
        for state, after, action in _states(dialogue):
            if after is not None:
                key = (rule, state)
                self.after[key] = after
                self.done.setdefault(key, {}).setdefault(action, {})[story] = None

    def findings(self) -> Iterator[Finding]:
        """One finding for all conflicts of stories, and one for those of rules."""
        for rule, kind in _KINDS.items():
            keys = [key for key, done in self.done.items() if key[0] == rule and len(done) > 1]
            if keys:
                examples = [self._example(key, kind) for key in keys]
                what = f"{len(keys)} {kind} conflicts: the same so far, and then different actions"
                yield Finding("warning", f"{kind} conflict", what, len(keys), examples)

    def _example(self, key: tuple[bool, bytes], kind: str) -> str:
        done = [
            f"{action} in {_names(list(stories), kind)}"
            for action, stories in self.done[key].items()
        ]
        return f"after {self.after[key]}: {', but '.join(done)}"


def _names(stories: list[str], kind: str) -> str:
    first = " and ".join(f"'{name}'" for name in stories[:2])
    more = f" and {len(stories) - 2} more" if len(stories) > 2 else ""
    return f"{kind} {first}{more}"


def _states(dialogue: Dialogue) -> Iterator[tuple[bytes, str | None, str]]:
    """Before each action: all that was so far as a digest, what happened last, and the action."""
    (single,) = steps([dialogue])
    intents = single.meta.get(INTENTS) or [None] * len(single.turns)
    history, heard, before = b"", None, None
    for turn, intent in zip(single.turns, intents, strict=True):
        if turn.user is not None:
            heard, before = _heard(turn, intent), None
        action = turn.actions[0] if turn.actions else None
        known = repr((heard, before, sorted(_state(turn.features).items())))
        history = blake2b(history + known.encode(), digest_size=12).digest()
        after = before if heard is None or before is not None else heard
        yield history, None if after is None else _last(after, before), action or WAIT
        before = action


def _heard(turn: Turn, intent: Any) -> str:
    if intent is None and "intent" in turn.features:
        intent = [turn.features["intent"], list(_entities(turn.features))]
    if intent is None:
        return f"the words '{turn.user}'"
    name, entities = intent
    return f"intent '{name}'" + (f" with {', '.join(entities)}" if entities else "")


def _entities(features: Mapping[str, Feature]) -> tuple[str, ...]:
    return categories(features.get("entities", ()))


def _last(after: str, before: str | None) -> str:
    return after if before is None else f"action '{before}'"


def _state(features: Mapping[str, Feature]) -> dict[str, Feature]:
    return {name: value for name, value in features.items() if name not in OF_A_TURN}
