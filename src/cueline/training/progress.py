"""Progress of going through a corpus, on stderr, once it takes long enough to wonder."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

from cueline.dialogue import Dialogue

PATIENCE = 1.0
"""Seconds that nothing is shown."""
OFTEN = 100
"""Dialogues between two looks at the clock."""


def progress_console() -> Console:
    """Where progress is printed: stderr, in a notebook as plain lines, which follow each other."""
    notebook = Console().is_jupyter  # which claims to be a terminal, but moves no cursor
    return Console(stderr=True, force_jupyter=False, force_terminal=False if notebook else None)


class CorpusProgress:
    """`dialogues` to go through, as often as they can be, while a bar shows how far it is.

    Where stderr is no terminal, a line says afterwards how fast it went.
    """

    def __init__(self, dialogues: Iterable[Dialogue], doing: str, total: int | None = None) -> None:
        self.dialogues = dialogues
        self.doing = doing
        self.total = total
        """How many there are, if that is known."""

    def __iter__(self) -> Iterator[Dialogue]:
        console, number = progress_console(), 0
        with Progress(*self._columns(), console=console, transient=True, disable=True) as bar:
            task = bar.add_task("", total=self.total, rate=0.0)
            began, past = time.perf_counter(), 0.0
            for number, dialogue in enumerate(self.dialogues, start=1):
                yield dialogue
                if number % OFTEN == 0:
                    past = time.perf_counter() - began
                    if past > PATIENCE and bar.disable and console.is_terminal:
                        bar.disable = False
                        bar.start()
                    bar.update(task, completed=number, rate=number / past)
        if past > PATIENCE and not console.is_terminal:
            console.print(f"{self.doing}: {number:,} dialogues, {number / past:,.0f}/s")

    def _columns(self) -> tuple[ProgressColumn, ...]:
        count = TextColumn("{task.completed:>9,.0f} dialogues  {task.fields[rate]:>7,.0f}/s")
        return TextColumn(self.doing), BarColumn(), count, TimeRemainingColumn()
