"""Text and context to numbers: fitted once on a corpus, pure ever after."""

from cueline.features.featurizer import Featurizer, TurnVector

__all__ = ["Featurizer", "TurnVector"]
