"""ONNX equals NumPy, on whole dialogues and step by step."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cueline.dialogue import Dialogue
from cueline.export.onnx import write_onnx
from cueline.policy import Policy
from cueline.rules import Precondition
from cueline.rules.conditions import WasDone
from cueline.settings import NetworkSettings
from tests.padded_arrays import acted
from tests.policies import ACTIONS, dialogues, networks, random_policy
from tests.rules.drawn import fitting, keeping

onnxruntime = pytest.importorskip("onnxruntime")
STATE = {"lstm": ["h", "c"], "gru": ["h"], "none": []}


def session(policy: Policy) -> Any:
    with TemporaryDirectory() as folder:
        path = Path(folder, "policy.onnx")
        write_onnx(policy, path)
        return onnxruntime.InferenceSession(path.read_bytes())


def start(network: NetworkSettings) -> dict[str, Any]:
    return {name: np.zeros((1, network.units), np.float32) for name in STATE[network.memory]}


@settings(max_examples=20)
@given(networks, dialogues, st.lists(fitting, max_size=3))
def test_onnx_equals_numpy_on_whole_dialogues_with_preconditions(
    network: NetworkSettings, dialogue: Dialogue, rules: list[Precondition]
) -> None:
    policy = keeping(random_policy(network, temperature=1.5), rules)
    inputs = policy.arrays([dialogue])["x"]
    probabilities, *_ = session(policy).run(None, {**inputs, **start(network)})
    np.testing.assert_allclose(probabilities[0], acted(policy, dialogue), atol=1e-5)


@settings(max_examples=20)
@given(networks, dialogues)
def test_onnx_carries_its_state_from_turn_to_turn(
    network: NetworkSettings, dialogue: Dialogue
) -> None:
    policy = random_policy(network)
    inputs, state = policy.arrays([dialogue])["x"], start(network)
    running = session(policy)
    for step, expected in enumerate(acted(policy, dialogue)):
        turn = {name: array[:, step : step + 1] for name, array in inputs.items()}
        probabilities, *carried = running.run(None, {**turn, **state})
        state = dict(zip(STATE[network.memory], carried, strict=True))
        np.testing.assert_allclose(probabilities[0, 0], expected, atol=1e-5)


def test_the_file_lists_the_preconditions_that_the_mask_must_hold(tmp_path: Path) -> None:
    rules = [
        Precondition("book", True, WasDone("find")),
        Precondition("ask", False, WasDone("ask")),
    ]
    write_onnx(keeping(random_policy(NetworkSettings()), rules), tmp_path / "policy.onnx")
    about = onnxruntime.InferenceSession(tmp_path / "policy.onnx").get_modelmeta()
    listed = about.custom_metadata_map["preconditions"].splitlines()
    assert listed == ["book only after find", "ask never twice"]
    assert about.custom_metadata_map["actions"].splitlines() == ACTIONS
