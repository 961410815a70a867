"""Dialogues as arrays, in memory and on disk."""

from cueline.dataset.dataset import Dataset
from cueline.dataset.ragged import Ragged

__all__ = ["Ragged", "Dataset"]
