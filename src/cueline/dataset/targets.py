"""What counts as right answers of a dialogue: the actions of each turn, or a label of it all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from cueline.dialogue import Dialogue
from cueline.errors import CorpusError
from cueline.settings import NetworkSettings

Targets = Callable[[Dialogue], Iterable[Sequence[str]]]
"""The right answers of a dialogue, one for each of its turns or one for all of it."""


def turn_targets(dialogue: Dialogue) -> Iterable[Sequence[str]]:
    """What the system did at each turn."""
    return [turn.actions or () for turn in dialogue.turns]


def targets(settings: NetworkSettings) -> Targets:
    """What counts as the right answers of a dialogue: its actions, or its label."""
    if settings.answer == "turn":
        return turn_targets
    return lambda dialogue: [_label(dialogue, settings.label)]


def _label(dialogue: Dialogue, key: str | None) -> tuple[str, ...]:
    """The label or labels of a whole dialogue, from its `meta`."""
    label = dialogue.meta.get(key) if key else None
    labels = [label] if isinstance(label, str) else label
    if not isinstance(labels, list) or not all(isinstance(name, str) for name in labels):
        raise CorpusError(
            f"dialogue {dialogue.id!r}: $.meta.{key} must be a label or a list of labels; "
            "name the key with `label` under [network]"
        )
    return tuple(labels)
