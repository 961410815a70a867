"""The first half-hour of three users: what the tutorials say, done as it is written."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable

import pytest

from tests.journeys.machine import ROOT, Machine

TUTORIALS = ROOT / "docs" / "tutorials"
BASE_MB = 130
"""What `pip install cueline` may put on a disk."""

pytestmark = pytest.mark.slow
Fresh = Callable[[], Machine]


@pytest.fixture(scope="module")
def analyst(machine: Fresh) -> tuple[Machine, str]:
    """Who has a table of calls, after the tutorial, and what was printed."""
    fresh = machine()
    return fresh, fresh.follow(TUTORIALS / "table.md")


def test_a_table_becomes_a_policy_that_is_judged_on_later_calls(
    analyst: tuple[Machine, str],
) -> None:
    fresh, said = analyst
    exact = re.search(r"<Report: ([\d.]+) exact", said)
    assert exact and float(exact[1]) > 0.85
    share, wrong = map(float, re.findall(r"answers (\d+)%.*?([\d.]+)%", said)[0])
    assert share > 50
    assert wrong < 5
    assert "test-002" in said
    assert "<html" in (fresh.folder / "report.html").read_text("utf-8")


def test_the_policy_acts_where_numpy_is_all_there_is(
    analyst: tuple[Machine, str], machine: Fresh
) -> None:
    other = machine()
    for name in ("policy", "later.csv"):
        there, here = analyst[0].folder / name, other.folder / name
        (shutil.copytree if there.is_dir() else shutil.copy)(there, here)
    before = megabytes(other)
    said = other.follow(TUTORIALS / "acting.md")
    assert megabytes(other) - before < BASE_MB
    decision = json.loads(next(line for line in said.splitlines() if line.startswith('{"actions"')))
    assert decision["actions"]
    figures = json.loads((other.folder / "figures.json").read_text())
    assert figures["exact"] > 0.85
    assert (
        other.run("python", "-c", "import importlib.util as u; print(u.find_spec('keras'))")
        == "None\n"
    )


def test_a_policy_goes_to_keras_and_comes_back(machine: Fresh) -> None:
    fresh = machine()
    said = fresh.follow(TUTORIALS / "keras.md")
    trained, tuned = (float(exact) for exact in re.findall(r"<Report: ([\d.]+) exact", said))
    assert min(trained, tuned) > 0.85
    assert "(2, 5, 28)" in said
    assert (fresh.folder / "tuned.keras").stat().st_size > 10_000


def test_an_agent_asks_the_policy_before_its_model(machine: Fresh) -> None:
    said = machine().follow(TUTORIALS / "agents.md")
    here, asked = map(int, re.findall(r"(\d+) of (\d+) turns were decided here", said)[0])
    assert asked > 50
    assert here > asked / 5


def test_traces_become_a_cascade(machine: Fresh) -> None:
    said = machine().follow(ROOT / "docs" / "agents.md")
    answered = re.findall(r"(\d+) of (\d+) turns were answered here, (\d+) of them", said)
    here, asked, right = map(int, answered[0])
    assert asked > 300
    assert here > asked / 4
    assert right > 0.9 * here


def test_the_readme_is_from_nothing_to_a_policy_and_its_page(machine: Fresh) -> None:
    fresh = machine()
    said = fresh.follow(ROOT / "README.md")
    assert re.search(r"look at it: http://127\.0\.0\.1:\d+/", said)
    assert float(re.findall(r"^0\.\d+$", said, re.MULTILINE)[0]) > 0.85
    assert re.search(r"^\(.*\) 0\.\d+ (True|False) \w+$", said, re.MULTILINE)
    assert (fresh.folder / "cueline-demo" / "policy.json").is_file()


def megabytes(machine: Machine) -> float:
    """On the disk, in the environment."""
    files = [one for one in machine.bin.parent.rglob("*") if one.is_file() and not one.is_symlink()]
    return sum(one.stat().st_blocks * 512 for one in files) / 1e6
