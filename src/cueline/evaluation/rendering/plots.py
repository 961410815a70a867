"""The figures of a report, drawn with matplotlib as the page draws them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from cueline.errors import CuelineError
from cueline.evaluation.curve import Curve

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from cueline.evaluation.report import Report

ACCENT, QUIET, WRONG = "#0f6b63", "#8d877d", "#a4301c"
_SMALL, _LARGE = 20, 240
"""Areas of the dots for the fewest and the most turns, in square points."""


class ReportPlots:
    """The drawings of a report.

    Each draws on `ax`, or on a new figure, and returns the axes. Raises `CuelineError` where
    matplotlib is not installed.
    """

    def __init__(self, report: Report) -> None:
        self.report = report

    def __repr__(self) -> str:
        return "<plots: reliability, risk_coverage, confusion, learning_curve>"

    def reliability(self, ax: Axes | None = None) -> Axes:
        """What decisions of each confidence came to: on the line, confidence is what it says.

        Larger dots are more turns.
        """
        bins = self.report.trust.reliability
        most = max(one.turns for one in bins)
        ax = _axes(ax, "Is confidence what it says?", "confidence", "share that is right")
        ax.plot([0, 1], [0, 1], color=QUIET, linestyle=":")
        sizes = [_SMALL + (_LARGE - _SMALL) * one.turns / most for one in bins]
        ax.scatter([one.confidence for one in bins], [one.right for one in bins], sizes, ACCENT)
        ax.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
        return ax

    def risk_coverage(self, ax: Axes | None = None) -> Axes:
        """What share is wrong where only the surest turns are answered, and the chosen risk."""
        trust = self.report.trust
        ax = _axes(ax, "Answer or defer", "share of turns answered", "share of them wrong")
        points = trust.risk_coverage
        ax.plot([one.answered for one in points], [one.wrong for one in points], color=ACCENT)
        ax.axhline(trust.risk, color=QUIET, linestyle=":", label=f"{trust.risk:.1%} promised")
        if trust.wrong is not None:
            ax.plot([trust.answered], [trust.wrong], "o", color=WRONG, label="where it is sure")
        ax.set(xlim=(0, 1), ylim=(0, None))
        ax.legend(frameon=False)
        return ax

    def confusion(self, ax: Axes | None = None) -> Axes:
        """What was decided, by what was right, of the actions with the most mistakes.

        The diagonal is what was right; it is written and not coloured.
        """
        matrix = self.report.confusion_matrix
        names, counts = [*matrix.actions, "(none)"], matrix.counts
        wrong = [
            [0.0 if i == j else float(count) ** 0.5 for j, count in enumerate(row)]
            for i, row in enumerate(counts)
        ]
        ax = _axes(ax, "Taken for one another", "decided", "right")
        ax.imshow(wrong, cmap="Reds", vmin=0, vmax=max(map(max, wrong)) * 1.4 or 1)
        for i, row in enumerate(counts):
            for j, count in enumerate(row):
                if count:
                    ax.text(j, i, str(count), ha="center", va="center", fontsize="small")
        ax.set_xticks(range(len(names)), names, rotation=60, ha="right", rotation_mode="anchor")
        ax.set_yticks(range(len(names)), names)
        return ax

    def learning_curve(self, curve: str | Path, ax: Axes | None = None) -> Axes:
        """Right turns by the number of dialogues learned from, and where this report stands.

        `curve` is the file that `cueline curve` wrote. Raises `CuelineError` where it is none.
        """
        points = Curve.load(Path(curve)).points
        sizes = [one.dialogues for one in points]
        low, high = zip(*(one.intervals["exact"] for one in points), strict=True)
        ax = _axes(ax, "Would more dialogues help?", "dialogues, doubling", "share that is right")
        ax.fill_between(sizes, low, high, color=ACCENT, alpha=0.15, label="95 %")
        ax.plot(sizes, [one.exact for one in points], "o-", color=ACCENT, label="policy")
        for name, style in (("free_running", "--"), ("linear", ":")):
            known = [(one.dialogues, getattr(one, name)) for one in points]
            known = [(size, value) for size, value in known if value is not None]
            if known:
                label = name.replace("_", " ")
                ax.plot(*zip(*known, strict=True), style, color=QUIET, label=label)
        ax.axhline(self.report.exact, color=WRONG, linewidth=1, label="this report")
        ax.set_xscale("log", base=2)
        ax.set_xticks(sizes, [f"{size:,}" for size in sizes])
        ax.legend(frameon=False)
        return ax


def _axes(ax: Axes | None, title: str, x: str, y: str) -> Any:
    """Named axes, new ones if none are given."""
    if ax is None:
        try:
            from matplotlib import pyplot
        except ImportError:
            raise CuelineError("plots need `pip install 'cueline[plot]'`") from None
        ax = pyplot.subplots(figsize=(5, 4), layout="constrained")[1]
    ax.set(title=title, xlabel=x, ylabel=y)
    ax.spines[["top", "right"]].set_visible(False)
    return ax
