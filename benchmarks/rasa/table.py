"""The figures of `score_bot.py` and `test_stories.py` side by side, as a table in Markdown.

    python benchmarks/rasa/table.py LINES.jsonl...

A row a bot, means over the seeds. It refuses runs that did not count the same steps.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from statistics import mean
from typing import Any

RASA = "Rasa"
SYSTEMS = {RASA: RASA, "rasa-intents": "Cueline, given the intents", "rasa": "Cueline, from words"}
"""What learned, by the format of a run; one of Rasa's own has none."""
Runs = dict[str, dict[str, list[dict[str, Any]]]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lines", type=Path, nargs="+")
    lines = (line for file in parser.parse_args().lines for line in file.read_text().splitlines())
    print("\n".join(table(json.loads(line) for line in lines if line.startswith("{"))))


def table(runs: Iterable[dict[str, Any]]) -> Iterator[str]:
    """The lines of the table."""
    bots: Runs = defaultdict(lambda: defaultdict(list))
    for run in runs:
        bots[run["bot"]][run.get("format", RASA)].append(run)
    yield "| bot | learned by | steps right | best baseline | seconds to train | ms a step |"
    yield "| --- | --- | ---: | ---: | ---: | ---: |"
    for bot, found in bots.items():
        if len({run["steps"] for runs in found.values() for run in runs}) > 1:
            raise SystemExit(f"{bot}: runs that counted different steps")
        for system, name in SYSTEMS.items():
            if found[system]:
                yield f"| {bot} | {name} | {' | '.join(figures(found[system]))} |"


def figures(runs: list[dict[str, Any]]) -> Iterator[str]:
    """The cells of one system on one bot."""
    yield f"{each(runs, 'right')} of {runs[0]['steps']}"
    yield each(runs, "baseline_right") if "baseline_right" in runs[0] else ""
    yield f"{mean(run['seconds'] for run in runs):.0f}"
    yield f"{mean(run['ms_a_step'] for run in runs):.1f}"


def each(runs: list[dict[str, Any]], key: str) -> str:
    """The mean of the seeds, with each where they differ."""
    values = [run[key] for run in sorted(runs, key=lambda run: run["seed"])]
    told = ", ".join(map(str, values))
    return f"{mean(values):.1f} ({told})" if len(set(values)) > 1 else str(values[0])


if __name__ == "__main__":
    main()
