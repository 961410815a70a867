"""Corpora in, dialogues out: one file per format, recognised or named."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cueline.corpus.account import Account
    from cueline.corpus.options import ReadingOptions
    from cueline.corpus.registry import FORMATS, Format
    from cueline.corpus.sources import Corpus, load, read, read_all
    from cueline.corpus.transforms.one_action import steps
    from cueline.corpus.transforms.scrub import scrub
    from cueline.corpus.transforms.split import split

__all__ = [
    "Account",
    "Corpus",
    "FORMATS",
    "Format",
    "ReadingOptions",
    "load",
    "read",
    "read_all",
    "scrub",
    "split",
    "steps",
]

_MODULES = {
    "Account": "account",
    "Corpus": "sources",
    "FORMATS": "registry",
    "Format": "registry",
    "ReadingOptions": "options",
    "load": "sources",
    "read": "sources",
    "read_all": "sources",
    "scrub": "transforms.scrub",
    "split": "transforms.split",
    "steps": "transforms.one_action",
}


def __getattr__(name: str) -> Any:
    """A name comes from its module when it is first asked for: acting never waits for formats."""
    if name not in _MODULES:
        raise AttributeError(f"module 'cueline.corpus' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"cueline.corpus.{_MODULES[name]}"), name)
    return value
