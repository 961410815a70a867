"""What may be wrong with a corpus before anything is learned from it."""

from cueline.corpus.check.checking import Report, check
from cueline.corpus.check.finding import Finding, Level

__all__ = ["Finding", "Level", "Report", "check"]
