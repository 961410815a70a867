"""Where a training run stands, in one file beside the policy to be: written whole or not at all."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import msgspec
import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from cueline.io import replacing
from cueline.policy.scoring import Score
from cueline.types import Array


@dataclass
class TrainingState:
    """What a run has come to after whole epochs."""

    epoch: int = 0
    """Epochs done."""
    best_epoch: int = 0
    best_score: Score | None = None
    best: dict[str, Array] = field(default_factory=dict)
    """The weights of the best epoch."""
    history: list[tuple[float, float]] = field(default_factory=list)
    """The loss of each epoch, and what was right of the held-out answers after it."""


def path_of(out: Path) -> Path:
    """Where the checkpoint of a run to `out` stands."""
    return out.with_name(out.name + ".unfinished")


def write(path: Path, fingerprint: str, progress: TrainingState, model: keras.Model) -> None:
    """Keep the run: its best weights, and all variables of the model and its optimizer."""
    arrays = {f"best/{name}": array for name, array in progress.best.items()}
    for number, variable in enumerate(variables(model)):
        arrays[f"variable/{number}"] = np.asarray(variable.numpy())
    state = {
        "fingerprint": fingerprint,
        "epoch": progress.epoch,
        "best_epoch": progress.best_epoch,
        "best_score": progress.best_score,
        "history": progress.history,
    }
    with replacing(path) as file:
        file.write(save(arrays, metadata={"state": msgspec.json.encode(state).decode()}))


def resume(path: Path, fingerprint: str, model: keras.Model) -> TrainingState:
    """Set `model` to where the run stood, if the checkpoint is of the very same run."""
    try:
        with safe_open(path, framework="numpy") as file:
            state: dict[str, Any] = msgspec.json.decode((file.metadata() or {}).get("state", "{}"))
            if state.get("fingerprint") != fingerprint:
                return TrainingState()
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (FileNotFoundError, SafetensorError, msgspec.DecodeError):
        return TrainingState()
    for number, variable in enumerate(variables(model)):
        variable.assign(arrays[f"variable/{number}"])
    best = {n.removeprefix("best/"): a for n, a in arrays.items() if n.startswith("best/")}
    score = Score(*state["best_score"]) if state["best_score"] else None
    history = [(loss, exact) for loss, exact in state["history"]]
    return TrainingState(state["epoch"], state["best_epoch"], score, best, history)


def variables(model: keras.Model) -> list[Any]:
    """All that training changes: the weights, and what the optimizer remembers."""
    model.optimizer.build(model.trainable_variables)
    return [*model.variables, *model.optimizer.variables]
