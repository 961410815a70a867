"""Corpora as a policy reads them: as the one that it learned from was read."""

from __future__ import annotations

from collections.abc import Iterator

from cueline.corpus import read
from cueline.corpus.account import Account
from cueline.corpus.checks.unknown_actions import UnknownActions
from cueline.corpus.options import ReadingOptions
from cueline.corpus.sources import Source
from cueline.dialogue import Dialogue
from cueline.policy.policy import Policy
from cueline.types import Map


def read_for(
    policy: Policy,
    source: Source,
    options: str | ReadingOptions | None = None,
    account: Account | None = None,
    mapped: Map = map,
) -> Iterator[Dialogue]:
    """The dialogues of `source`; options not given are those of the policy's corpus.

    Warns, with a `CuelineWarning`, where the policy lacks most of the actions.
    """
    options = ReadingOptions.of(options).preferring(policy.reading)
    dialogues = read(source, options, account, mapped)
    if policy.settings.network.answer == "dialogue":  # its actions are labels of dialogues
        return dialogues
    return UnknownActions(policy.actions, str(policy.reading)).watched(dialogues)
