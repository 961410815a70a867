"""Arguments that were nowhere before: a policy copies values, so it can only know them by heart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from cueline.corpus.checks.finding import MAX_EXAMPLES, Finding
from cueline.dialogue import Dialogue, Turn, is_vector


class UnseenArguments:
    """How many arguments have a value that nobody said and nothing returned before."""

    def __init__(self) -> None:
        self.made: Counter[str] = Counter()
        self.nowhere: Counter[str] = Counter()

    def see(self, corpus: int, dialogue: Dialogue) -> None:
        """Look each argument up in what was known before it."""
        if corpus or not any(turn.arguments for turn in dialogue.turns):
            return
        known: list[str] = []
        for turn in dialogue.turns:
            known += map(_plain, _before(turn))
            for action, calls in turn.arguments.items():
                for name, value in ((n, v) for call in calls for n, v in call.items()):
                    parameter = f"{action}.{name}"
                    self.made[parameter] += 1
                    wanted = list(map(_plain, _leaves(value)))
                    self.nowhere[parameter] += not all(
                        any(one in text for text in known) for one in wanted
                    )
            known += map(_plain, _leaves([turn.system, *turn.arguments.values()]))

    def findings(self) -> Iterator[Finding]:
        """A note with the parameters that have most of them."""
        if count := self.nowhere.total():
            yield Finding(
                "note",
                "unseen-arguments",
                f"{count} of {self.made.total()} arguments have values that nobody said and "
                "nothing returned before; those that never come again are `missing` in a decision",
                count,
                [
                    f"{name}: {some} of {self.made[name]}"
                    for name, some in self.nowhere.most_common(MAX_EXAMPLES)
                    if some
                ],
            )


def _before(turn: Turn) -> Iterator[Any]:
    """All that a turn knows before the system acts."""
    features = [value for value in turn.features.values() if not is_vector(value)]
    known = [turn.user, features, [span.value for span in turn.spans], turn.results]
    return _leaves(known)


def _leaves(value: Any) -> Iterator[Any]:
    """What is inside of a value, but for truth values and nothing, which are everywhere."""
    if isinstance(value, dict):
        yield from _leaves(list(value.values()))
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _leaves(one)
    elif value is not None and not isinstance(value, bool):
        yield value


def _plain(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return " ".join(str(value).casefold().split())
