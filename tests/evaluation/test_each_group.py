"""Each group is learned from apart, and one that cannot be stops no other."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cueline.corpus.formats.jsonl import write
from cueline.dialogue import Dialogue, Turn
from cueline.errors import CorpusError
from cueline.evaluation.each_group import GroupReport, GroupResult, folder, grouped, learn
from cueline.policy import Policy
from cueline.settings import NetworkSettings, Settings, TrainingSettings
from cueline.training.trainer import fit_policy, hold_out
from tests.cli.commands import run
from tests.policies import contents
from tests.training.test_trainer import dialogues

SMALL = Settings(
    network=NetworkSettings(embedding=4, turn_units=4, units=4, memory="none"),
    training=TrainingSettings(epochs=1),
)
names = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(st.lists(names, unique=True))
def test_each_group_has_a_folder_of_its_own_within(groups: list[str]) -> None:
    places = [folder(Path("/out"), group) for group in groups]
    assert len(set(places)) == len(places)
    assert all(place.resolve().parent == Path("/out").resolve() for place in places)


@given(st.lists(st.sampled_from(["a", "b", "c"])))
def test_groups_keep_all_dialogues_in_their_order(labels: list[str]) -> None:
    some = [Dialogue(str(n), (Turn("a"),), {"shop": label}) for n, label in enumerate(labels)]
    groups = grouped(some, "shop")
    assert {name: [one.meta["shop"] for one in group] for name, group in groups.items()} == {
        name: [name] * labels.count(name) for name in labels
    }
    assert sorted((one for group in groups.values() for one in group), key=some.index) == some


def test_a_dialogue_of_no_group_is_named() -> None:
    with pytest.raises(CorpusError, match="dialogue 'd' has no meta key 'shop'"):
        grouped([Dialogue("d", (Turn("a", actions=("x",)),))], "shop")


def test_they_are_ranked_and_those_without_a_policy_are_not() -> None:
    figures = {"a": 0.5, "b": None, "c": 0.9}
    results = [GroupResult(group=n, dialogues=1, exact=x, nll=1.0) for n, x in figures.items()]
    assert [one.group for one in GroupReport(run="r", results=results).ranked()] == ["c", "a"]


@pytest.mark.slow
def test_a_policy_is_the_one_of_its_dialogues_alone(tmp_path: Path) -> None:
    given, held_out = hold_out(dialogues(), SMALL)
    fit_policy(given, held_out, SMALL, tmp_path / "alone").save(tmp_path / "alone")
    one = Dialogue("one", (Turn("a", actions=("x",)),))
    made = list(learn({"x": [one], "all": dialogues()}, SMALL, tmp_path / "each"))
    assert [m.result.group for m in made] == ["x", "all"]
    assert made[0].policy is None and "none can be held out" in (made[0].result.why or "")
    assert made[1].policy is not None and made[1].result.dialogues == 24
    made[1].policy.save(tmp_path / "all")
    assert contents(tmp_path / "all") == contents(tmp_path / "alone")


@pytest.mark.slow
def test_the_command_goes_on_where_it_stood(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kinds = {f"d{number}": ("tea/1", "..")[number % 2] for number in range(30)}
    some = [Dialogue(one.id, one.turns, {"shop": kinds.get(one.id)}) for one in dialogues(30)]
    some.append(Dialogue("last", some[0].turns, {"shop": "small"}))
    write(tmp_path / "c.jsonl", some)
    config = tmp_path / "config.toml"
    config.write_text('[network]\nembedding = 4\nmemory = "none"\n[training]\nepochs = 1\n')
    command = ["train-each", tmp_path / "c.jsonl", "--by", "shop", "--out", tmp_path / "out"]
    assert run(*command, "--config", config) == 1
    said = capsys.readouterr().out
    assert "2 policies, 1 groups without" in said and "small: " in said
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "report.json",
        "tea%2F1",
        "%2E%2E",
    }
    before = contents(tmp_path / "out" / "tea%2F1")
    report = GroupReport.load(tmp_path / "out" / "report.json")
    GroupReport(run=report.run, results=report.results[1:]).write(tmp_path / "out" / "report.json")
    assert run(*command, "--config", config) == 1
    assert capsys.readouterr().out.startswith("1 groups to learn from, 2 done before")
    assert contents(tmp_path / "out" / "tea%2F1") == before
    assert isinstance(Policy.load(tmp_path / "out" / "%2E%2E"), Policy)
