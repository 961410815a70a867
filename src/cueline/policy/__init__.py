"""A trained policy in NumPy alone: act, save, load, explain."""

from cueline.policy.decisions.decision import Candidate, Decision
from cueline.policy.policy import Policy
from cueline.policy.state import State

__all__ = ["Candidate", "Decision", "Policy", "State"]
