"""A sweep learns each mix once, goes on where it stood, and ranks by means over seeds."""

from __future__ import annotations

from pathlib import Path
from statistics import fmean, stdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cueline.errors import SettingsError
from cueline.evaluation.sweep import Sweep, Trial, TrialResult, learn, trials
from cueline.settings import NetworkSettings, Settings, TrainingSettings
from cueline.training.trainer import fit_policy
from tests.training.test_trainer import dialogues

figures = st.floats(0, 1)
some_trials = st.builds(
    Trial,
    st.sampled_from([("network.units=8",), ("network.units=16",), ()]),
    st.sampled_from([0.5, 1.0]),
    st.integers(0, 3),
)
results = st.lists(
    st.builds(
        TrialResult, trial=some_trials, dialogues=st.integers(1, 99), exact=figures, nll=figures
    ),
    min_size=1,
    unique_by=lambda one: one.trial,
)


def test_the_trials_are_each_mix_of_values_sizes_and_seeds() -> None:
    varied = {"network.units": ["8", "16"], "training.epochs": ["1", "2", "3"]}
    found = trials(varied, [1.0, 0.5], [7, 8])
    assert len(found) == len(set(found)) == 2 * 3 * 2 * 2
    settings = [one.settings(Settings()) for one in found]
    assert {(one.network.units, one.training.epochs, one.seed) for one in settings} == {
        (units, epochs, seed) for units in (8, 16) for epochs in (1, 2, 3) for seed in (7, 8)
    }
    assert trials({}, [1.0], [0]) == [Trial()]
    with pytest.raises(SettingsError, match="^--vary network.unit=8: "):
        Trial(("network.unit=8",)).settings(Settings())


@given(results, results)
def test_standings_are_means_and_spreads_over_seeds_the_best_first(
    found: list[TrialResult], others: list[TrialResult]
) -> None:
    wanted = [one.trial for one in found]
    sweep = Sweep(run="r", results=found + [one for one in others if one.trial not in wanted])
    ranked = sweep.ranked(wanted)
    assert sum(one.seeds for one in ranked) == len(found)
    assert [one.exact for one in ranked] == sorted((one.exact for one in ranked), reverse=True)
    for one in ranked:
        alike = [
            result.exact
            for result in found
            if (result.trial.changes, result.trial.share) == (one.changes, one.share)
        ]
        assert one.exact == pytest.approx(fmean(alike))
        assert one.spread == (pytest.approx(stdev(alike)) if len(alike) > 1 else None)


@given(results, st.data())
def test_what_is_done_is_not_done_again(found: list[TrialResult], data: st.DataObject) -> None:
    done = data.draw(st.lists(st.sampled_from(found), unique_by=lambda one: one.trial))
    sweep = Sweep(run="r")
    for one in done:
        sweep = sweep.plus(one)
    wanted = [one.trial for one in found]
    assert {*sweep.missing(wanted), *(one.trial for one in done)} == set(wanted)
    assert not set(sweep.missing(wanted)) & {one.trial for one in done}


def test_the_file_is_of_one_run(tmp_path: Path) -> None:
    result = TrialResult(trial=Trial(), dialogues=1, exact=0.5, nll=1.0)
    Sweep(run="r", results=[result]).write(tmp_path / "s.json")
    assert Sweep.read(tmp_path / "s.json", "r").results == [result]
    assert Sweep.read(tmp_path / "s.json", "other").results == []


@pytest.mark.slow
def test_its_figures_are_those_of_the_policy_that_training_makes(tmp_path: Path) -> None:
    base = Settings(
        network=NetworkSettings(embedding=4, units=8, memory="none"),
        training=TrainingSettings(epochs=2, batch=4),
    )
    some, held_out = dialogues(24), dialogues(33)[24:]
    trial = Trial(("network.units=4",), seed=3)
    (result,) = learn(some, held_out, base, [trial], tmp_path / "s.json")
    made = fit_policy(some, held_out, trial.settings(base), tmp_path / "policy")
    found = made.training["held_out"]
    assert (result.exact, -result.nll) == (found["exact"], found["gain"])
