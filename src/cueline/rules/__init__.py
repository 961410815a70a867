"""When an action may be done at all: hard masks, written in a rules file or mined from a corpus."""

from cueline.rules.masks import Preconditions
from cueline.rules.precondition import Precondition

__all__ = ["Precondition", "Preconditions"]
