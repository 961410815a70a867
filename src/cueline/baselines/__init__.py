"""What a policy has to beat: baselines fitted on the same dialogues, and carried in its folder.

An evaluation has no training corpus at hand, so they are fitted when the policy is trained, as
arrays that its folder keeps beside the weights. The room stands above `network` for that reason.
"""

from cueline.baselines.decision_arrays import DecisionArrays, decision_arrays
from cueline.baselines.fitting import NAMES, answer_sets, decide, fit

__all__ = ["NAMES", "DecisionArrays", "answer_sets", "decision_arrays", "decide", "fit"]
