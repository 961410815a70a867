"""Convert and check every corpus in a folder: one line each.

    python -m benchmarks.corpora.overview CORPORA        CORPORA has a folder for each corpus

Splits that go together are checked together, so that what leaks from one to the other is found.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import msgspec

from cueline.corpus import read

CORPORA = {
    "bAbI task 5": ("babi/dialog-babi-task5-full-dialogs-{}.txt", "trn", "dev", "tst", "tst-OOV"),
    "bAbI task 6": ("babi/dialog-babi-task6-dstc2-{}.txt", "trn", "dev", "tst"),
    "Glaive function calls": ("glaive_toolcall",),
    "carbon-bot": ("rasa_bots/carbon-bot/{}", "", "test_stories"),
    "financial-demo": ("rasa_bots/financial-demo/{}", "", "tests"),
    "helpdesk-assistant": ("rasa_bots/helpdesk-assistant/{}", "", "tests"),
    "SGD, acts": ("sgd/{}.jsonl", "train", "dev"),
    "SGD, acts and slots": ("sgd/{}.jsonl", "train", "dev"),
    "Sim-M, acts": ("sim_dialogue/sim-M/{}.json", "train", "dev", "test"),
    "Sim-M, acts and slots": ("sim_dialogue/sim-M/{}.json", "train", "dev", "test"),
    "Sim-R, acts and slots": ("sim_dialogue/sim-R/dev.json",),
    "tau-bench": ("tau_bench/gpt-4o-airline.json",),
    "TED MultiWOZ, text": ("ted_multiwoz/e2e/{}.md", "train", "test"),
    "TED MultiWOZ, text and status": ("ted_multiwoz/e2e-status/{}.md", "train", "test"),
    "TED MultiWOZ, intents": ("ted_multiwoz/modular/{}.md", "train", "test"),
    "TED MultiWOZ, intents and status": ("ted_multiwoz/modular-status/{}.md", "train", "test"),
}
"""Path, with the names of its splits."""

SLOTS = {"SGD": "sgd-slots", "Sim": "sim-slots"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpora", type=Path)
    folder = parser.parse_args().corpora
    print("| corpus | dialogues | turns | actions | sets | convert | check | errors, warnings |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |")
    for name, (path, *splits) in CORPORA.items():
        paths = [folder / path.format(split) for split in splits or [""]]
        if not all(map(Path.exists, paths)):
            print(f"| {name} | not here |")
            continue
        format = SLOTS[name[:3]] if "slots" in name else None
        print(f"| {name} | {row(paths, format)} |", flush=True)


def row(paths: list[Path], format: str | None) -> str:
    """Of the splits together: what is in them, seconds to convert and to check, and findings."""
    with tempfile.TemporaryDirectory() as folder:
        written = [Path(folder, f"{number}.jsonl") for number in range(len(paths))]
        named = ["--format", format] if format else []
        began = time.perf_counter()
        for path, out in zip(paths, written, strict=True):
            cueline("convert", path, out, *named)
        converted = time.perf_counter()
        cueline("check", *written, "--json", Path(folder, "report"))
        checked = time.perf_counter()
        report = msgspec.json.decode(Path(folder, "report").read_bytes())
        sets = [frozenset(t.actions or ()) for p in written for d in read([p]) for t in d.turns]
        dialogues = [sum(1 for _ in read([path])) for path in written]
    kinds = Counter((f["level"], f["kind"]) for f in report["findings"])
    found = ", ".join(f"{kind} {n}" for (level, kind), n in kinds.items() if level != "note")
    cells = [
        " + ".join(map(str, dialogues)),
        f"{len(sets):,}",
        str(len(frozenset[str]().union(*sets))),
        str(len(set(sets))),
        f"{converted - began:.1f} s",
        f"{checked - converted:.1f} s",
        found or "none",
    ]
    return " | ".join(cells)


def cueline(*arguments: object) -> None:
    """Run the command; what it cannot do ends the benchmark (1 means that errors were found)."""
    command = [str(Path(sys.executable).with_name("cueline")), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode not in (0, 1) or "Traceback" in done.stderr:
        sys.exit(f"{' '.join(command)}\n{done.stderr}")


if __name__ == "__main__":
    main()
