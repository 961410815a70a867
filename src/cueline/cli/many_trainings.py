"""What commands share that learn many times: what they learn from, and how Ctrl-C ends them."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cueline.corpus.account import Account
    from cueline.dialogue import Dialogue
    from cueline.settings import Settings

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it."""


def given_and_held_out(
    corpus: Sequence[Path], valid: Sequence[Path] | None, settings: Settings, account: Account
) -> tuple[Sequence[Dialogue], Sequence[Dialogue]]:
    """The dialogues to learn from, and those to stop by: the ones of `valid`, or a part."""
    from cueline.corpus import read_all
    from cueline.training.trainer import hold_out

    dialogues = read_all(corpus, account=account)
    if valid is None:
        return hold_out(dialogues, settings)
    return dialogues, read_all(valid, account=account)


@contextmanager
def ended_by_ctrl_c() -> Iterator[None]:
    """Ctrl-C ends the command: training alone would take it for the end of one policy."""
    before = signal.signal(signal.SIGINT, lambda *_: sys.exit(INTERRUPTED))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
