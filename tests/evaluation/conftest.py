"""A policy small enough to train in the tests, and dialogues to judge it on."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from cueline.dialogue import Dialogue, Turn
from cueline.policy import Policy
from cueline.settings import FeatureSettings, NetworkSettings, Settings, TrainingSettings
from cueline.training.trainer import fit_policy

DRINKS = ("tea", "coffee", "juice")
BRING = tuple(f"bring_{drink}" for drink in DRINKS)


def ordering(count: int, seed: int) -> list[Dialogue]:
    """Dialogues in a café: what is brought at the end was ordered some turns before.

    All of one length, so that training compiles only once.
    """
    rng = random.Random(seed)
    dialogues = []
    for number in range(count):
        drink = rng.choice(DRINKS)
        chat = [Turn(f"well {rng.choice('abc')}", actions=("wait",)) for _ in range(2)]
        turns = (
            Turn(f"a {drink} please", {"guests": rng.randint(1, 4)}, actions=("greet", "note")),
            *chat,
            Turn("now", {"open": True}, available=BRING, actions=(f"bring_{drink}",)),
        )
        dialogues.append(Dialogue(f"{seed}-{number}", turns, {"drink": drink}))
    return dialogues


@pytest.fixture(scope="session")
def policy(tmp_path_factory: pytest.TempPathFactory) -> Policy:
    """Trained on 60 dialogues, far enough to be right often and wrong sometimes."""
    settings = Settings(
        features=FeatureSettings(min_count=1),
        network=NetworkSettings(embedding=8, units=12, dropout=0.2, word_dropout=0.1),
        training=TrainingSettings(epochs=30, patience=30, batch=8, learning_rate=0.02),
    )
    out: Path = tmp_path_factory.mktemp("evaluation") / "policy"
    return fit_policy(ordering(60, seed=1), ordering(15, seed=2), settings, out)


@pytest.fixture(scope="session")
def unseen() -> list[Dialogue]:
    """Dialogues that the policy has not seen; one of them has an action that it does not know."""
    dialogues = ordering(40, seed=3)
    first = dialogues[0]
    turns = (*first.turns, Turn("bye", actions=("wave",)))
    return [Dialogue(first.id, turns), *dialogues[1:]]
