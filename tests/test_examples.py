"""The example corpus is what its script writes, and what its README says."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import cueline

SPLITS = {"train": 300, "valid": 60, "test": 80}

Dialogue = dict[str, Any]
Corpus = dict[str, list[Dialogue]]


@pytest.fixture(scope="module")
def corpus(examples: Path) -> Corpus:
    files = {split: (examples / f"{split}.jsonl").read_text("utf-8") for split in SPLITS}
    return {
        split: [json.loads(line) for line in text.splitlines()] for split, text in files.items()
    }


def turns(corpus: Corpus, *splits: str) -> Iterator[Dialogue]:
    for split in splits or SPLITS:
        for dialogue in corpus[split]:
            yield from dialogue["turns"]


def values(corpus: Corpus, split: str, feature: str) -> set[str]:
    """Those of a feature that is a word or a list of words."""
    said = [turn["features"][feature] for turn in turns(corpus, split) if feature in known(turn)]
    return {word for value in said for word in ([value] if isinstance(value, str) else value)}


def known(turn: Dialogue) -> dict[str, Any]:
    return turn.get("features", {})


def test_the_files_are_what_the_script_writes(examples: Path, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-B", examples / "make_corpus.py", tmp_path], check=True)
    for split in SPLITS:
        name = f"{split}.jsonl"
        assert (tmp_path / name).read_bytes() == (examples / name).read_bytes()


def test_the_traces_are_what_their_script_writes(examples: Path, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-B", examples / "make_traces.py", tmp_path], check=True)
    written = sorted(path.name for path in tmp_path.iterdir())
    assert written == ["test.jsonl", "train.jsonl"]
    for name in written:
        assert (tmp_path / name).read_bytes() == (examples / "traces" / name).read_bytes()


def test_the_traces_are_read_as_calls_with_arguments(examples: Path) -> None:
    dialogues = list(cueline.load(examples / "traces"))
    turns = [turn for dialogue in dialogues for turn in dialogue.turns]
    assert len(dialogues) == 400
    calls = [turn for turn in turns if turn.actions != ("respond",)]
    assert {name for turn in calls for name in turn.actions} == {
        "track_parcel",
        "open_ticket",
        "get_order",
        "cancel_order",
        "refund_order",
    }
    assert len(calls) > len(turns) / 3
    assert all(turn.arguments[name][0] for turn in calls for name in turn.actions or ())


def test_the_files_stay_small(examples: Path) -> None:
    assert sum((examples / f"{split}.jsonl").stat().st_size for split in SPLITS) < 1_500_000


def test_dialogues_are_as_many_and_as_long_as_said(corpus: Corpus) -> None:
    assert {split: len(dialogues) for split, dialogues in corpus.items()} == SPLITS
    lengths = [len(dialogue["turns"]) for dialogues in corpus.values() for dialogue in dialogues]
    assert (min(lengths), max(lengths)) == (2, 30)


def test_there_are_no_keys_but_those_of_the_format(corpus: Corpus) -> None:
    for dialogues in corpus.values():
        for dialogue in dialogues:
            assert dialogue.keys() == {"id", "turns", "meta"}
    for turn in turns(corpus):
        assert {"user", "actions"} <= turn.keys()
        assert turn.keys() <= {"user", "features", "available", "actions", "system"}
        assert len(set(turn["actions"])) == len(turn["actions"])
        assert ("system" in turn) == bool(turn["actions"])


def test_no_customer_calls_in_two_splits_but_some_call_twice(corpus: Corpus) -> None:
    callers = [[d["meta"]["customer"] for d in dialogues] for dialogues in corpus.values()]
    train, valid, test = map(set, callers)
    assert not (train & valid or train & test or valid & test)
    assert all(len(set(names)) < len(names) for names in callers)


def test_a_mask_never_forbids_what_is_right(corpus: Corpus) -> None:
    masked = [turn for turn in turns(corpus) if "available" in turn]
    assert len(masked) > sum(1 for _ in turns(corpus)) / 4
    for turn in masked:
        assert set(turn["actions"]) <= set(turn["available"])


def test_masks_keep_money_and_parcels_until_an_order_is_looked_up(corpus: Corpus) -> None:
    guarded = {"refund_card", "refund_gift_card", "cancel_order", "send_replacement", "book_slot"}
    assert guarded <= {action for turn in turns(corpus) for action in turn["actions"]}
    for turn in turns(corpus):
        assert not guarded & set(turn.get("available", ()))


def test_the_same_history_always_has_the_same_actions(corpus: Corpus) -> None:
    done: dict[str, list[str]] = {}
    for dialogues in corpus.values():
        for dialogue in dialogues:
            history = ""
            for turn in dialogue["turns"]:
                history += json.dumps([turn["user"], known(turn)], sort_keys=True)
                actions = sorted(turn["actions"])
                assert done.setdefault(history, actions) == actions
                history += json.dumps(actions)


def test_a_line_never_says_two_things(examples: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(examples))
    people, wordings = importlib.import_module("customer"), importlib.import_module("wordings")
    dice, meaning = people.Dice("any"), {}
    questions = [q for q in wordings.DESK if q.startswith(("ask_", "confirm_", "offer_"))]
    for number in range(100):
        someone = people.Customer(dice, str(number), wordings.TOWNS, wordings.PRODUCTS)
        for question in questions:
            someone.call()
            someone.colours, someone.slots = wordings.COLOURS, wordings.SLOTS
            for said in (someone.opening(), someone.reply([question], silence=dice.chance(0.2))):
                line = someone.words(said).lower().rstrip(".")
                assert meaning.setdefault(line, said) == said


def test_the_same_words_mean_what_was_asked_earlier(corpus: Corpus) -> None:
    done = defaultdict(set)
    for turn in turns(corpus):
        if turn["user"]:
            done[turn["user"].lower().strip(".")].add(frozenset(turn["actions"]))
    assert all(len(done[words]) >= 7 for words in ("yes", "of course", "please do"))


def test_the_last_actions_and_this_turn_do_not_decide(corpus: Corpus) -> None:
    done = defaultdict(set)
    for dialogues in corpus.values():
        for dialogue in dialogues:
            for before, turn in zip(dialogue["turns"], dialogue["turns"][1:], strict=False):
                now = (turn["user"], known(turn).get("status"))
                done[(*before["actions"], *now)].add(frozenset(turn["actions"]))
    assert len(done["look_up_order", None, "on its way"]) == 3
    assert len(done["look_up_order", None, "delivered"]) >= 6


def test_there_is_something_of_everything(corpus: Corpus) -> None:
    everything = list(turns(corpus))
    kinds = {type(value) for turn in everything for value in known(turn).values()}
    assert kinds == {str, bool, int, list}
    assert len({name for turn in everything for name in turn["actions"]}) == 28
    assert sum(len(turn["actions"]) > 1 for turn in everything) > len(everything) / 4
    for lacking in ("user", "features", "actions"):
        assert any(not turn.get(lacking) for turn in everything)


def test_training_has_every_action_and_not_every_value(corpus: Corpus) -> None:
    actions = [{name for turn in turns(corpus, s) for name in turn["actions"]} for s in SPLITS]
    assert actions[0] == actions[1] == actions[2]
    for feature in ("town", "products"):
        assert values(corpus, "test", feature) - values(corpus, "train", feature)
        assert values(corpus, "test", feature) & values(corpus, "train", feature)


def test_the_dialogue_shown_is_in_the_corpus(examples: Path, corpus: Corpus) -> None:
    shown = next(dialogue for dialogue in corpus["train"] if dialogue["id"] == "train-047")
    lines = [
        f"    {turn['user'] or '(a look-up has answered)'}\n"
        f"        -> {', '.join(turn['actions']) or 'nothing'}\n"
        for turn in shown["turns"]
    ]
    assert "".join(lines) in (examples / "README.md").read_text("utf-8")


def test_every_action_is_named(examples: Path, corpus: Corpus) -> None:
    readme = (examples / "README.md").read_text("utf-8")
    assert all(f"`{name}`" in readme for turn in turns(corpus) for name in turn["actions"])
