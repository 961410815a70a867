"""The formats that are read, by name and in the order in which they are asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol

from cueline.corpus.account import Account
from cueline.corpus.formats import jsonl
from cueline.corpus.formats.ai_sdk import model_messages as ai_sdk
from cueline.corpus.formats.ai_sdk import ui_messages as ai_sdk_ui
from cueline.corpus.formats.anthropic import messages as anthropic
from cueline.corpus.formats.autogen import messages as autogen
from cueline.corpus.formats.babi import reader as babi
from cueline.corpus.formats.bedrock import converse as bedrock
from cueline.corpus.formats.chat_exports import chatgpt, claude
from cueline.corpus.formats.claude_code import session as claude_code
from cueline.corpus.formats.codex import rollout as codex
from cueline.corpus.formats.cohere import messages as cohere
from cueline.corpus.formats.gemini import contents as gemini
from cueline.corpus.formats.langchain import messages as langchain
from cueline.corpus.formats.langfuse import reader as langfuse
from cueline.corpus.formats.langsmith import examples as langsmith_examples
from cueline.corpus.formats.langsmith import runs as langsmith
from cueline.corpus.formats.llamaindex import messages as llamaindex
from cueline.corpus.formats.mistral import messages as mistral
from cueline.corpus.formats.ollama import messages as ollama
from cueline.corpus.formats.openai import assistants, responses
from cueline.corpus.formats.openai import chat as openai_chat
from cueline.corpus.formats.rasa import intents as rasa_intents
from cueline.corpus.formats.rasa import reader as rasa
from cueline.corpus.formats.rasa import tracker as rasa_tracker
from cueline.corpus.formats.schema_guided import convlab, multiwoz, sgd, sgd_calls, sim
from cueline.corpus.formats.schema_guided.acts import WithSlots
from cueline.corpus.formats.sharegpt import conversations as sharegpt
from cueline.corpus.formats.sharegpt import glaive, xlam
from cueline.corpus.formats.tables import csv as csv_table
from cueline.corpus.formats.tables import parquet as parquet_table
from cueline.corpus.formats.tables import xlsx
from cueline.corpus.formats.traces import openinference, otel
from cueline.corpus.sample import Sample
from cueline.corpus.transcripts.dialect import Dialect
from cueline.corpus.transcripts.reader import dialect_names, read_records
from cueline.dialogue import Dialogue


class Format(Protocol):
    """What a module of a format offers; a new format is a new module and a line below."""

    def recognises(self, sample: Sample) -> bool:
        """Whether a file or folder is in this format; it never raises."""

    def read(self, path: Path, account: Account | None = None) -> Iterator[Dialogue]:
        """The dialogues of the file in order, each as soon as it is read; `account` is kept."""


class Transcripts:
    """The format of files whose records are in any of some dialects."""

    def __init__(self, dialects: Mapping[str, Dialect]) -> None:
        self._dialects = dialects

    def recognises(self, sample: Sample) -> bool:
        """Whether a dialect recognises one of the first records."""
        return bool(self.names(sample))

    def names(self, sample: Sample) -> set[str]:
        """The dialects that the first records are in."""
        return {name for name in dialect_names(sample.records, self._dialects) if name is not None}

    def read(self, path: Path, account: Account | None = None) -> Iterator[Dialogue]:
        """The dialogues of the file, each record in the first dialect that recognises it."""
        records = Sample(path).records if len(self._dialects) > 1 else []
        return read_records(path, self._dialects, account or Account(), records)


DIALECTS: dict[str, Dialect] = {
    "openinference": openinference,
    "otel": otel,
    "langfuse": langfuse,
    "langsmith": langsmith,
    "langsmith-examples": langsmith_examples,
    "chatgpt": chatgpt,
    "claude": claude,
    "langchain": langchain,
    "llamaindex": llamaindex,
    "autogen": autogen,
    "gemini": gemini,
    "bedrock": bedrock,
    "ai-sdk": ai_sdk,
    "ai-sdk-ui": ai_sdk_ui,
    "cohere": cohere,
    "ollama": ollama,
    "mistral": mistral,
    "assistants": assistants,
    "anthropic": anthropic,
    "responses": responses,
    "glaive": glaive,
    "xlam": xlam,
    "sharegpt": sharegpt,
    "openai": openai_chat,
}
"""The dialects of transcripts, in the order in which they are asked; a file may mix them."""
FORMATS: dict[str, Format] = {
    "sgd": sgd,
    "multiwoz": multiwoz,
    "convlab": convlab,
    "sim": sim,
    "jsonl": jsonl,
    "babi": babi,
    "claude-code": claude_code,
    "codex": codex,
    **{name: Transcripts({name: dialect}) for name, dialect in DIALECTS.items()},
    "rasa": rasa,
    "rasa-tracker": rasa_tracker,
    "csv": csv_table,
    "parquet": parquet_table,
    "xlsx": xlsx,
}
"""Name to format, in the order in which they are asked."""
RECOGNISED: tuple[Format, ...] = (
    *(format for name, format in FORMATS.items() if name not in DIALECTS),
    Transcripts(DIALECTS),
)
"""What a file is recognised as: one of the formats, or transcripts in any dialect."""
VIEWS: dict[str, Format] = {
    **FORMATS,
    "sgd-slots": WithSlots("sgd", sgd),
    "sgd-calls": sgd_calls,
    "multiwoz-slots": WithSlots("multiwoz", multiwoz),
    "convlab-slots": WithSlots("convlab", convlab),
    "sim-slots": WithSlots("sim", sim),
    "rasa-intents": rasa_intents,
}
"""All that can be asked for by name."""
