"""The learning curve: sizes within sizes, each judged alike, none done twice."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cueline.dialogue import Dialogue, Turn
from cueline.errors import CuelineError, TrainingError
from cueline.evaluation import evaluate_dialogues
from cueline.evaluation.curve import Curve, CurvePoint
from cueline.evaluation.learning_curve import learn, part
from cueline.policy import Policy
from cueline.settings import NetworkSettings, Settings, TrainingSettings
from tests.policies import corpus, random_policy

POLICY = random_policy(NetworkSettings(embedding=5, units=7))
BY_GROUP = TrainingSettings(group="customer")


def dialogues(count: int) -> list[Dialogue]:
    return [
        Dialogue(f"d{number}", (Turn("hi", actions=()),), {"customer": str(number // 3)})
        for number in range(count)
    ]


def point(share: float) -> CurvePoint:
    return next(learn(dialogues(8), corpus(), lambda _: POLICY, Settings(), [share]))


@given(st.integers(4, 40), st.integers(0, 5), st.integers(0, 9), st.booleans())
def test_each_size_has_all_of_the_smaller_ones(
    count: int, halved: int, seed: int, grouped: bool
) -> None:
    settings = Settings(seed=seed, training=BY_GROUP if grouped else TrainingSettings())
    whole = dialogues(count)
    smaller, larger = (part(whole, 0.5**times, settings) for times in (halved + 1, halved))
    names = [{dialogue.id for dialogue in some} for some in (smaller, larger)]
    assert names[0] <= names[1] and len(names[1]) >= 1
    if not grouped:
        assert len(smaller) == max(round(count * 0.5 ** (halved + 1)), 1)
    else:  # whole customers only
        for some in (smaller, larger):
            for dialogue in whole:
                same = [d for d in whole if d.meta["customer"] == dialogue.meta["customer"]]
                assert (dialogue in some) == all(mate in some for mate in same)
    assert part(whole, 1, settings) == whole


def test_a_point_is_what_judging_the_trained_policy_says() -> None:
    trained: list[Sequence[Dialogue]] = []

    def train(some: Sequence[Dialogue]) -> Policy:
        trained.append(some)
        return POLICY

    points = list(learn(dialogues(8), corpus(), train, Settings(), [0.25, 1]))
    assert [len(some) for some in trained] == [2, 8]
    report = evaluate_dialogues(POLICY, corpus())
    for one, some in zip(points, trained, strict=True):
        assert (one.dialogues, one.turns) == (len(some), len(some))
        assert (one.exact, one.macro_f1) == (report.exact, report.macro_f1)
        assert one.intervals["exact"] == report.intervals["exact"]
        assert report.free_running is not None
        assert one.free_running == report.free_running.exact
        assert one.linear is None  # this policy carries no baselines


def test_what_is_done_is_kept_and_only_what_is_missing_is_done(tmp_path: Path) -> None:
    out = tmp_path / "curve.json"
    curve = Curve.read(out, "this run")
    assert curve.missing(2) == [0.25, 0.5, 1]
    curve.plus(point(1)).plus(point(0.25)).write(out)
    again = Curve.read(out, "this run")
    assert again.missing(2) == [0.5]
    assert again.missing(3) == [0.125, 0.5]
    assert [one.share for one in again.points] == [0.25, 1]
    assert again.points[0] == point(0.25)
    assert Curve.read(out, "another run").points == []


def test_a_file_that_is_no_curve_is_left_alone(tmp_path: Path) -> None:
    out = tmp_path / "corpus.jsonl"
    out.write_text('{"id": "a", "turns": []}')
    with pytest.raises(CuelineError, match="corpus.jsonl"):
        Curve.read(out, "this run")


def test_a_size_from_which_nothing_can_be_learned_is_named() -> None:
    def train(some: Sequence[Dialogue]) -> Policy:
        raise TrainingError("there is nothing to learn")

    with pytest.raises(TrainingError, match=r"^with 2 dialogue\(s\): there is nothing to learn$"):
        next(learn(dialogues(8), corpus(), train, Settings(), [0.25]))
