from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import yaml
from benchmarks.rasa.speed_files import Line, Step, steps, write_project
from benchmarks.rasa.speed_scored import LISTEN, micro_f1, scored
from benchmarks.speed import rounds as speed_rounds
from benchmarks.speed import training as speed_training
from hypothesis import given
from hypothesis import strategies as st

NAMES = ["OFFER", "REQUEST", "GOODBYE", "where should it be", "take this: <name>"]
words = st.text("abcé'\":,-?#", min_size=1).map(lambda text: f"a {text} b")
turns = st.fixed_dictionaries(
    {
        "user": st.none() | words,
        "actions": st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True),
    }
)
dialogues = st.tuples(words, st.lists(turns, min_size=1, max_size=6)).map(
    lambda drawn: [{**drawn[1][0], "user": drawn[0]}, *drawn[1][1:]]
)


def test_without_rasa_its_row_says_why(tmp_path: Path) -> None:
    done = {"Rasa's TED": [speed_training.rasa_ted(None, tmp_path, 1)]}
    printed = speed_rounds.table("Training", speed_rounds.summary(done))
    assert "| Rasa's TED | no Python with Rasa given: --rasa |" in printed


@given(st.lists(dialogues, min_size=1, max_size=3))
def test_stories_keep_words_and_actions_in_their_order(corpus: list[list[Line]]) -> None:
    lines = [{"id": f"d{number}", "turns": one} for number, one in enumerate(corpus)]
    with tempfile.TemporaryDirectory() as folder:
        write_project(lines, {"name": "TEDPolicy"}, Path(folder))
        texts = [Path(folder, f"{name}.yml").read_text("utf-8") for name in ("stories", "domain")]
    stories, domain = map(yaml.safe_load, texts)
    assert [story["story"] for story in stories["stories"]] == [line["id"] for line in lines]
    for one, story in zip(corpus, stories["stories"], strict=True):
        told = [value for step in story["steps"] for value in step.values()]
        assert told == [part for turn in one for part in (turn["user"], *turn["actions"]) if part]
    assert set(domain["actions"]) == {name for one in corpus for t in one for name in t["actions"]}


@given(dialogues)
def test_who_predicts_each_step_of_a_story_decides_all_turns_rightly(one: list[Line]) -> None:
    heard = steps(one)
    whole: list[Step] = [{"action": LISTEN}]
    for step, following in zip(heard, [*heard[1:], {"user": ""}], strict=True):
        whole += [step, {"action": LISTEN}] if "action" in step and "user" in following else [step]

    def predict(before: Sequence[Step]) -> str:
        assert whole[: len(before)] == before
        return whole[len(before)]["action"]

    decided = list(scored(one, predict))
    assert decided == [(set(turn["actions"]), set(turn["actions"])) for turn in one]
    assert micro_f1(decided) == 1
