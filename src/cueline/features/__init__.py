"""Dialogues to arrays: fitted once on a corpus, pure ever after."""

from cueline.features.featurizer import Featurizer, TurnVector
from cueline.features.ragged import Ragged
from cueline.features.table import Table

__all__ = ["Featurizer", "Ragged", "Table", "TurnVector"]
