"""A sweep: policies for each mix of settings, sizes and seeds, ranked by dialogues held out.

All are scored on the same held-out dialogues, those by which training stops; so the first of many
looks better there than it is, and what is chosen is for `evaluate` to judge on others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from hashlib import sha256
from itertools import product
from pathlib import Path
from statistics import fmean, stdev

from msgspec import Struct
from msgspec.structs import replace

from cueline.dialogue import Dialogue
from cueline.errors import TrainingError
from cueline.evaluation.learning_curve import part
from cueline.evaluation.run_file import RunFile
from cueline.settings import Settings, changed
from cueline.training import checkpoint
from cueline.training.trainer import held_out_score
from cueline.types import Map


class Trial(Struct, frozen=True):
    """One policy to train."""

    changes: tuple[str, ...] = ()
    """Settings that differ, each `training.epochs=5`."""
    share: float = 1.0
    """Share of the dialogues, drawn by the seed."""
    seed: int = 0

    def settings(self, base: Settings) -> Settings:
        """Those to train with. Raises `SettingsError` that names the change."""
        return replace(changed(base, self.changes, "--vary"), seed=self.seed)

    def __str__(self) -> str:
        return " ".join([*self.changes, f"share={self.share:g}", f"seed={self.seed}"])


class TrialResult(Struct, frozen=True, kw_only=True):
    """What became of a trial."""

    trial: Trial
    dialogues: int
    exact: float
    """Share of the held-out turns that are right."""
    nll: float
    """That of the held-out turns, in nats."""


class Standing(Struct, frozen=True):
    """Settings and a size, over all their seeds."""

    changes: tuple[str, ...]
    share: float
    dialogues: float
    """Mean."""
    seeds: int
    exact: float
    """Mean."""
    spread: float | None
    """Standard deviation of `exact` over seeds; None of a single one."""
    nll: float
    """Mean."""


class Sweep(RunFile, frozen=True, kw_only=True):
    """The trials done so far."""

    results: list[TrialResult] = []

    def missing(self, trials: Sequence[Trial]) -> list[Trial]:
        """Those of `trials` that are not done."""
        done = {result.trial for result in self.results}
        return [trial for trial in trials if trial not in done]

    def plus(self, result: TrialResult) -> Sweep:
        """The sweep with one more result."""
        return replace(self, results=[*self.results, result])

    def ranked(self, trials: Sequence[Trial]) -> list[Standing]:
        """What came of `trials`, the best first: by right turns, then by likelihood."""
        wanted = set(trials)
        groups: dict[tuple[tuple[str, ...], float], list[TrialResult]] = {}
        for result in self.results:
            if (trial := result.trial) in wanted:
                groups.setdefault((trial.changes, trial.share), []).append(result)
        found = [_standing(*key, results) for key, results in groups.items()]
        return sorted(found, key=lambda one: (-one.exact, one.nll))


def trials(
    varied: Mapping[str, Sequence[str]], shares: Sequence[float], seeds: Sequence[int]
) -> list[Trial]:
    """Each mix of the values of settings, by name, with each size and each seed."""
    named = [[f"{name}={value}" for value in values] for name, values in varied.items()]
    return [Trial(*mix) for mix in product(product(*named), shares, seeds)]


def learn(
    dialogues: Sequence[Dialogue],
    held_out: Sequence[Dialogue],
    settings: Settings,
    trials: Sequence[Trial],
    out: Path,
    mapped: Map = map,
) -> Iterator[TrialResult]:
    """Train each of `trials` by `mapped`; checkpoints go beside `out`."""
    return mapped(partial(_learned, dialogues, held_out, settings, out), trials)


def _learned(
    dialogues: Sequence[Dialogue],
    held_out: Sequence[Dialogue],
    base: Settings,
    out: Path,
    trial: Trial,
) -> TrialResult:
    settings = trial.settings(base)
    some = part(dialogues, trial.share, settings)
    place = out.with_name(f"{out.name}.{sha256(str(trial).encode()).hexdigest()[:16]}")
    try:
        score = held_out_score(some, held_out, settings, place)
    except TrainingError as error:
        raise TrainingError(f"{trial}: {error}") from None
    checkpoint.path_of(place).unlink(missing_ok=True)
    return TrialResult(trial=trial, dialogues=len(some), exact=score.exact, nll=-score.gain)


def _standing(changes: tuple[str, ...], share: float, results: Sequence[TrialResult]) -> Standing:
    exact = [result.exact for result in results]
    return Standing(
        changes,
        share,
        fmean(result.dialogues for result in results),
        len(results),
        fmean(exact),
        stdev(exact) if len(exact) > 1 else None,
        fmean(result.nll for result in results),
    )
