"""A folder whose checksums all hold, and which is yet no policy: it is refused, never decides."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import load, save

from cueline.dialogue import Turn
from cueline.errors import PolicyError
from cueline.policy import Policy
from cueline.policy.integrity import weight_shapes
from cueline.settings import NetworkSettings
from tests.policies import networks, random_policy, skip_of

Arrays = dict[str, np.ndarray]


def signed(folder: Path) -> None:
    """Make every checksum in `folder` hold again."""
    path = folder / "policy.json"
    main = msgspec.json.decode(path.read_bytes())
    main["checksums"] = {
        name: sha256((folder / name).read_bytes()).hexdigest() for name in main["checksums"]
    }
    path.write_bytes(msgspec.json.encode(main))
    (folder / "policy.sha256").write_text(f"{sha256(path.read_bytes()).hexdigest()}  policy.json\n")


def transposed(array: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(array.T) if array.ndim == 2 else array[:-1]


def poisoned(array: np.ndarray) -> np.ndarray:
    array = array.copy()
    array.flat[len(array) // 2] = np.nan
    return array


CHANGES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "double": lambda array: array.astype(np.float64),
    "whole": lambda array: array.astype(np.int32),
    "half": lambda array: array.astype(np.float16),
    "transposed": transposed,
    "shorter": lambda array: array[:-1],
    "deeper": lambda array: array[None],
    "NaN": poisoned,
    "endless": lambda array: array * np.float32(np.inf),
}


@settings(max_examples=60)
@given(networks, st.data())
def test_arrays_that_do_not_follow_from_the_settings_are_refused(
    tmp_path_factory: pytest.TempPathFactory, network: NetworkSettings, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("policy") / "p"
    policy = random_policy(network)
    policy.save(folder)
    path = folder / "weights.safetensors"
    arrays: Arrays = load(path.read_bytes())
    assert {name: array.shape for name, array in arrays.items()} == weight_shapes(
        network, policy.featurizer, len(policy.actions), skip_of(network)
    )
    name = data.draw(st.sampled_from(sorted(arrays)))
    change = data.draw(st.sampled_from([*CHANGES, "missing", "more"]))
    if change == "missing":
        del arrays[name]
    elif change == "more":
        arrays[name + "2"] = arrays[name]
    else:
        arrays[name] = CHANGES[change](arrays[name])
        if change == "transposed" and arrays[name].shape == policy.weights[name].shape:
            return  # it is square
    path.write_bytes(save(arrays))
    signed(folder)
    with pytest.raises(PolicyError, match=r"weights\.safetensors: array"):
        Policy.load(folder)


def edited(folder: Path, file: str, edit: Callable[[Any], None]) -> Path:
    random_policy(NetworkSettings(embedding=5, units=7)).save(folder)
    content = msgspec.json.decode((folder / file).read_bytes())
    edit(content)
    (folder / file).write_bytes(msgspec.json.encode(content))
    return folder


EDITS: dict[str, tuple[str, Callable[[Any], None]]] = {
    "stands twice": ("policy.json", lambda main: main.update(actions=[main["actions"][0]] * 4)),
    "actions, not 5": ("policy.json", lambda main: main["actions"].append("fly")),
    "by a number": ("policy.json", lambda main: main["rule"]["sets"]["sets"].__setitem__(0, [99])),
    "weights for": ("policy.json", lambda main: main["rule"]["sets"]["weights"].append(0.0)),
    "temperature is 0": ("policy.json", lambda main: main["rule"].update(temperature=0)),
    "has slope -1": ("policy.json", lambda main: main["rule"]["platt"].update(slope=-1)),
    "has values -1": ("policy.json", lambda main: main["rule"]["platt"].update(values=-1)),
    "1 shares for 0": ("policy.json", lambda main: main["rule"]["risk_curve"].update(risk=[0.1])),
    "novel_curve does not": (
        "policy.json",
        lambda main: main["rule"].update(novel_curve={"risk": [0.1, 0], "confidence": [1, 0.5]}),
    ),
    "begins at column": (
        "features.json",
        lambda content: content["context"]["features"][0].update(start=3),
    ),
    "has the scale 0": (
        "features.json",
        lambda content: [one.update(scale=0) for one in content["context"]["features"]],
    ),
}


@pytest.mark.parametrize("message", EDITS)
def test_what_does_not_fit_together_is_refused(tmp_path: Path, message: str) -> None:
    folder = edited(tmp_path / "p", *EDITS[message])
    with pytest.raises(PolicyError, match="checksum does not match"):
        Policy.load(folder)
    signed(folder)
    with pytest.raises(PolicyError, match=message):
        Policy.load(folder)


def test_what_nobody_changed_loads_and_decides(tmp_path: Path) -> None:
    policy = random_policy(NetworkSettings(embedding=5, units=7))
    policy.save(tmp_path / "p")
    signed(tmp_path / "p")
    again = Policy.load(tmp_path / "p")
    assert again.act(Turn("find"), again.start())[0] == policy.act(Turn("find"), policy.start())[0]
