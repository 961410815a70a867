"""A Keras model to take away: it equals NumPy, needs no Cueline, and comes back trained."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from itertools import product
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cueline.cli import main
from cueline.dialogue import Dialogue, Turn
from cueline.errors import PolicyError
from cueline.policy import Policy
from cueline.settings import NetworkSettings
from tests.padded_arrays import acted, padded
from tests.policies import ACTIONS, dialogues, networks, random_policy
from tests.rules.drawn import fitting, keeping

DOCS = Path(__file__).parents[2] / "docs" / "keras.md"
SNIPPETS = re.findall(r"```python\n(.*?)```", DOCS.read_text(), re.DOTALL)
FIT, TORCH, JAX, STEP = SNIPPETS
EVERY_NETWORK = [
    NetworkSettings(encoder=encoder, memory=memory, decisions=decisions, embedding=5, units=units)  # type: ignore[arg-type]
    for encoder, memory, decisions, units in product(
        ("bag", "lstm"), ("lstm", "gru", "none"), ("single", "multi"), (7, 8)
    )
]
ALONE = """
import os, sys
sys.modules["cueline"] = None
import keras, numpy as np
"""
"""In a process that starts with this, no part of Cueline can be imported."""

several = st.lists(dialogues, min_size=1, max_size=3)


def run(code: str, place: Path, backend: str | None = None) -> str:
    """What `code` prints, run in a process of its own in the folder `place`."""
    path = place / "script.py"
    path.write_text(code)
    environment = {**os.environ, "KERAS_BACKEND": backend or keras.backend.backend()}
    done = subprocess.run(
        [sys.executable, path], cwd=place, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def probabilities(model: Any, inputs: dict[str, Any]) -> Any:
    return keras.ops.convert_to_numpy(model(inputs))


@settings(max_examples=15)
@given(several, st.lists(fitting, max_size=3))
def test_the_mask_covers_availability_and_preconditions(corpus: list[Dialogue], rules: Any) -> None:
    policy = keeping(random_policy(NetworkSettings(embedding=5, units=7)), rules)
    arrays = policy.arrays(corpus)
    for row, dialogue in enumerate(corpus):
        state = policy.start()
        for number, turn in enumerate(dialogue.turns):
            decision, state = policy.act(turn, state)
            allowed = [float(name not in decision.masked) for name in ACTIONS]
            assert arrays["x"]["allowed"][row, number].tolist() == allowed
            assert arrays["y"][row, number].tolist() == policy.actions.bits(turn.actions).tolist()
        assert arrays["sample_weight"][row].sum() == len(dialogue.turns)
        assert arrays["sample_weight"][row, : len(dialogue.turns)].all()
        assert not arrays["y"][row, len(dialogue.turns) :].any()


def test_an_unknown_action_has_no_bit_and_is_counted() -> None:
    policy = random_policy(NetworkSettings(embedding=5, units=7))
    turns = Turn("find", actions=("dance", "ask")), Turn("find", actions=("book",))
    with pytest.warns(UserWarning, match="1 of 2 targets"):
        arrays = policy.arrays([Dialogue("d", turns)])
    assert arrays["y"][0].sum(-1).tolist() == [1, 1]


@settings(max_examples=8)
@given(networks, dialogues, st.lists(fitting, max_size=3))
def test_one_turn_at_a_time_equals_acting(
    network: NetworkSettings, dialogue: Dialogue, rules: Any
) -> None:
    policy = keeping(random_policy(network, temperature=1.7), rules)
    step = policy.keras_model(step=True)
    inputs = padded(policy.arrays([dialogue])["x"], 9, 18)  # few shapes: few compilations
    names = {"lstm": ["h", "c"], "gru": ["h"], "none": []}[network.memory]
    state = {name: np.zeros((1, network.units), np.float32) for name in names}
    for turn, expected in enumerate(acted(policy, dialogue)):
        one = {name: array[:, turn] for name, array in inputs.items()}
        found, *after = keras.tree.flatten(step({**one, **state}))
        state = {n: keras.ops.convert_to_numpy(a) for n, a in zip(names, after, strict=True)}
        np.testing.assert_allclose(keras.ops.convert_to_numpy(found)[0], expected, atol=1e-5)


@pytest.mark.slow
def test_it_loads_and_gives_the_same_numbers_without_cueline(tmp_path: Path) -> None:
    corpus = [
        Dialogue(
            "a", (Turn("find a table in paris", {"city": "rome"}, available=("ask", "find")),)
        ),
        Dialogue(
            "b", tuple(Turn(said, {"count": 3}, actions=("ask",)) for said in ("no", None, "5 ?"))
        ),
    ]
    for number, network in enumerate(EVERY_NETWORK):
        policy = random_policy(network, number, temperature=1.3)
        model, inputs = policy.keras_model(), policy.arrays(corpus)["x"]
        model.save(tmp_path / f"{number}.keras")
        found = probabilities(model, inputs)
        for row, dialogue in enumerate(corpus):
            expected = acted(policy, dialogue)
            np.testing.assert_allclose(found[row, : len(expected)], expected, atol=1e-5)
        np.savez(tmp_path / f"{number}.npz", **inputs, expected=found)
    said = run(
        ALONE
        + f"""
for number in range({len(EVERY_NETWORK)}):
    x = dict(np.load(f"{{number}}.npz"))
    expected = x.pop("expected")
    model = keras.saving.load_model(f"{{number}}.keras")
    found = keras.ops.convert_to_numpy(model(x))
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert all(type(layer).__module__.startswith("keras.") for layer in model.layers)
    print(model.count_params() > 0)
""",
        tmp_path,
    )
    assert said.split() == ["True"] * len(EVERY_NETWORK)


def test_the_documented_step_runs_without_cueline(tmp_path: Path) -> None:
    policy = random_policy(NetworkSettings(embedding=5, units=7))
    corpus = [
        Dialogue("a", (Turn("find", actions=()), Turn("a table"))),
        Dialogue("b", (Turn("no"),)),
    ]
    policy.keras_model(step=True).save(tmp_path / "step.keras")
    np.savez(tmp_path / "x.npz", **policy.arrays(corpus)["x"])
    said = run(f"{ALONE}{STEP}\nprint(probabilities[0].tolist())", tmp_path)
    np.testing.assert_allclose(eval(said), acted(policy, corpus[0])[1], atol=1e-5)


@pytest.mark.parametrize("memory", ["lstm", "gru", "none"])
def test_an_answer_a_dialogue_is_that_of_its_last_turn_whatever_the_padding(memory: Any) -> None:
    network = NetworkSettings(answer="dialogue", label="kind", memory=memory, embedding=5, units=7)
    policy = random_policy(network)
    corpus = [
        Dialogue(str(size), tuple(Turn("find a table") for _ in range(size)), {"kind": "book"})
        for size in (1, 3, 2)
    ]
    arrays = policy.arrays(corpus)
    assert arrays["y"].tolist() == [[0, 1, 0, 0]] * 3
    assert arrays["sample_weight"].tolist() == [1, 1, 1]
    found = probabilities(policy.keras_model(), arrays["x"])
    for row, dialogue in enumerate(corpus):
        np.testing.assert_allclose(found[row], acted(policy, dialogue)[-1], atol=1e-5)


def test_weights_come_back_as_they_went() -> None:
    corpus = [Dialogue(str(n), (Turn("find", actions=("ask",)), Turn("no"))) for n in range(3)]
    for network in EVERY_NETWORK:
        policy = random_policy(network)
        for step in (False, True):
            back = policy.with_weights(policy.keras_model(step), corpus)
            assert {name: array.tolist() for name, array in back.weights.items()} == {
                name: array.tolist() for name, array in policy.weights.items()
            }
            assert back.training["lineage"] == [policy.hash]


def test_a_model_that_does_not_fit_is_refused_with_a_reason() -> None:
    network = NetworkSettings(embedding=5, units=7)
    policy, corpus = random_policy(network), [Dialogue("d", (Turn("find", actions=("ask",)),))]

    def refused(model: Any, message: str, dialogues: Any = corpus) -> None:
        with pytest.raises(PolicyError, match=message):
            policy.with_weights(model, dialogues)

    refused(policy.keras_model(), "no held-out dialogues", None)
    refused(policy.keras_model(), "no held-out dialogues", [])
    other = random_policy(NetworkSettings(embedding=5, units=9))
    refused(other.keras_model(), r"memory.bias .* \(36,\), the policy's \(28,\)")
    refused(keras.Sequential([keras.layers.Dense(2)]), "embedding.*keras_model")
    model = policy.keras_model()
    model.get_layer("turn").bias.assign(np.full(128, np.nan))
    refused(model, "turn.bias is not finite")
    model = policy.keras_model()
    model.get_layer("constant_sets").bias.assign(np.zeros(4))
    refused(model, "'constant_sets' is a constant")


def test_the_command_writes_a_file_that_keras_loads(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    policy = random_policy(NetworkSettings(embedding=5, units=7))
    policy.save(tmp_path / "policy")

    def exported(name: str) -> int:
        with pytest.raises(SystemExit) as stopped:
            main(["export", str(tmp_path / "policy"), "--keras", str(tmp_path / name)])
        return int(stopped.value.code or 0)

    assert exported("model.keras") == 0
    model = keras.saving.load_model(tmp_path / "model.keras")
    inputs = policy.arrays([Dialogue("d", (Turn("find"), Turn(None)))])["x"]
    expected = probabilities(policy.keras_model(), inputs)
    np.testing.assert_array_equal(probabilities(model, inputs), expected)
    assert exported("model.h5") == 2
    assert "model.h5: Keras loads" in capsys.readouterr().err
    assert not (tmp_path / "model.h5").exists()


LOOPS = {"torch": TORCH, "jax": JAX}


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a policy that prefers tea, and dialogues in which all have coffee now."""
    import cueline
    from cueline.corpus.formats.jsonl import write
    from cueline.settings import Settings, TrainingSettings

    place = tmp_path_factory.mktemp("taught")

    def corpus(wanted: str, other: str) -> list[Dialogue]:
        return [
            Dialogue(
                f"d{number}",
                (
                    Turn(f"a {said} please", actions=("greet",)),
                    Turn("now", actions=(wanted if said == "drink" else said,)),
                ),
            )
            for number, said in enumerate(["drink", "drink", wanted, other] * 15)
        ]

    write(place / "first.jsonl", corpus("tea", "coffee"))
    write(place / "more.jsonl", corpus("coffee", "tea"))
    network = NetworkSettings(embedding=8, units=16)
    training = TrainingSettings(epochs=12, batch=4, learning_rate=0.02)
    cueline.train(
        place / "first.jsonl",
        place / "policy",
        config=Settings(network=network, training=training),
    )
    return place


DRINK = (Turn("a drink please", actions=("greet",)), Turn("now"))
ACTS = """
state = tuned.start()
for turn in (cueline.Turn("a drink please", actions=("greet",)), cueline.Turn("now")):
    decision, state = tuned.act(turn, state)
print("then:", decision.actions, tuned.training["held_out"]["exact"])
"""


@pytest.mark.slow
@pytest.mark.parametrize("backend", LOOPS)
def test_a_loop_of_one_s_own_trains_it_and_the_policy_acts_anew(taught: Path, backend: str) -> None:
    if not find_spec(backend):
        pytest.skip(f"{backend} is not installed")
    policy = Policy.load(taught / "policy")
    state = policy.start()
    for turn in DRINK:
        decision, state = policy.act(turn, state)
    assert decision.actions == ("tea",)
    said = run(LOOPS[backend] + ACTS, taught, backend)
    assert "then: ('coffee',)" in said


@pytest.mark.slow
def test_the_documented_fit_runs(taught: Path) -> None:
    assert "'words': (48, 2, " in run(FIT, taught)
