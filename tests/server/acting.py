"""A policy that is quick to make: fitted words and context, weights by the throw of dice."""

from __future__ import annotations

from functools import cache

import numpy as np

from cueline.actions import ActionSpace
from cueline.dialogue import Dialogue, Turn
from cueline.features import Featurizer
from cueline.policy import Policy
from cueline.policy.calibration.risk_control import RiskCurve
from cueline.policy.decisions.decision_model import DecisionModel
from cueline.policy.decisions.set_distribution.distribution import SetDistribution
from cueline.settings import NetworkSettings, Settings

WORDS = ["find", "me", "a", "table", "for", "two", "in", "paris", "no", "yes", "thanks", "book"]
ACTIONS = ("ask_area", "ask_people", "book", "close", "offer", "respond")


def dialogues(count: int = 20, seed: int = 0) -> list[Dialogue]:
    random = np.random.default_rng(seed)

    def turn() -> Turn:
        return Turn(
            user=" ".join(random.choice(WORDS, 5)),
            features={"db_count": int(random.integers(9)), "area": str(random.choice(["w", "e"]))},
            actions=tuple(sorted(set(random.choice(ACTIONS, 2).tolist()))),
        )

    return [Dialogue(f"d{n}", tuple(turn() for _ in range(4))) for n in range(count)]


@cache
def policy(seed: int = 0, sure_from: float = 0.0, units: int = 32) -> Policy:
    corpus = dialogues()
    network = NetworkSettings(embedding=16, turn_units=8, units=units, decisions="multi")
    settings = Settings(seed=seed, network=network)
    featurizer = Featurizer.fit(corpus, settings.features, {})
    random = np.random.default_rng(seed)
    words, columns, actions = len(featurizer.vocabulary), featurizer.width, len(ACTIONS)

    def weight(*shape: int) -> np.ndarray:
        return random.normal(0, 1, shape).astype(np.float32)

    weights = {
        "embedding": weight(words, 16),
        "turn.kernel": weight(16 + columns, 8),
        "turn.bias": weight(8),
        "memory.kernel": weight(8, 4 * units),
        "memory.recurrent": weight(units, 4 * units) / 4,
        "memory.bias": weight(4 * units),
        "output.kernel": weight(units + 16 + columns, actions),
        "output.bias": weight(actions),
    }
    sets = SetDistribution.of({(0,): 5, (1,): 3, (4,): 2, (1, 4): 2, (): 1}, np.zeros(actions))
    decision_model = DecisionModel(sets, risk_curve=RiskCurve([sure_from], [0.0]))
    return Policy(settings, ActionSpace(ACTIONS), featurizer, decision_model, weights)
