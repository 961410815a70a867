"""What may be wrong with a corpus before anything is learned from it."""

from cueline.corpus.checks.finding import Finding, Level
from cueline.corpus.checks.run import CheckReport, check

__all__ = ["Finding", "Level", "CheckReport", "check"]
