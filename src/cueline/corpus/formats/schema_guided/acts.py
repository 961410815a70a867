"""What the readers of these corpora share: a dialogue at a time, an act as an action."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

from cueline.corpus.account import NEVER_ACTS, Account
from cueline.corpus.formats.schema_guided.frames import Act
from cueline.corpus.json_stream import items
from cueline.corpus.sample import Sample
from cueline.dialogue import Dialogue
from cueline.errors import Place

Label = Callable[[Act], str]
"""The name of an act as an action."""


def without_slot(act: Act) -> str:
    """The act alone."""
    return act.act


def with_slot(act: Act) -> str:
    """The act and its slot, if it is about one."""
    return f"{act.act}({act.slot})" if act.slot else act.act


def read_each(
    path: Path, account: Account, made: Callable[[bytes, Place], Dialogue | None]
) -> Iterator[Dialogue]:
    """What is `made` of each item of the file; None, where the system never acts, is left out."""
    for place, text in items(path):
        account.record()
        with account.guard():
            dialogue = made(text, place)
            if dialogue is None:
                account.leave_out(NEVER_ACTS, place)
            else:
                yield dialogue


class ActFormat(Protocol):
    """A reader that takes the names of actions from a `Label`."""

    def recognises(self, sample: Sample) -> bool:
        """Whether a file is in this format; it never raises."""

    def read(
        self, path: Path, account: Account | None = None, label: Label = without_slot
    ) -> Iterator[Dialogue]:
        """The dialogues of the file, one at a time; an act is the action that `label` names."""


class WithSlots:
    """A format with act and slot as the action, `REQUEST(city)`; it is read only when named."""

    def __init__(self, name: str, format: ActFormat) -> None:
        self.__doc__ = f"`{name}` with act and slot as the action, such as `REQUEST(city)`"
        self._format = format

    def recognises(self, sample: Sample) -> bool:
        """Whether the format does."""
        return self._format.recognises(sample)

    def read(self, path: Path, account: Account | None = None) -> Iterator[Dialogue]:
        """The dialogues of the file, one at a time."""
        return self._format.read(path, account, with_slot)
