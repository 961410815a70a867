"""Do the promises of risk and coverage hold on corpora that nobody tuned for?

    python -m benchmarks.promises CORPORA [--only NAME ...] [--seeds N] [--json FILE]

CORPORA has a folder for each corpus. One default for all; dev splits alone, and of large corpora a
part: few dialogues are where promises are hard. For each setting: at
each promised risk the measured one with its 95 % interval (by resampling dialogues), the share
answered beside that of an oracle, which knows the best threshold on these very dialogues; the
coverage found beside the promised one; and the calibration error. A promise is broken where even
the lower end of the interval is above it. Runs that were done are kept in the JSON file, and not
done again.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.quality.__main__ import Kept, trained
from benchmarks.quality.tasks import TASKS, Part

from cueline.corpus import read_all, split
from cueline.dialogue import Dialogue
from cueline.evaluation import evaluate_dialogues
from cueline.evaluation.metrics.bootstrap import middle, resamples
from cueline.evaluation.metrics.calibration import RISKS, coverage_at_risk
from cueline.evaluation.scored_corpus import ScoredCorpus
from cueline.policy import Policy
from cueline.types import Floats

EXAMPLES = Path(__file__).parents[1] / "examples"
SEEDS = (0, 1, 2)
DRAWS = range(20)
MAX_LEARNED, MAX_TESTED = 1000, 500
"""Dialogues of a corpus, drawn at random from a larger one."""
SIZES = (10, 20, 50, 100, 300)
SERVICES = 5
BOTS = {"carbon-bot": "test_stories", "financial-demo": "tests", "helpdesk-assistant": "tests"}

Setting = Callable[[Path, int], Iterator[Part]]
"""From the folder of corpora and a seed to what to train and to test on."""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("corpora", type=Path)
    parser.add_argument("--only", nargs="+", choices=list(SETTINGS), default=list(SETTINGS))
    parser.add_argument("--seeds", type=int, default=len(DRAWS), help="at most that number")
    parser.add_argument("--config", type=Path)
    parser.add_argument("--json", type=Path, default=Path("promises.json"))
    given = parser.parse_args()
    kept = Kept(given.json)
    for name in given.only:
        setting, group, seeds = SETTINGS[name]
        for seed in seeds[: given.seeds]:
            key = f"{name} {seed} {given.config or ''}".strip()
            if key not in kept.runs:
                began = time.perf_counter()
                parts = [
                    measured(trained(part, group, seed, given.config), dialogues)
                    for part in setting(given.corpora, seed)
                    for dialogues in part.tests.values()
                ]
                kept.add(key, pooled(parts))
                print(f"{key}: {time.perf_counter() - began:.0f} s", flush=True)
    print("\n" + "\n".join(table(kept.runs, given.only, str(given.config or ""))))


def quality(name: str) -> Setting:
    """The dev split of a corpus of `benchmarks.quality`."""

    def parts(corpora: Path, seed: int) -> Iterator[Part]:
        for part in TASKS[name].parts(corpora, True):
            tested = next(iter(part.tests.values()))
            yield Part(drawn(part.train, MAX_LEARNED), {"dev": drawn(tested, MAX_TESTED)})

    return parts


def drawn(dialogues: Sequence[Dialogue], limit: int) -> Sequence[Dialogue]:
    """At most that number of them, in their order."""
    rows = np.random.default_rng(0).permutation(len(dialogues))[:limit]
    return [dialogues[row] for row in sorted(rows.tolist())]


def a_fifth(path: str) -> Setting:
    """A corpus without splits: four fifths to train on."""

    def parts(corpora: Path, seed: int) -> Iterator[Part]:
        train, test = split(read_all(corpora / path), 0.2, 100)
        yield Part(drawn(train, MAX_LEARNED), {"dev": drawn(test, MAX_TESTED)})

    return parts


def few(size: int) -> Setting:
    """So few dialogues of the example corpus, drawn anew with each seed."""

    def parts(corpora: Path, seed: int) -> Iterator[Part]:
        dialogues = read_all(EXAMPLES / "train.jsonl")
        chosen = np.random.default_rng(seed).permutation(len(dialogues))[:size]
        test = read_all(EXAMPLES / "valid.jsonl")
        yield Part([dialogues[row] for row in chosen.tolist()], {"dev": test})

    return parts


def other_services(corpora: Path, seed: int) -> Iterator[Part]:
    """Five services of SGD to train on; dialogues with none of them to test on."""
    dialogues = read_all(corpora / "sgd" / "train.jsonl")
    services = sorted({service for one in dialogues for service in one.meta["services"]})
    known = set(np.random.default_rng(seed).permutation(services)[:SERVICES].tolist())
    train = [one for one in dialogues if set(one.meta["services"]) <= known]
    test = [one for one in dialogues if not set(one.meta["services"]) & known]
    yield Part(drawn(train, MAX_LEARNED), {"dev": drawn(test, MAX_TESTED)})


def bot(name: str) -> Setting:
    """The stories of a Rasa bot, and its test stories."""

    def parts(corpora: Path, seed: int) -> Iterator[Part]:
        folder = corpora / "rasa_bots" / name
        yield Part(read_all(folder, "rasa"), {"dev": read_all(folder / BOTS[name], "rasa")})

    return parts


SETTINGS: dict[str, tuple[Setting, str | None, Sequence[int]]] = {
    **{name: (quality(name), task.group, SEEDS) for name, task in TASKS.items()},
    "sim-r": (a_fifth("sim_dialogue/sim-R/dev.json"), None, SEEDS),
    "glaive": (a_fifth("glaive_toolcall"), None, SEEDS),
    "sgd, five services for others": (other_services, None, SEEDS),
    **{f"examples, {size} dialogues": (few(size), None, DRAWS) for size in SIZES},
    **{name: (bot(name), None, SEEDS) for name in BOTS},
}


def measured(policy: Policy, dialogues: Sequence[Dialogue]) -> dict[str, Any]:
    """What was promised and found: counts of each dialogue, so that runs can be pooled."""
    found = ScoredCorpus.of(policy, dialogues)
    starts = found.answers.starts[:-1]
    confidence, right = found.decided.confidence, found.right
    report = evaluate_dialogues(policy, dialogues)
    risks = {}
    for risk in RISKS:
        sure = policy.at(risk=risk).decision_model.sure(confidence, found.newness)
        risks[str(risk)] = {
            "sure": np.add.reduceat(sure.astype(int), starts).tolist(),
            "wrong": np.add.reduceat((sure & ~right).astype(int), starts).tolist(),
            "oracle": coverage_at_risk(confidence, right, risk),
        }
    best = max((one.exact for one in report.baselines.values()), default=0.0)
    return {
        "turns": int(len(right)),
        "risks": risks,
        "covered": report.trust.covered,
        "promised": report.trust.coverage,
        "ece": report.ece,
        "exact": report.exact,
        "free": report.free_running.exact if report.free_running else None,
        "baseline": best,
    }


def pooled(parts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The parts of a split as one."""
    turns = [part["turns"] for part in parts]

    def mean(figures: Sequence[float]) -> float:
        return float(np.average(figures, weights=turns))

    risks = {
        risk: {
            "sure": sum((part["risks"][risk]["sure"] for part in parts), []),
            "wrong": sum((part["risks"][risk]["wrong"] for part in parts), []),
            "oracle": mean([part["risks"][risk]["oracle"] for part in parts]),
        }
        for risk in parts[0]["risks"]
    }
    names = ("covered", "promised", "ece", "exact", "free", "baseline")
    known = [name for name in names if parts[0][name] is not None]
    figures = {name: mean([part[name] for part in parts]) for name in known}
    return {"turns": sum(turns), "risks": risks, **figures}


def table(runs: dict[str, Any], names: Sequence[str], config: str) -> Iterator[str]:
    """A row a setting, and a line that counts the promises kept."""
    yield "| setting | exact (free) | baseline | ECE | covered (promised) |" + "".join(
        f" risk {risk:g}: found, answered / oracle |" for risk in RISKS
    )
    yield "| --- | ---: | ---: | ---: | ---: |" + " --- |" * len(RISKS)
    promises = bold = kept = 0
    for name in names:
        done = [
            one
            for seed in SETTINGS[name][2]
            if (one := runs.get(f"{name} {seed} {config}".strip())) is not None
        ]
        if not done:
            continue
        cells = []
        for risk in RISKS:
            found, low, high, answered, oracle = at_risk(
                [one["risks"][str(risk)] for one in done], [one["turns"] for one in done]
            )
            broken = low > risk
            promises, kept = promises + 1, kept + (not broken)
            bold += answered >= 0.85 * oracle
            mark = " **broken**" if broken else ""
            cells.append(f"{found:.3f} ({low:.3f}-{high:.3f}){mark}, {answered:.3f} / {oracle:.3f}")
        mean = {
            key: np.mean([one[key] for one in done if key in one] or [np.nan])
            for key in ("exact", "free", "baseline", "ece", "covered", "promised")
        }
        yield (
            f"| {name} | {mean['exact']:.3f} ({mean['free']:.3f}) | {mean['baseline']:.3f} "
            f"| {mean['ece']:.3f} | {mean['covered']:.3f} ({mean['promised']:.3f}) "
            f"| {' | '.join(cells)} |"
        )
    yield f"\n{kept} of {promises} promises of risk kept; {bold} answer at least 0.85 of the oracle"


def at_risk(
    runs: Sequence[dict[str, Any]], turns: Sequence[int]
) -> tuple[float, float, float, float, float]:
    """The measured risk, its interval, the share answered, and the oracle's share."""
    sure = np.concatenate([one["sure"] for one in runs]).astype(float)
    wrong = np.concatenate([one["wrong"] for one in runs]).astype(float)
    answered = float(sure.sum() / sum(turns))
    oracle = float(np.average([one["oracle"] for one in runs], weights=turns))
    if not sure.any():
        return 0.0, 0.0, 0.0, answered, oracle
    found = float(wrong.sum() / sure.sum())
    low, high = _interval(wrong, sure, found)
    return found, low, high, answered, oracle


def _interval(wrong: Floats, sure: Floats, found: float) -> tuple[float, float]:
    shares = [(w @ wrong) / np.maximum(w @ sure, 1) for w in resamples(len(sure))]
    return middle(np.concatenate(shares), found)


if __name__ == "__main__":
    main()
