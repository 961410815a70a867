"""What a policy has to beat: baselines fitted on the same dialogues, and carried in its folder.

An evaluation has no training corpus at hand, so they are fitted when the policy is trained, as
arrays that its folder keeps beside the weights. The room stands above `network` for that reason.
"""

from cueline.baselines.fitting import NAMES, answer_sets, decide, fit
from cueline.baselines.predictions import Decided, by_rule

__all__ = ["NAMES", "Decided", "answer_sets", "by_rule", "decide", "fit"]
