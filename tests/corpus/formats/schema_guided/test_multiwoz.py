from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cueline.corpus import read, read_all
from cueline.corpus.account import Account
from cueline.corpus.formats.schema_guided import multiwoz
from cueline.corpus.formats.schema_guided.spans import COPIED
from cueline.dialogue import Span, Turn
from cueline.errors import CorpusError
from tests.corpus.damage import damaged

STATE = {"active_intent": "find_hotel", "requested_slots": ["hotel-area"], "slot_values": {}}
SHARD: list[dict[str, Any]] = [
    {
        "dialogue_id": "PMUL1.json",
        "services": ["hotel"],
        "turns": [
            {
                "turn_id": "0",
                "speaker": "USER",
                "utterance": "a hotel where?",
                "frames": [{"service": "hotel", "state": STATE}],
            },
            {"turn_id": "1", "speaker": "SYSTEM", "utterance": "North. More?", "frames": []},
            {"turn_id": "2", "speaker": "USER", "utterance": "no", "frames": []},
            {"turn_id": "3", "speaker": "SYSTEM", "utterance": "Bye", "frames": []},
        ],
    }
]
ACTS = {
    "PMUL1.json": {
        "0": {"dialog_act": {"Hotel-Request": [["area", "?"]]}, "span_info": []},
        "1": {
            "dialog_act": {
                "Hotel-Inform": [["area", "north"], ["stars", "4"]],
                "general-reqmore": [["none", "none"]],
            },
            "span_info": [],
        },
    }
}


def written(folder: Path, shard: Any, acts: Any, place: str = "dialog_acts.json") -> Path:
    path = folder / "train" / "dialogues_001.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(shard))
    (folder / place).write_text(json.dumps(acts))
    return path


def test_marked_words_are_spans(tmp_path: Path) -> None:
    marked = [
        {"slot": "hotel-type", "start": 2, "exclusive_end": 7, "value": "hotel"},
        {"slot": "hotel-area", "start": 8, "exclusive_end": 13, "value": "north"},
        {"slot": "hotel-day", "copy_from": "train-day", "value": ["friday"]},
    ]
    frame = {"service": "hotel", "state": STATE, "slots": marked}
    first = {**SHARD[0]["turns"][0], "frames": [frame, frame]}
    written(tmp_path, [{**SHARD[0], "turns": [first, *SHARD[0]["turns"][1:]]}], ACTS)
    account = Account()
    (dialogue,) = read_all([tmp_path], None, account)
    assert dialogue.turns[0].spans == (
        Span(2, 7, "hotel-type"),
        Span(8, 13, "hotel-area", "north"),
    )
    assert account.ignored[COPIED].count == 2


@pytest.mark.parametrize("place", ["dialog_acts.json", "train/dialog_acts.json"])
def test_acts_come_from_the_file_apart(place: str, tmp_path: Path) -> None:
    written(tmp_path, SHARD, ACTS, place)
    (dialogue,) = read_all([tmp_path])
    asked = {"intent": ("find_hotel",), "requested": ("hotel-area",)}
    assert dialogue.turns == (
        Turn(
            "a hotel where?",
            asked,
            actions=("Hotel-Inform", "general-reqmore"),
            system="North. More?",
        ),
        Turn("no", {}, actions=(), system="Bye"),
    )
    assert (dialogue.id, dialogue.meta["services"]) == ("PMUL1.json", ["hotel"])


def test_slots_are_in_the_action_where_they_are_asked_for(tmp_path: Path) -> None:
    (dialogue,) = read_all([written(tmp_path, SHARD, ACTS)], "multiwoz-slots")
    wanted = ("Hotel-Inform(area)", "Hotel-Inform(stars)", "general-reqmore")
    assert [turn.actions for turn in dialogue.turns] == [wanted, ()]


BAD: dict[str, tuple[Any, Any, str]] = {
    "no acts of it": (SHARD, {}, r"dialogues_001.json:1: \$\[0\]: 'PMUL1.json' has no acts in"),
    "acts of the wrong kind": (SHARD, {"PMUL1.json": []}, r"dialog_acts.json:1: \$\[...\]: Exp"),
    "a turn of the wrong kind": (
        [{"dialogue_id": "PMUL1.json", "turns": [{"turn_id": "0"}]}],
        ACTS,
        r"dialogues_001.json:1: \$\[0\].turns\[0\]: Object missing required field `speaker`",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_a_malformed_file_is_refused_with_the_place(case: str, tmp_path: Path) -> None:
    shard, acts, message = BAD[case]
    with pytest.raises(CorpusError, match=message):
        read_all([written(tmp_path, shard, acts)], "multiwoz")


def test_a_shard_without_its_acts_is_told_where_to_put_them(tmp_path: Path) -> None:
    path = written(tmp_path, SHARD, ACTS)
    (tmp_path / "dialog_acts.json").unlink()
    with pytest.raises(CorpusError, match="no dialog_acts.json beside it or a folder above"):
        read_all([path])


@given(
    shard=damaged(json.dumps(SHARD).encode()),
    acts=damaged(json.dumps(ACTS).encode()),
    which=st.integers(0, 2),
)
def test_damaged_files_are_read_or_refused(
    shard: bytes, acts: bytes, which: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = written(tmp_path_factory.mktemp("multiwoz"), SHARD, ACTS)
    if which != 0:
        path.write_bytes(shard)
    if which != 1:
        path.parent.with_name("dialog_acts.json").write_bytes(acts)
    try:
        assert all(dialogue.turns for dialogue in multiwoz.read(path))
    except CorpusError as error:
        assert ".json" in str(error)
        assert "\n" not in str(error)


def test_the_shards_of_a_folder_share_their_acts(tmp_path: Path) -> None:
    path = written(tmp_path, SHARD, ACTS)
    path.with_name("dialogues_002.json").write_bytes(path.read_bytes())
    assert len(list(read([tmp_path]))) == 2
