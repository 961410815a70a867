"""Cueline learns from a corpus of dialogues what the system does next, and acts."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cueline.corpus.example import example
    from cueline.corpus.sources import Corpus, load
    from cueline.dialogue import Dialogue, Turn
    from cueline.errors import CuelineError
    from cueline.evaluation import Report, evaluate
    from cueline.lessons import shapes
    from cueline.policy import Decision, Policy, State
    from cueline.settings import Settings
    from cueline.training.trainer import train

__version__ = "0.1.0"
__all__ = [
    "Corpus",
    "CuelineError",
    "Decision",
    "Dialogue",
    "Policy",
    "Report",
    "Settings",
    "State",
    "Turn",
    "evaluate",
    "example",
    "load",
    "shapes",
    "train",
]

_ROOMS = {
    "Corpus": "cueline.corpus.sources",
    "CuelineError": "cueline.errors",
    "Decision": "cueline.policy",
    "Dialogue": "cueline.dialogue",
    "Policy": "cueline.policy",
    "Report": "cueline.evaluation",
    "Settings": "cueline.settings",
    "State": "cueline.policy",
    "Turn": "cueline.dialogue",
    "evaluate": "cueline.evaluation",
    "example": "cueline.corpus.example",
    "load": "cueline.corpus.sources",
    "shapes": "cueline.lessons",
    "train": "cueline.training.trainer",
}


def __getattr__(name: str) -> Any:
    """A public name comes from its room when first asked for: acting never waits for Keras."""
    if name not in _ROOMS:
        raise AttributeError(f"module 'cueline' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_ROOMS[name]), name)
    return value


def __dir__() -> list[str]:
    """What there is to use."""
    return [*__all__, "__version__", "layers"]
