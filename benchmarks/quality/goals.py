"""Joint goal accuracy as papers count it, beside that of spans, by the tagger alone.

    python -m benchmarks.quality.goals CORPORA [--only sim-m sim-r] [--test] [--seeds 0 1 2]

`cueline evaluate` counts slots by the spans of a corpus. Papers count by its dialogue state, which
has two things more: a slot of which the user does not care ("any time is fine"), and a value that
the system offered and the user took ("sounds good"). No words of the user stand for those.

- `spans`: turns at which the slots are those that the spans so far give.
- `state`: turns at which they are those of the dialogue state.
- `at most`: the same if every span were heard; what is lost to slots without words.
- `corrections`: slots named anew with another value, and how many of them are heard so.
- `dontcare`, `taken`: slots of the state that no span names, when they come up.
"""

from __future__ import annotations

import argparse
import statistics
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import msgspec
from benchmarks.quality.tagging import TASKS, trained

from cueline.dialogue import Dialogue, Span
from cueline.policy.arguments.memory import span_value
from cueline.policy.arguments.values import value_key
from cueline.policy.listener import Listener

Slots = dict[str, str]
DONTCARE = "dontcare"


def states(files: Iterable[Path]) -> dict[str, list[Slots]]:
    """The dialogue state after each turn of the user, by dialogue."""
    return {
        record["dialogue_id"]: [
            {one["slot"]: value_key(one["value"]) for one in turn["dialogue_state"]}
            for turn in record["turns"]
        ]
        for file in files
        for record in msgspec.json.decode(file.read_bytes())
    }


def counted(listener: Listener, dialogue: Dialogue, states: list[Slots]) -> Iterator[str]:
    """The names of what is to be counted."""
    heard, named, before = Slots(), Slots(), Slots()
    for turn, known, state in zip(
        dialogue.turns, listener.hear_all(dialogue), states, strict=False
    ):
        mine, there = (values(spans, turn.user or "") for spans in (known.spans, turn.spans))
        for label, value in there.items():
            if label in named and named[label] != value:
                yield from ("corrections", *["corrections heard"] * (mine.get(label) == value))
        heard, named = heard | mine, named | there
        yield "turns"
        yield from (
            name
            for name, right in (
                ("spans", heard == named),
                ("state", heard == state),
                ("at most", named == state),
            )
            if right
        )
        for label, value in state.items():
            if before.get(label) != value and there.get(label) != value:
                yield DONTCARE if value == DONTCARE else "taken"
        before = state


def values(spans: Iterable[Span], text: str) -> Slots:
    return {span.label: value_key(span_value(span, text)) for span in spans}


def scores(corpora: Path, name: str, test: bool, seed: int) -> Mapping[str, float]:
    folder = corpora / "sim_dialogue" / name.replace("-m", "-M").replace("-r", "-R")
    known = states(sorted(folder.glob("*.json")))
    total: Counter[str] = Counter()
    for parts in TASKS[name](corpora, test, seed):
        listener = Listener(trained(parts.given, seed))
        for dialogue in parts.judged:
            total.update(counted(listener, dialogue, known[dialogue.id]))
    shares = {one: total[one] / total["turns"] for one in ("spans", "state", "at most")}
    heard = total["corrections heard"] / max(total["corrections"], 1)
    return {
        **shares,
        "corrections heard": heard,
        **{one: total[one] for one in ("corrections", DONTCARE, "taken", "turns")},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpora", type=Path)
    parser.add_argument("--only", nargs="+", choices=["sim-m", "sim-r"], default=["sim-m", "sim-r"])
    parser.add_argument("--test", action="store_true")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    given = parser.parse_args()
    for name in given.only:
        rows = [scores(given.corpora, name, given.test, seed) for seed in given.seeds]
        for figure in rows[0]:
            some = [row[figure] for row in rows]
            print(
                f"{name}: {figure} {statistics.mean(some):.3f} [{min(some):.3f}, {max(some):.3f}]"
            )


if __name__ == "__main__":
    main()
