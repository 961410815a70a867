"""Featurised once: the next run, or one beside it, finds it and makes the same policy of it."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

import cueline
from cueline.corpus.formats.jsonl import read, write
from cueline.dataset.storage import cache
from cueline.dataset.storage.dialogue_spool import DialogueSpool
from cueline.dialogue import Dialogue, Turn
from cueline.errors import TrainingError
from cueline.policy import Policy
from cueline.settings import FeatureSettings, NetworkSettings, Settings, TrainingSettings
from cueline.training import featurising
from cueline.training import trainer as training
from cueline.training.featurising import Featurised, FeaturisingInputs, entities, written
from tests.policies import contents, random_policy

SETTINGS = Settings(
    network=NetworkSettings(embedding=8, units=16),
    training=TrainingSettings(epochs=2, batch=4, learning_rate=0.02),
)


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CUELINE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def dialogues(count: int = 24) -> list[Dialogue]:
    kinds = ("tea", "coffee", "juice")
    return [
        Dialogue(
            f"d{n}",
            (
                Turn(f"a {kinds[n % 3]} please", {"n": n}, actions=("ask",)),
                Turn("now", actions=(kinds[n % 3],)),
            ),
            {"drink": kinds[n % 3]},
        )
        for n in range(count)
    ]


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    path = tmp_path / "corpus.jsonl"
    write(path, dialogues())
    return path


def entry(place: Path) -> Path:
    (found,) = place.glob(f"*{cache.ENTRY}")
    return found


@pytest.fixture
def once(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The keys of the entries that were filled."""
    filled: list[str] = []
    fill = FeaturisingInputs.fill

    def counted(asked: FeaturisingInputs, folder: Path) -> None:
        filled.append(asked.key)
        fill(asked, folder)

    monkeypatch.setattr(FeaturisingInputs, "fill", counted)
    return filled


def test_a_cold_and_a_warm_cache_give_the_same_bytes(
    tmp_path: Path, corpus: Path, place: Path, once: list[str]
) -> None:
    for name in ("cold", "warm"):
        cueline.train(corpus, tmp_path / name, config=SETTINGS)
    assert len(once) == 1
    assert entry(place).name == f"{once[0]}{cache.ENTRY}"
    assert list(place.iterdir()) == [entry(place)]  # nothing else is left
    assert contents(tmp_path / "cold") == contents(tmp_path / "warm")


def test_other_settings_of_network_and_training_find_it(
    tmp_path: Path, corpus: Path, once: list[str]
) -> None:
    cueline.train(corpus, tmp_path / "policy", config=SETTINGS)
    other = Settings(
        network=NetworkSettings(embedding=9, units=8, memory="gru", dropout=0.1, decisions="multi"),
        training=TrainingSettings(epochs=1, batch=3, hide_values=0.1, rehearsal=2),
    )
    cueline.train(corpus, tmp_path / "other", config=other)
    assert len(once) == 1


@pytest.mark.parametrize("file", ["facts.json", "learned/turns.values", "held_out/dataset.json"])
def test_a_damaged_entry_is_made_anew(
    tmp_path: Path, corpus: Path, place: Path, once: list[str], file: str
) -> None:
    cueline.train(corpus, tmp_path / "before", config=SETTINGS)
    damaged = entry(place) / file
    damaged.write_bytes(damaged.read_bytes()[:-3])
    cueline.train(corpus, tmp_path / "after", config=SETTINGS)
    assert len(once) == 2
    assert contents(tmp_path / "before") == contents(tmp_path / "after")


TRAIN = """
import sys, cueline
from pathlib import Path
from cueline.training.featurising import FeaturisingInputs
from tests.training.test_featurising import SETTINGS
fill = FeaturisingInputs.fill
def together(asked, folder):
    print("ready", flush=True)
    sys.stdin.readline()  # until the other one is ready too
    fill(asked, folder)
FeaturisingInputs.fill = together
cueline.train(sys.argv[1], sys.argv[2], config=SETTINGS)
"""


def test_two_runs_at_a_time_make_one_entry_and_the_same_policy(
    tmp_path: Path, corpus: Path, place: Path
) -> None:
    names = ("one", "two")
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", TRAIN, str(corpus), str(tmp_path / name)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
            text=True,
        )
        for name in names
    ]
    for run in runs:
        assert run.stdout is not None
        assert run.stdout.readline() == "ready\n"
    for run in runs:
        run.communicate("go\n")
        assert run.returncode == 0
    assert list(place.iterdir()) == [entry(place)]
    one, two = (contents(tmp_path / name) for name in names)
    assert one == two


def key(
    some: list[Dialogue],
    held_out: list[Dialogue],
    settings: Settings = SETTINGS,
    base: Policy | None = None,
) -> str:
    with DialogueSpool.of(some) as learned, DialogueSpool.of(held_out) as judging:
        rules, named = written(settings, base), entities(settings)
        return FeaturisingInputs(learned, judging, settings, base, rules, named).key


SOME, JUDGING = dialogues(6)[:4], dialogues(6)[4:]
MATTERS: dict[str, Any] = {
    "max_words": Settings(features=FeatureSettings(max_words=7)),
    "min_count": Settings(features=FeatureSettings(min_count=1)),
    "pairs": Settings(features=FeatureSettings(pairs=False)),
    "max_vocabulary": Settings(features=FeatureSettings(max_vocabulary=5)),
    "max_values": Settings(features=FeatureSettings(max_values=5)),
    "encoder": Settings(network=NetworkSettings(encoder="lstm")),
    "answer": Settings(network=NetworkSettings(answer="dialogue", label="drink")),
    "label": Settings(network=NetworkSettings(answer="dialogue", label="other")),
}


def test_the_key_changes_with_all_that_decides() -> None:
    keys = {key(SOME, JUDGING, Settings())}
    keys |= {key(SOME, JUDGING, settings) for settings in MATTERS.values()}
    keys.add(key(SOME[:3], JUDGING, Settings()))
    keys.add(key(SOME[::-1], JUDGING, Settings()))
    keys.add(key(SOME, [], Settings()))
    keys.add(key(JUDGING, SOME, Settings()))
    keys.add(key([*SOME[:3], replace(SOME[3], meta={})], JUDGING, Settings()))
    keys |= {key(SOME, JUDGING, Settings(), random_policy(NetworkSettings(5), n)) for n in range(2)}
    assert len(keys) == 1 + len(MATTERS) + 5 + 2


def test_the_key_changes_with_nothing_else() -> None:
    other = Settings(
        seed=7,
        features=FeatureSettings(vectors="vectors.txt"),
        network=NetworkSettings(embedding=3, units=4, memory="none", decisions="single"),
        training=TrainingSettings(epochs=3, held_out=0.4, group="drink"),
    )
    assert key(SOME, JUDGING, other) == key(SOME, JUDGING, Settings())


def test_of_files_it_is_the_content_that_decides(tmp_path: Path) -> None:
    keys = []
    for name, kinds, rule in (
        ("a", {"city": ["oslo"]}, "tea only after ask"),
        ("b", {"city": ["oslo"]}, "# the same\ntea only after ask\n"),
        ("c", {"city": ["rome"]}, "tea only after ask"),
        ("d", {"city": ["oslo"]}, "tea never twice"),
    ):
        rules, named = tmp_path / f"{name}.txt", tmp_path / f"{name}.json"
        rules.write_text(rule)
        named.write_text(json.dumps(kinds))
        features = FeatureSettings(entities=str(named))
        keys.append(key(SOME, JUDGING, Settings(rules=str(rules), features=features)))
    assert keys[0] == keys[1]
    assert len(set(keys)) == 3


def test_the_key_changes_with_the_code(monkeypatch: pytest.MonkeyPatch) -> None:
    before = key(SOME, JUDGING)
    monkeypatch.setattr(featurising, "SOURCES", featurising.SOURCES[1:])
    assert key(SOME, JUDGING) != before


@pytest.mark.parametrize("source", featurising.SOURCES)
def test_the_code_is_there(monkeypatch: pytest.MonkeyPatch, source: str) -> None:
    monkeypatch.setattr(featurising, "SOURCES", ())
    nothing = featurising.code_hash()
    monkeypatch.setattr(featurising, "SOURCES", (source,))
    assert featurising.code_hash() != nothing


def test_what_breaks_a_rule_leaves_no_entry(tmp_path: Path, place: Path) -> None:
    rules = tmp_path / "rules.txt"
    rules.write_text("ask only after tea")
    for _ in range(2):  # nor does the second run take the first one's word for it
        with DialogueSpool.of(SOME) as learned, DialogueSpool.of(JUDGING) as judging:  # noqa: SIM117
            with pytest.raises(TrainingError, match="the corpus breaks"):
                Featurised.of(learned, judging, Settings(rules=str(rules)))
    assert not list(place.iterdir())


def test_dialogues_are_not_held_while_they_are_gone_through(
    tmp_path: Path, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(corpus, dialogues(40))
    most = 0

    def alive() -> int:
        return sum(type(each) is Dialogue for each in gc.get_objects())

    def watched(*_: object, **__: object) -> Iterator[Dialogue]:
        nonlocal most
        for dialogue in read(corpus):
            yield dialogue
            most = max(most, alive())

    before = alive()
    monkeypatch.setattr(training, "read", watched)
    cueline.train(corpus, tmp_path / "policy", config=SETTINGS)
    assert most < before + 10


def test_few_of_many_are_held_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "MAX_HELD_OUT", 3)
    learned, held_out = training.hold_out(dialogues(60), Settings())
    assert (len(learned), len(held_out)) == (57, 3)
    assert len(training.hold_out(dialogues(20), Settings())[1]) == 2
