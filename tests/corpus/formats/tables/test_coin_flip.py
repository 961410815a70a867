"""Actions by the flip of a coin are never decided better than by chance, however they are logged.

All that comes with an action says which it is: the agent's words, a note in its row, the next row.
A reader that lets any of it into the turn would make the policy look perfect.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import cueline
from cueline.settings import NetworkSettings, Settings, TrainingSettings
from tests.corpus.formats.tables.writing import Rows, write_csv

DIALOGUES, TURNS = 120, 4
SMALL = Settings(
    network=NetworkSettings(embedding=8, units=8, turn_units=8),
    training=TrainingSettings(epochs=4, batch=16, learning_rate=0.02),
)


def flips(seed: int) -> list[tuple[str, int, str]]:
    """Dialogue, turn and the side of the coin."""
    sides = np.random.default_rng(seed).choice(["heads", "tails"], DIALOGUES * TURNS)
    return [(f"d{n // TURNS}", n % TURNS, str(side)) for n, side in enumerate(sides)]


def row_a_turn(seed: int) -> Rows:
    return [
        {
            "dialogue": dialogue,
            "turn": turn,
            "user": f"flip number {turn}",
            "system": f"it is {side}",
            "actions": side,
        }
        for dialogue, turn, side in flips(seed)
    ]


def row_a_message(seed: int) -> Rows:
    rows = []
    for dialogue, turn, side in flips(seed):
        user, note = f"flip number {turn}", f"was {side}"
        rows += [
            _message(dialogue, "customer", user, None, None),
            _message(dialogue, "agent", f"it is {side}", side, note),
        ]
    return rows


def row_a_message_back_to_back(seed: int) -> Rows:
    """The agent flips again and again without hearing anyone."""
    return [
        _message(dialogue, "agent", f"it is {side}", side, f"was {side}")
        for dialogue, _, side in flips(seed)
    ]


def _message(
    dialogue: str, speaker: str, text: str, done: str | None, note: str | None
) -> dict[str, str | None]:
    cells = {"conversation_id": dialogue, "speaker": speaker, "text": text}
    return {**cells, "disposition": done, "note": note}


@pytest.mark.parametrize("rows", [row_a_turn, row_a_message, row_a_message_back_to_back])
def test_a_coin_is_not_foretold(rows: object, tmp_path: Path) -> None:
    assert callable(rows)
    write_csv(tmp_path / "train.csv", rows(0))
    write_csv(tmp_path / "test.csv", rows(1))
    policy = cueline.train(tmp_path / "train.csv", tmp_path / "policy", config=SMALL)
    exact = cueline.evaluate(policy, tmp_path / "test.csv").exact
    chance = 0.5 + 4 * 0.5 / np.sqrt(DIALOGUES * TURNS)
    assert exact < chance
