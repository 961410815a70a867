"""A policy on disk: JSON and safetensors, a format version, a checksum for each file.

    policy.json           format, settings, actions, decision model, preconditions, checksums
    features.json         words, values, entities
    policy.sha256         the checksum of policy.json, as `sha256sum -c` reads it
    weights.safetensors   the arrays
    baselines.safetensors what an evaluation sets beside it, fitted on the same dialogues
    arguments.json        what actions are called with, if training showed calls
    tagger.json, tagger.safetensors   what hears what the user names, if training showed it
    rehearsal.safetensors what further training goes on from: counts, and dialogues as numbers

Nothing in it is ever run, so a policy from anywhere can be loaded safely.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec import Struct
from safetensors import SafetensorError
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from cueline.errors import Place, PolicyError
from cueline.features import Featurizer
from cueline.io import decode, replacing_folder
from cueline.policy.arguments.argument_model import ArgumentModel
from cueline.policy.decisions.decision_model import DecisionModel
from cueline.policy.integrity import (
    action_faults,
    argument_faults,
    array_faults,
    calibration_faults,
    feature_faults,
    weight_faults,
)
from cueline.policy.tagging import Tagger
from cueline.policy.tagging.tagger import TaggerFacts, tagger_shapes
from cueline.rules import Precondition
from cueline.settings import Settings
from cueline.types import Array

FORMAT = 2
"""Increased by one when what one Cueline writes means something else to another.

1 was learned from words that were split in another way.
"""
MAIN, FEATURES, WEIGHTS = "policy.json", "features.json", "weights.safetensors"
CHECKSUM = "policy.sha256"
ARGUMENTS = "arguments.json"
TAGGER, TAGGER_WEIGHTS = "tagger.json", "tagger.safetensors"
BASELINES, REHEARSAL = "baselines.safetensors", "rehearsal.safetensors"


_CHANGED = "the checksum does not match; the file was changed or cut short"


class _Version(Struct):
    format: int


class _Main(Struct, forbid_unknown_fields=True, rename={"decision_model": "rule"}):
    format: int
    settings: Settings
    actions: list[str]
    decision_model: DecisionModel
    training: dict[str, Any]
    checksums: dict[str, str]
    preconditions: list[Precondition] = []


class Stored(Struct):
    """All of a policy except its weights."""

    settings: Settings
    actions: list[str]
    featurizer: Featurizer
    decision_model: DecisionModel
    training: dict[str, Any]
    baselines: Mapping[str, npt.NDArray[Any]] = {}
    preconditions: list[Precondition] = []
    replay_buffer: Mapping[str, npt.NDArray[Any]] = {}
    arguments: ArgumentModel | None = None
    tagger: Tagger | None = None

    def files(self, weights: Mapping[str, Array]) -> dict[str, bytes]:
        """The folder's files, name to content. The same policy gives the same bytes."""
        files = {
            FEATURES: msgspec.json.encode(self.featurizer),
            WEIGHTS: _tensors(weights),
            BASELINES: _tensors(self.baselines),
            REHEARSAL: _tensors(self.replay_buffer),
        }
        if self.arguments is not None:
            files[ARGUMENTS] = msgspec.json.encode(self.arguments)
        if self.tagger is not None:
            files[TAGGER] = msgspec.json.encode(self.tagger.facts)
            files[TAGGER_WEIGHTS] = _tensors(self.tagger.weights)
        main = _Main(
            FORMAT,
            self.settings,
            self.actions,
            self.decision_model,
            self.training,
            {name: sha256(content).hexdigest() for name, content in files.items()},
            self.preconditions,
        )
        content = msgspec.json.format(msgspec.json.encode(main), indent=1)
        return {MAIN: content, CHECKSUM: _checksum(content), **files}

    def digest(self, weights: Mapping[str, Array]) -> str:
        """A hash of the whole policy: that of its main file, which holds those of the others."""
        return sha256(self.files(weights)[MAIN]).hexdigest()[:16]


def write_folder(path: Path, stored: Stored, weights: Mapping[str, Array]) -> None:
    """Write the folder `path`, which appears only when it is complete."""
    check_place(path)
    with replacing_folder(path) as folder:
        for name, content in stored.files(weights).items():
            (folder / name).write_bytes(content)


def check_place(path: Path) -> None:
    """Raise `PolicyError` where a policy written to `path` would destroy something else."""
    free = path.is_dir() and ((path / MAIN).is_file() or not any(path.iterdir()))
    if path.exists() and not free:
        raise PolicyError(f"{path}: stands there and is not a policy; give another place")


def read_folder(path: Path) -> tuple[Stored, dict[str, Array]]:
    """Read what `write_folder` wrote. Raises `PolicyError` naming the file and what to do."""
    main = _main(path)
    features = _checked(path / FEATURES, main)
    weights = _arrays(path / WEIGHTS, main)
    baselines = _arrays(path / BASELINES, main)
    featurizer = decode(features, Featurizer, _place(path / FEATURES), PolicyError)
    model, n_actions = main.decision_model, len(main.actions)
    _refuse(path / MAIN, action_faults(main.actions, model))
    _refuse(path / MAIN, calibration_faults(model))
    _refuse(path / FEATURES, feature_faults(featurizer))
    faults = weight_faults(main.settings.network, featurizer, n_actions, weights)
    _refuse(path / WEIGHTS, faults)
    stored = Stored(
        main.settings,
        main.actions,
        featurizer,
        main.decision_model,
        main.training,
        baselines,
        main.preconditions,
        _arrays(path / REHEARSAL, main) if REHEARSAL in main.checksums else {},
        _arguments(path / ARGUMENTS, main) if ARGUMENTS in main.checksums else None,
        _tagger(path, main) if TAGGER in main.checksums else None,
    )
    return stored, weights


def _arguments(path: Path, main: _Main) -> ArgumentModel:
    model = decode(_checked(path, main), ArgumentModel, _place(path), PolicyError)
    _refuse(path, argument_faults(main.actions, model))
    return model


def _tagger(path: Path, main: _Main) -> Tagger:
    file = path / TAGGER
    facts = decode(_checked(file, main), TaggerFacts, _place(file), PolicyError)
    weights = _arrays(path / TAGGER_WEIGHTS, main)
    _refuse(path / TAGGER_WEIGHTS, array_faults(tagger_shapes(facts), weights))
    return Tagger(facts, weights)


def _tensors(arrays: Mapping[str, npt.NDArray[Any]]) -> bytes:
    return save_tensors({name: np.ascontiguousarray(arrays[name]) for name in sorted(arrays)})


def _arrays(path: Path, main: _Main) -> dict[str, npt.NDArray[Any]]:
    content = _checked(path, main)
    try:
        return load_tensors(content)
    except SafetensorError as error:
        raise PolicyError(f"{path}: {error}; train again") from None


def _main(path: Path) -> _Main:
    content = _bytes(path / MAIN)
    version = decode(content, _Version, _place(path / MAIN), PolicyError).format
    if version > FORMAT:
        raise PolicyError(
            f"{path / MAIN}: $.format: {version} is newer than this Cueline reads ({FORMAT}); "
            "update Cueline"
        )
    if version < FORMAT:
        raise PolicyError(
            f"{path / MAIN}: $.format: {version} is older than this Cueline reads ({FORMAT}), "
            "which splits words in another way; train again"
        )
    main = decode(content, _Main, _place(path / MAIN), PolicyError)
    if _bytes(path / CHECKSUM) != _checksum(content):
        raise PolicyError(f"{path / MAIN}: {_CHANGED}")
    return main


def _checksum(main: bytes) -> bytes:
    return f"{sha256(main).hexdigest()}  {MAIN}\n".encode()


def _refuse(path: Path, faults: Iterable[str]) -> None:
    """Raise `PolicyError` with the first fault, if there is one."""
    for fault in faults:
        raise PolicyError(f"{path}: {fault}; train again")


def _checked(path: Path, main: _Main) -> bytes:
    content = _bytes(path)
    if sha256(content).hexdigest() != main.checksums.get(path.name):
        raise PolicyError(f"{path}: {_CHANGED}")
    return content


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise PolicyError(f"{path}: no such file; is {path.parent} a policy folder?") from None


def _place(path: Path) -> Place:
    return Place(path, path="$")
