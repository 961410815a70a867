"""What a policy has to beat: baselines fitted on the same dialogues, and carried in its folder.

An evaluation has no training corpus at hand, so they are fitted when the policy is trained, as
arrays that its folder keeps beside the weights. Hence the room stands above `training`.
"""

from cueline.baselines.decision_arrays import DecisionArrays, decision_arrays
from cueline.baselines.fitting import NAMES, decide, fit, target_sets
from cueline.baselines.lead import Lead

__all__ = ["NAMES", "DecisionArrays", "Lead", "decide", "decision_arrays", "fit", "target_sets"]
