"""Names of actions that are hardly meant: one name in two spellings, and none at all."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator

from cueline.corpus.checks.finding import MAX_EXAMPLES, Finding
from cueline.dialogue import Dialogue

PLACEHOLDERS = frozenset(
    (
        *("", "na", "n a", "nan", "null", "nil", "none", "nothing", "no action", "noaction"),
        *("empty", "blank", "unknown", "undefined", "missing", "tbd", "todo"),
        *("unlabeled", "unlabelled", "not applicable", "not available", "not set", "unassigned"),
    )
)
"""What people write into a cell that has nothing to say, in letters and digits alone."""

_APART = re.compile(r"[\W_]+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class ActionNames:
    """How often each name of an action is done."""

    def __init__(self) -> None:
        self.done: Counter[str] = Counter()
        self.offered: set[str] = set()

    def see(self, corpus: int, dialogue: Dialogue) -> None:
        """Count the actions of a dialogue."""
        for turn in dialogue.turns:
            self.done.update(turn.actions or ())
            self.offered.update(turn.available or ())

    def findings(self) -> Iterator[Finding]:
        """Names that differ in case, spaces or punctuation alone, and placeholders."""
        spellings: dict[str, list[str]] = defaultdict(list)
        for name in sorted({*self.done, *self.offered}):
            letters = any(map(str.isalpha, name))  # `1.0` is not `10`
            spellings["".join(_words(name)) if letters else name].append(name)
        twins = [names for names in spellings.values() if len(names) > 1]
        if twins:
            message = f"{len(twins)} actions are spelt in several ways; a policy learns each apart"
            examples = [" and ".join(map(self._counted, names)) for names in twins[:MAX_EXAMPLES]]
            yield Finding("warning", "case-twin", message, len(twins), examples)
        empty = [name for name in self.done if " ".join(_words(name)) in PLACEHOLDERS]
        if empty:
            message = f"{len(empty)} actions look like placeholders for none; a policy learns them"
            examples = [self._counted(name) for name in empty[:MAX_EXAMPLES]]
            yield Finding("warning", "placeholder", message, len(empty), examples)

    def _counted(self, name: str) -> str:
        return f"{name!r} ({self.done[name]})"


def _words(name: str) -> list[str]:
    """The words of a name: `lookUp` as `look` and `up`; signs alone are no word."""
    return [word.casefold() for word in _APART.split(_CAMEL.sub(" ", name)) if word]
