"""Conflicts of stories over intents, held to what `rasa data validate stories` reports."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from cueline.corpus import read
from cueline.corpus.checks import check
from cueline.corpus.checks.story_conflicts import WAIT, StoryConflicts
from tests.corpus.formats.rasa.test_equals_rasa import BOTS, NAMES

UNDOES = "events"
"""Rasa 3.6 compares wrong states where something is undone: those from before with what is left."""


def conflicts(bot: Path, format: str) -> Counter[tuple[str, frozenset[str]]]:
    """After what, and the actions that are done then."""
    found = StoryConflicts()
    for dialogue in read([bot], format):
        found.see(0, dialogue)
    return Counter(
        (found.after[key].partition(" with ")[0], frozenset(done))
        for key, done in found.done.items()
        if len(done) > 1 and not key[0]
    )


@pytest.mark.parametrize("format", ["rasa", "rasa-intents"])
@pytest.mark.parametrize("name", [name for name in NAMES if name != UNDOES])
def test_conflicts_are_those_of_rasa(name: str, format: str) -> None:
    told = json.loads((BOTS / f"{name}.json").read_text("utf-8"))["conflicts"]
    wanted = Counter(
        (
            f"{one['after'][0]} '{one['after'][1]}'",
            frozenset(WAIT if action == "action_listen" else action for action in one["actions"]),
        )
        for one in told
    )
    assert conflicts(BOTS / name, format) == wanted


def test_a_conflict_is_told_with_its_stories() -> None:
    report = check([BOTS / "conflicts"])
    told = {finding.kind: finding.examples for finding in report.findings}
    assert told["story conflict"][2] == "after intent 'b': y in story 'one', but z in story 'two'"
    assert told["rule conflict"] == ["after intent 'b': x in rule 'r1', but y in rule 'r2'"]
    assert "contradiction" not in told
