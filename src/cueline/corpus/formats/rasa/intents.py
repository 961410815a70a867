"""Rasa bots with the intents as features: `intent` and `entities`. Read when named.

As for Rasa's policies, where there is an intent the words do not count: the user says `/intent`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from cueline.corpus.account import Account
from cueline.corpus.formats.rasa.bot import bot
from cueline.corpus.formats.rasa.reader import played, recognises
from cueline.corpus.formats.rasa.story import UserUttered
from cueline.dialogue import Dialogue, Feature, Span

__all__ = ["read", "recognises"]


def read(path: Path, account: Account | None = None) -> Iterator[Dialogue]:
    """The dialogues of a bot or a file; what the user says is the intent."""
    found = bot(path, account or Account())

    def heard(said: UserUttered) -> tuple[str, dict[str, Feature], tuple[Span, ...]]:
        features: dict[str, Feature] = {}
        if said.base_intent is not None:
            features["intent"] = said.base_intent
        if entities := found.domain.seen(said):
            features["entities"] = entities
        if said.intent is None:
            return said.text or "", features, said.spans
        return f"/{said.base_intent}", features, ()

    return played(found, heard, words=False)
