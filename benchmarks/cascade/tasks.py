"""What a cascade is measured on: transcripts with calls, each in parts to learn, to fit thresholds
and to measure on.

A policy and the routers beside it see the same dialogues, and those that thresholds are fitted on
are learned from by none of them.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from benchmarks.promises import EXAMPLES, drawn
from benchmarks.quality.tasks import TASKS as QUALITY

from cueline.corpus import read_all, split
from cueline.dialogue import Dialogue, Turn

MAX_TRAINED, MAX_MEASURED = 400, 200
"""Dialogues of SGD, drawn at random: traces of an agent are rarely more to begin with."""
SEEN_SERVICES = ("dialogues_091.json", "dialogues_096.json", "dialogues_101.json")
"""Shards of SGD's train split that are held out, with services that the others have."""


class Part(NamedTuple):
    """Dialogues to learn from, to fit thresholds on, and to measure on."""

    learned: Sequence[Dialogue]
    fitted: Sequence[Dialogue]
    measured: Sequence[Dialogue]


@dataclass(frozen=True)
class Task:
    """Parts that are measured together."""

    parts: Callable[[Path], Iterator[Part]]
    group: str | None = None
    """The `meta` key whose dialogues stay together, in splits and in resampling."""


def example(corpora: Path) -> Iterator[Part]:
    """The example corpus, on its validation split."""
    learned, fitted = split(read_all(EXAMPLES / "train.jsonl"), 0.2, 200)
    yield Part(learned, fitted, read_all(EXAMPLES / "valid.jsonl"))


def tau_bench(corpora: Path) -> Iterator[Part]:
    """Trajectories that reached their goal; no two parts share a task."""
    for part in QUALITY["tau-bench"].parts(corpora, True):
        learned, fitted = split(part.train, 0.25, 200, "task_id")
        yield Part(learned, fitted, part.tests["dev"])


def glaive(corpora: Path) -> Iterator[Part]:
    """300 dialogues with functions of their own."""
    dialogues = read_all(corpora / "glaive_toolcall" / "glaive_toolcall_en_demo.json")
    others, _ = split(dialogues, 0.2, 300)  # a fifth for the end
    train, measured = split(others, 0.25, 100)
    learned, fitted = split(train, 0.2, 200)
    yield Part(learned, fitted, measured)


def sgd(corpora: Path) -> Iterator[Part]:
    """SGD as an agent's transcripts: a service is called, or something said."""
    shards = sorted((corpora / "sgd_original" / "train").glob("dialogues_*.json"))
    train, measured = (
        as_transcripts([path for path in shards if (path.name in SEEN_SERVICES) == held])
        for held in (False, True)
    )
    learned, fitted = split(drawn(train, MAX_TRAINED), 0.2, 200)
    yield Part(learned, fitted, drawn(measured, MAX_MEASURED))


TASKS = {
    "example": Task(example),
    "tau-bench": Task(tau_bench, "task_id"),
    "glaive": Task(glaive),
    "sgd": Task(sgd),
}


def as_transcripts(paths: Sequence[Path]) -> list[Dialogue]:
    """Dialogues of SGD written as messages of OpenAI's chat and read again as such."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "sgd.jsonl")
        records = (_record(one) for one in read_all(paths, "sgd-calls"))
        out.write_bytes(b"".join(msgspec.json.encode(one) + b"\n" for one in records))
        return read_all(out)


def _record(dialogue: Dialogue) -> dict[str, Any]:
    messages: list[dict[str, Any]] = []
    for number, turn in enumerate(dialogue.turns):
        results = [one for some in turn.results.values() for one in some]
        messages += [
            {"role": "tool", "tool_call_id": f"c{number - 1}-{place}", "content": _text(one)}
            for place, one in enumerate(results)
        ]
        messages += [] if turn.user is None else [{"role": "user", "content": turn.user}]
        messages.append({"role": "assistant", **_done(turn, number)})
    return {"id": dialogue.id, "messages": messages}


def _done(turn: Turn, number: int) -> dict[str, Any]:
    calls = [(name, call) for name, some in turn.arguments.items() for call in some]
    if not calls:
        return {"content": turn.system}
    made = [
        {
            "id": f"c{number}-{place}",
            "type": "function",
            "function": {"name": name, "arguments": _text(arguments)},
        }
        for place, (name, arguments) in enumerate(calls)
    ]
    return {"content": None, "tool_calls": made}


def _text(value: Any) -> str:
    return msgspec.json.encode(value).decode()
