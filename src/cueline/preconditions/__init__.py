"""When an action may be done at all: hard masks, written in a rules file or mined from a corpus."""

from cueline.preconditions.masking import Preconditions
from cueline.preconditions.precondition import Precondition

__all__ = ["Precondition", "Preconditions"]
