"""Small policies and dialogues for tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from hypothesis import strategies as st

from cueline.actions import ActionSpace
from cueline.dialogue import Dialogue, Span, Turn
from cueline.features import Featurizer
from cueline.policy import Policy
from cueline.policy.decisions.decision_model import DecisionModel
from cueline.policy.decisions.set_distribution.distribution import SetDistribution
from cueline.settings import FeatureSettings, NetworkSettings, Settings

WORDS = ["find", "a", "table", "in", "paris", "rome", "no", "yes", "thanks", "5", "?"]
ACTIONS = ["ask", "book", "close", "find"]
GATES = {"lstm": 4, "gru": 3, "none": 1}

texts = st.lists(st.sampled_from([*WORDS, "zyx", "東京"]), max_size=7).map(" ".join)
features = st.fixed_dictionaries(
    {},
    optional={
        "city": st.sampled_from(["paris", "rome", "oslo"]),
        "known": st.lists(st.sampled_from(["food", "area"]), max_size=2).map(tuple),
        "count": st.integers(-3, 100) | st.floats(-1e9, 1e9),
        "open": st.booleans(),
        "meaning": st.tuples(*[st.floats(-1e9, 1e9)] * 3),
    },
)
action_sets = st.lists(st.sampled_from(ACTIONS), unique=True, max_size=3).map(tuple)


@st.composite
def _turns(draw: st.DrawFn) -> Turn:
    user = draw(st.none() | texts)
    spans = ()
    if user and draw(st.booleans()):
        start = draw(st.integers(0, len(user) - 1))
        spans = (Span(start, draw(st.integers(start + 1, len(user))), "city"),)
    return Turn(
        user,
        features=draw(features),
        available=draw(st.none() | action_sets),
        actions=draw(action_sets),
        spans=spans,
    )


turns = _turns()
dialogues = st.builds(
    Dialogue,
    id=st.text(min_size=1, max_size=3),
    turns=st.lists(turns, min_size=1, max_size=9).map(tuple),
)
networks = st.builds(
    NetworkSettings,
    encoder=st.sampled_from(["bag", "lstm"]),
    memory=st.sampled_from(["lstm", "gru", "none"]),
    answer=st.just("turn"),
    decisions=st.sampled_from(["single", "multi"]),
    embedding=st.just(5),
    encoder_units=st.just(6),
    units=st.sampled_from([7, 8]),
)
SKIP = 3


def skip_of(network: NetworkSettings) -> int:
    """With an even number of units, what is known goes past the memory as with many actions."""
    return 0 if network.units % 2 else SKIP


def corpus() -> list[Dialogue]:
    """Dialogues with every word, feature and action in them."""
    said = Turn(
        user=" ".join(WORDS),
        features={
            **{"city": "paris", "known": ("food", "area"), "count": 3, "open": True},
            "meaning": (0.5, -1.0, 2.0),
        },
        actions=tuple(ACTIONS),
    )
    other = Turn(user=" ".join(WORDS), features={"city": "rome", "count": 9}, actions=())
    return [Dialogue(name, (said, other)) for name in "abc"]


def random_policy(network: NetworkSettings, seed: int = 0, **rule: Any) -> Policy:
    """A policy whose weights are drawn, not learned: fit to hold every promise about numbers."""
    bag = network.encoder == "bag"
    featurizer = Featurizer.fit(corpus(), FeatureSettings(), {"city": ["oslo"]}, pairs=bag)
    rng = np.random.default_rng(seed)
    gates, units = GATES[network.memory], network.units
    size = network.embedding if bag else network.encoder_units
    turn = size + featurizer.width
    shapes: dict[str, tuple[int, ...]] = {
        "embedding": (len(featurizer.vocabulary), network.embedding),
        "turn.kernel": (turn, network.turn_units),
        "turn.bias": (network.turn_units,),
        "memory.kernel": (network.turn_units, gates * units),
        "memory.bias": (gates * units,),
        "output.kernel": (units + (skip_of(network) or turn), len(ACTIONS)),
        "output.bias": (len(ACTIONS),),
    }
    if skip_of(network):
        shapes["skip"] = (turn, SKIP)
    if network.memory != "none":
        shapes["memory.recurrent"] = (units, gates * units)
    if network.memory == "gru":
        shapes["memory.recurrent_bias"] = (gates * units,)
    if not bag:
        shapes["encoder.kernel"] = (network.embedding, 4 * size)
        shapes["encoder.recurrent"] = (size, 4 * size)
        shapes["encoder.bias"] = (4 * size,)
    weights = {
        name: rng.normal(0, 0.5, shape).astype(np.float32) for name, shape in sorted(shapes.items())
    }
    single = network.decisions == "single"
    counts = {(0,): 5, (1, 3): 3, (): 2, (2,): 1}
    prior = np.zeros(len(ACTIONS), np.float32)
    sets = (
        SetDistribution.single_action(len(ACTIONS)) if single else SetDistribution.of(counts, prior)
    )
    return Policy(
        msgspec.structs.replace(Settings(), network=network),
        ActionSpace(ACTIONS),
        featurizer,
        DecisionModel(sets, **rule),
        weights,
    )


def contents(folder: Path) -> dict[str, bytes]:
    """All files of a policy's folder."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
