"""How good a policy is on held-out dialogues, beside its baselines."""

from cueline.evaluation.failures import Failure
from cueline.evaluation.metrics.by_action import ActionFigures
from cueline.evaluation.rendering.terminal import show
from cueline.evaluation.report import Figures, Report, evaluate, evaluate_dialogues

__all__ = [
    "ActionFigures",
    "Failure",
    "Figures",
    "Report",
    "evaluate",
    "evaluate_dialogues",
    "show",
]
