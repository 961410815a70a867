"""The formats that are read, by name and in the order in which they are asked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from cueline.corpus.account import Account
from cueline.corpus.formats import jsonl
from cueline.corpus.formats.anthropic import messages as anthropic
from cueline.corpus.formats.babi import reader as babi
from cueline.corpus.formats.openai import chat as openai_chat
from cueline.corpus.formats.openai import responses
from cueline.corpus.formats.otel import reader as otel
from cueline.corpus.formats.rasa import intents as rasa_intents
from cueline.corpus.formats.rasa import reader as rasa
from cueline.corpus.formats.rasa import tracker as rasa_tracker
from cueline.corpus.formats.schema_guided import (
    convlab,
    convlab_slots,
    multiwoz,
    multiwoz_slots,
    sgd,
    sgd_slots,
    sim,
    sim_slots,
)
from cueline.corpus.formats.sharegpt import conversations as sharegpt
from cueline.corpus.formats.sharegpt import glaive
from cueline.corpus.formats.tables import csv as csv_table
from cueline.corpus.formats.tables import parquet as parquet_table
from cueline.corpus.formats.tables import xlsx
from cueline.dialogue import Dialogue


class Format(Protocol):
    """What a module of a format offers; a new format is a new module and a line below."""

    def recognises(self, path: Path, head: str) -> bool:
        """Whether the file, or what begins with `head`, is in this format."""

    def read(self, path: Path, account: Account | None = None) -> Iterator[Dialogue]:
        """The dialogues of the file in order, each as soon as it is read; `account` is kept."""


FORMATS: dict[str, Format] = {
    "sgd": sgd,
    "multiwoz": multiwoz,
    "convlab": convlab,
    "sim": sim,
    "jsonl": jsonl,
    "babi": babi,
    "otel": otel,
    "anthropic": anthropic,
    "responses": responses,
    "openai": openai_chat,
    "sharegpt": sharegpt,
    "glaive": glaive,
    "rasa": rasa,
    "rasa-tracker": rasa_tracker,
    "csv": csv_table,
    "parquet": parquet_table,
    "xlsx": xlsx,
}
"""Name to format, in the order in which they are asked."""
VIEWS: dict[str, Format] = {
    **FORMATS,
    "sgd-slots": sgd_slots,
    "multiwoz-slots": multiwoz_slots,
    "convlab-slots": convlab_slots,
    "sim-slots": sim_slots,
    "rasa-intents": rasa_intents,
}
"""All that can be asked for by name."""
