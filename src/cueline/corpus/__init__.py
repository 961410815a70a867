"""Corpora in, dialogues out: one file per format, recognised or named."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cueline.corpus.reading import FORMATS, Format, load, read
    from cueline.corpus.scrubbing import scrub
    from cueline.corpus.splitting import split
    from cueline.corpus.stepping import steps

__all__ = ["FORMATS", "Format", "load", "read", "scrub", "split", "steps"]

_MODULES = {
    "FORMATS": "reading",
    "Format": "reading",
    "load": "reading",
    "read": "reading",
    "scrub": "scrubbing",
    "split": "splitting",
    "steps": "stepping",
}


def __getattr__(name: str) -> Any:
    """A name comes from its module when it is first asked for: acting never waits for formats."""
    if name not in _MODULES:
        raise AttributeError(f"module 'cueline.corpus' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"cueline.corpus.{_MODULES[name]}"), name)
    return value
