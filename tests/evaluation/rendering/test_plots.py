"""The drawings of a report show the report's numbers."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from matplotlib import pyplot

from cueline.dialogue import Dialogue
from cueline.errors import CuelineError
from cueline.evaluation import Report, evaluate_dialogues
from cueline.evaluation.curve import Curve, CurvePoint
from cueline.policy import Policy

matplotlib.use("agg")


@pytest.fixture(scope="module")
def report(policy: Policy, unseen: list[Dialogue]) -> Report:
    return evaluate_dialogues(policy, unseen)


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    pyplot.close("all")


def test_reliability_has_a_dot_for_each_bin(report: Report) -> None:
    (dots,) = report.plot.reliability().collections
    bins = report.trust.reliability
    assert dots.get_offsets().tolist() == [[one.confidence, one.right] for one in bins]
    assert np.argmax(dots.get_sizes()) == np.argmax([one.turns for one in bins])


def test_risk_coverage_is_the_curve_with_the_promise_on_it(report: Report) -> None:
    axes = report.plot.risk_coverage()
    curve, promise, *sure = axes.lines
    points = report.trust.risk_coverage
    assert curve.get_xydata().tolist() == [[one.answered, one.wrong] for one in points]
    assert set(promise.get_ydata()) == {report.trust.risk}
    assert [one.get_xydata().tolist() for one in sure] == (
        [] if report.trust.wrong is None else [[[report.trust.answered, report.trust.wrong]]]
    )


def test_confusion_writes_every_count_and_colours_the_mistakes(report: Report) -> None:
    axes = report.plot.confusion()
    counts = np.array(report.confusion_matrix.counts)
    written = {text.get_position(): int(text.get_text()) for text in axes.texts}
    assert written == {(j, i): counts[i, j] for i, j in np.argwhere(counts).tolist()}
    colours = np.asarray(axes.images[0].get_array())
    assert (np.diag(colours) == 0).all()
    assert ((colours > 0) == ((counts > 0) & ~np.eye(len(counts), dtype=bool))).all()
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names == [*report.confusion_matrix.actions, "(none)"]


def test_a_learning_curve_is_that_of_the_file(report: Report, tmp_path: Path) -> None:
    def point(share: float, exact: float) -> CurvePoint:
        return CurvePoint(
            share=share,
            dialogues=int(100 * share),
            turns=int(400 * share),
            exact=exact,
            dialogue_accuracy=exact,
            micro_f1=exact,
            macro_f1=exact,
            intervals={"exact": (exact - 0.1, exact + 0.1)},
            free_running=None,
            linear=exact / 2,
        )

    file = tmp_path / "curve.json"
    Curve(run="r", points=[point(0.5, 0.7), point(1.0, 0.8)]).write(file)
    axes = report.plot.learning_curve(file)
    by_name = {line.get_label(): line.get_xydata().tolist() for line in axes.lines}
    assert by_name["policy"] == [[50, 0.7], [100, 0.8]]
    assert by_name["linear"] == [[50, 0.35], [100, 0.4]]
    assert "free running" not in by_name
    assert by_name["this report"][0][1] == report.exact
    with pytest.raises(CuelineError, match=r"other\.json"):
        report.plot.learning_curve(tmp_path / "other.json")


def test_plots_draw_on_the_axes_given(report: Report) -> None:
    axes = pyplot.figure().add_subplot()
    plots = (report.plot.reliability, report.plot.risk_coverage, report.plot.confusion)
    assert [plot(axes) for plot in plots] == [axes] * 3
    assert len(pyplot.get_fignums()) == 1


def test_without_matplotlib_a_line_says_what_to_install(
    report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(CuelineError, match=r"cueline\[plot\]"):
        report.plot.reliability()
