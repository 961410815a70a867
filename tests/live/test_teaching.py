"""Training again: what is trained on, with which settings, and what is refused."""

from __future__ import annotations

from pathlib import Path

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from cueline.corpus import jsonl
from cueline.live.teaching import REPEATED, toml, training
from cueline.settings import FeatureSettings, NetworkSettings, Settings, TrainingSettings
from tests.live.acting import dialogues
from tests.live.test_http import problem, serving

words = st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=9)


@given(words, words, st.integers(0, 2**40), st.floats(1e-9, 0.5), st.booleans())
def test_settings_come_back_as_they_were(
    vectors: str | None, label: str | None, seed: int, share: float, pairs: bool
) -> None:
    settings = Settings(
        seed,
        FeatureSettings(vectors=vectors, pairs=pairs),
        NetworkSettings(label=label),
        TrainingSettings(held_out=share, learning_rate=share),
    )
    assert msgspec.toml.decode(toml(settings), type=Settings) == settings


def test_corrected_dialogues_are_always_trained_on(tmp_path: Path) -> None:
    corpus, corrected = dialogues(20), dialogues(2, seed=1)
    command = training(tmp_path, tmp_path / "out", Settings(), corpus, corrected)
    train = list(jsonl.read(Path(command[command.index("train") + 1])))
    valid = list(jsonl.read(Path(command[command.index("--valid") + 1])))
    assert len(valid) == 2
    assert len(train) == 18 + 2 * REPEATED
    assert all(sum(one.turns == d.turns for one in train) == REPEATED for d in corrected)
    assert {d.id for d in valid} <= {d.id for d in corpus}


def test_without_a_corpus_there_is_no_training() -> None:
    with serving() as client:
        assert client.get("/v1/training").json()["possible"] is False
        problem(client.post("/v1/training", json={}), 409, "--teach")
        problem(client.get("/v1/training/events"), 409, "--teach")
        headers = {"content-type": "text/plain"}  # what a page elsewhere could send
        problem(client.post("/v1/training", content=b"{}", headers=headers), 415)
        problem(client.post("/v1/training"), 400)
