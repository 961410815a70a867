"""How well words are heard by the tagger alone: span F1, and of values that training never showed.

    python -m benchmarks.quality.tagging CORPORA [--only NAME ...] [--test] [--seeds 0 1 2]

CORPORA has a folder for each corpus. Default settings: mean, and in brackets the least and the most
of the seeds. Choices are made without `--test`, and training stops by what is held out of train.

- `sim-m`: train, judged on dev, or with `--test` on test.
- `sim-r`: dev in five folds, each judged by what learned from the other four.
- `sgd`: three of the training files of `sgd_original` held out.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from benchmarks.quality.words import Parts, read, sgd, sim_m

from cueline.corpus.transforms.split import split
from cueline.dialogue import Dialogue
from cueline.policy.arguments.values import value_key
from cueline.policy.tagging import Tagger
from cueline.settings import Settings
from cueline.training.tagging import LabelledText, labelled_texts, train_tagger

FOLDS = 5
SPEED_TEXTS = 500

Marked = set[tuple[int, int, int, str]]


def sim_r(corpora: Path, test: bool, seed: int) -> Iterator[Parts]:
    dialogues = read(corpora / "sim_dialogue" / "sim-R" / "dev.json")
    for fold in range(FOLDS):
        given = [one for number, one in enumerate(dialogues) if number % FOLDS != fold]
        yield Parts(given, dialogues[fold::FOLDS])


def alone(task: Callable[[Path, bool, int], Parts]) -> Callable[..., Iterator[Parts]]:
    def parts(corpora: Path, test: bool, seed: int) -> Iterator[Parts]:
        yield task(corpora, test, seed)

    return parts


TASKS = {"sim-m": alone(sim_m), "sim-r": sim_r, "sgd": alone(sgd)}


def trained(given: Sequence[Dialogue], seed: int) -> Tagger:
    learned, held_out = split(given, 0.1, seed)
    tagger = train_tagger(learned, held_out, Settings(seed=seed))
    assert tagger is not None, "the corpus has spans"
    return tagger


def span_sets(tagger: Tagger, texts: Sequence[LabelledText]) -> tuple[Marked, Marked]:
    """Spans that were found and those that are there, by text, place and label."""
    found = {
        (number, span.start, span.end, span.label)
        for number, one in enumerate(texts)
        for span in tagger.spans(one.text, one.around)
    }
    there = {
        (number, span.start, span.end, span.label)
        for number, one in enumerate(texts)
        for span in one.spans
    }
    return found, there


def shown_words(texts: Sequence[LabelledText]) -> set[tuple[str, str]]:
    """Labels with the words that had them."""
    return {
        (span.label, value_key(one.text[span.start : span.end]))
        for one in texts
        for span in one.spans
    }


def scores(parts: Sequence[Parts], seed: int) -> dict[str, float]:
    right = found = there = unseen = unseen_right = 0
    micros = []
    for one in parts:
        tagger = trained(one.given, seed)
        texts = list(labelled_texts(one.judged))
        ours, wanted = span_sets(tagger, texts)
        known = shown_words(list(labelled_texts(one.given)))
        new = {
            span
            for span in wanted
            if (span[3], value_key(texts[span[0]].text[span[1] : span[2]])) not in known
        }
        right, found, there = right + len(ours & wanted), found + len(ours), there + len(wanted)
        unseen, unseen_right = unseen + len(new), unseen_right + len(new & ours)
        micros.append(microseconds(tagger, texts[:SPEED_TEXTS]))
    return {
        "span_f1": 2 * right / (found + there),
        "recall of unseen values": unseen_right / max(unseen, 1),
        "unseen values": unseen,
        "us a turn": statistics.median(micros),
    }


def microseconds(tagger: Tagger, texts: Sequence[LabelledText]) -> float:
    """The median time of a turn."""
    times = []
    for one in texts:
        start = time.perf_counter()
        tagger.spans(one.text, one.around)
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpora", type=Path)
    parser.add_argument("--only", nargs="+", choices=sorted(TASKS), default=list(TASKS))
    parser.add_argument("--test", action="store_true")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    given = parser.parse_args()
    for name in given.only:
        rows = [
            scores(list(TASKS[name](given.corpora, given.test, seed)), seed) for seed in given.seeds
        ]
        for figure in rows[0]:
            values = [row[figure] for row in rows]
            middle = statistics.mean(values)
            print(f"{name}: {figure} {middle:.3f} [{min(values):.3f}, {max(values):.3f}]")


if __name__ == "__main__":
    main()
