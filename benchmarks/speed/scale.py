"""What a turn costs at each stage: processor seconds, and bytes on disk and between machines.

    python -m benchmarks.speed.scale CORPUS

The constants of docs/scale.md. One thread; processor seconds say little of what else runs.
"""

from __future__ import annotations

import pickle
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from cueline.corpus import read_all
from cueline.dataset.dataset import build, in_chunks
from cueline.dataset.storage.dialogue_spool import DialogueSpool
from cueline.dataset.storage.mmap_dataset import write_dataset
from cueline.features import Featurizer
from cueline.features.counts import FeatureCounts
from cueline.settings import FeatureSettings


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """What comes of it, and the processor seconds that it took."""
    began = time.process_time()
    return work(), time.process_time() - began


def main() -> None:
    path, settings = Path(sys.argv[1]), FeatureSettings()
    dialogues, read_s = timed(lambda: read_all([path]))
    turns = sum(len(dialogue.turns) for dialogue in dialogues)
    counted = partial(FeatureCounts.of, known={}, max_words=settings.max_words, pairs=True)
    parts, count_s = timed(lambda: [counted(chunk) for chunk in in_chunks(dialogues)])
    sent = sum(len(pickle.dumps(part)) for part in parts)
    featurizer, merge_s = timed(lambda: Featurizer.of(FeatureCounts.together(parts), settings, {}))
    space = featurizer.action_space
    datasets, build_s = timed(
        lambda: [build(chunk, featurizer, space) for chunk in in_chunks(dialogues)]
    )
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "dataset")
        _, write_s = timed(lambda: write_dataset(folder, datasets))
        arrays = sum(file.stat().st_size for file in folder.iterdir())
    with DialogueSpool.of(dialogues) as spool:
        records = int(spool._starts[-1])
    rows = {
        "read": (read_s, path.stat().st_size),
        "keep as records": (None, records),
        "count words, values, actions": (count_s, sent),
        "add up the counts": (merge_s, 0),
        "featurise": (build_s, sum(len(pickle.dumps(one)) for one in datasets)),
        "write the arrays": (write_s, arrays),
    }
    print(f"{turns:,} turns in {len(parts)} chunks\n\n| | us a turn | bytes a turn |")
    print("| --- | ---: | ---: |")
    for name, (seconds, size) in rows.items():
        cost = "" if seconds is None else f"{seconds / turns * 1e6:.1f}"
        print(f"| {name} | {cost} | {size / turns:.0f} |")


if __name__ == "__main__":
    main()
