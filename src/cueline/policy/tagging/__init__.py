"""What the user named: labels for words, in NumPy."""

from cueline.policy.tagging.tagger import Tagger

__all__ = ["Tagger"]
