"""Identical histories after which the system did one thing here and another there.

No policy can be right in both places, so their number bounds the accuracy that can be reached.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from typing import NamedTuple

from cueline.corpus.checks.finding import MAX_EXAMPLES, Finding, names_of, turn_name
from cueline.corpus.transforms.story_concatenation import JOINS
from cueline.dialogue import Dialogue, Turn
from cueline.tokenizer import fold


class _Done(NamedTuple):
    actions: tuple[str, ...]
    example: str


class Contradictions:
    """Every history seen, and what was done after it."""

    def __init__(self) -> None:
        self.done: dict[bytes, list[_Done]] = {}
        """History to what was first done after it, then what else was."""
        self.counts: dict[bytes, dict[tuple[str, ...], int]] = {}
        """Only for histories with more than one answer, and those seen again."""
        self.turns = 0

    def see(self, corpus: int, dialogue: Dialogue) -> None:
        """Look at the history of each turn; a bot's stories have a check of their own."""
        if JOINS in dialogue.meta:
            return
        history = b""
        for number, turn in enumerate(dialogue.turns):
            history = _after(history, turn)
            actions = tuple(sorted(turn.actions or ()))
            known = self.done.setdefault(history, [])
            if all(actions != done.actions for done in known):
                known.append(_Done(actions, turn_name(dialogue, number)))
            counts = self.counts.setdefault(history, {})
            counts[actions] = counts.get(actions, 0) + 1
            self.turns += 1
            history = blake2b(history + repr(actions).encode(), digest_size=12).digest()

    def findings(self) -> Iterator[Finding]:
        """One finding for all of them, those with most turns first."""
        disputed = [history for history, done in self.done.items() if len(done) > 1]
        if not disputed:
            return
        wrong = {h: sum(self.counts[h].values()) - max(self.counts[h].values()) for h in disputed}
        disputed.sort(key=lambda history: (-wrong[history], self.done[history][0].example))
        lost = sum(wrong.values())
        message = (
            f"{len(disputed)} identical histories with different actions; "
            f"at least {lost} of {self.turns} turns ({lost / self.turns:.1%}) cannot be got right"
        )
        examples = [self._example(history) for history in disputed[:MAX_EXAMPLES]]
        yield Finding("warning", "contradiction", message, lost, examples)

    def _example(self, history: bytes) -> str:
        counts = self.counts[history]
        done = sorted(self.done[history], key=lambda one: -counts[one.actions])[:2]
        return ", but ".join(
            f"{names_of(one.actions)} {counts[one.actions]} times ({one.example})" for one in done
        )


def _after(history: bytes, turn: Turn) -> bytes:
    """`history` and what is known at `turn` before acting, as a digest."""
    user = None if turn.user is None else fold(turn.user)
    known = repr((user, sorted(turn.features.items()), turn.available))
    return blake2b(history + known.encode(), digest_size=12).digest()
