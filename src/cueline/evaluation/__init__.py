"""How good a policy is on dialogues it has not seen, beside the baselines it has to beat."""

from cueline.evaluation.failures import Failure
from cueline.evaluation.metrics.by_action import ActionFigures
from cueline.evaluation.rendering.terminal import show
from cueline.evaluation.report import Figures, Report, evaluate, judge

__all__ = ["ActionFigures", "Failure", "Figures", "Report", "evaluate", "judge", "show"]
