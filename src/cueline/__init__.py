"""Cueline learns from a corpus of dialogues what the system does next, and acts."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cueline.dialogue import Dialogue, Turn
    from cueline.errors import CuelineError
    from cueline.evaluation import Report, evaluate
    from cueline.policy import Decision, Policy, State
    from cueline.training.trainer import train

__version__ = "0.1.0"
__all__ = [
    "CuelineError",
    "Decision",
    "Dialogue",
    "Policy",
    "Report",
    "State",
    "Turn",
    "evaluate",
    "train",
]

_ROOMS = {
    "CuelineError": "cueline.errors",
    "Decision": "cueline.policy",
    "Dialogue": "cueline.dialogue",
    "Policy": "cueline.policy",
    "Report": "cueline.evaluation",
    "State": "cueline.policy",
    "Turn": "cueline.dialogue",
    "evaluate": "cueline.evaluation",
    "train": "cueline.training.trainer",
}


def __getattr__(name: str) -> Any:
    """A public name comes from its room when first asked for: acting never waits for Keras."""
    if name not in _ROOMS:
        raise AttributeError(f"module 'cueline' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_ROOMS[name]), name)
    return value
