"""An action server tells the service of a conversation what the reader tells of its story."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from cueline.corpus.account import Account
from cueline.corpus.formats.rasa.applied import applied
from cueline.corpus.formats.rasa.bot import bot
from cueline.corpus.formats.rasa.intents import read
from cueline.corpus.formats.rasa.story import (
    Acted,
    Event,
    Happening,
    Loop,
    Named,
    SlotsSet,
    UserUttered,
)
from cueline.corpus.formats.rasa.ways import ways
from cueline.corpus.transforms.one_action import steps
from tests.corpus.formats.rasa.test_equals_rasa import BOTS, NAMES

EXAMPLE = Path(__file__).parents[1] / "examples" / "cueline_rasa"
OTHERWISE = {
    "events": "what is rewound stays told",
    "domain_in_parts": "its domain lies in several files",
    "entities_used": "an action server is not told which entities an intent uses",
    "start_without_the_user": "nothing is asked before the user has spoken",
    "entity_values": "no number: a slot that a running bot has filled holds what fits its type",
    "slot_bare": "no number",
    "slot_bool": "neither true nor false",
    "slot_float": "no number",
    "slot_list": "no list",
}


@pytest.mark.parametrize("name", [name for name in NAMES if name not in OTHERWISE])
def test_the_turns_of_a_tracker_are_those_of_its_story(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(EXAMPLE)
    from tracker_turns import turns

    folder = BOTS / name
    domain = yaml.safe_load((folder / "domain.yml").read_text("utf-8"))
    domain["slots"] = {key: slot or {} for key, slot in (domain.get("slots") or {}).items()}
    found = bot(folder, Account())
    stories = [way for way in ways(found.stories, found.domain, Account()) if not way.story.rule]
    wanted = [one for one in steps(read(folder)) if not one.meta["rule"]]
    assert len(stories) == len(wanted)
    for way, dialogue in zip(stories, wanted, strict=True):
        told = list(turns(list(events(applied(way.story_events))), domain))
        for turn, ours in zip(told, dialogue.turns, strict=False):
            features = {k: list(v) if isinstance(v, tuple) else v for k, v in ours.features.items()}
            assert (turn["user"], turn["features"]) == (ours.user, features)
        assert [turn["took"] for turn in told[1:]] == [list(one.actions) for one in dialogue.turns]
    sys.modules.pop("tracker_turns")


def test_the_guide_shows_the_action_that_runs() -> None:
    guide = (EXAMPLE.parents[1] / "docs" / "from-rasa.md").read_text("utf-8")
    shown = guide.partition("```python\n")[2].partition("```")[0]
    assert shown.startswith("class AskCueline")
    assert shown in (EXAMPLE / "actions.py").read_text("utf-8")


def events(happenings: Sequence[Happening]) -> Iterator[dict[str, Any]]:
    """What happened as Rasa tracks it."""
    for one in happenings:
        match one:
            case UserUttered(intent, entities, text):
                found = [
                    {"entity": e.name, "value": e.value, "role": e.role, "group": e.group}
                    for e in entities
                ]
                parsed = {"intent": {"name": one.base_intent}, "entities": found}
                yield {"event": "user", "text": text or f"/{intent}", "parse_data": parsed}
            case SlotsSet(values):
                for name, value in values.items():
                    yield {"event": "slot", "name": name, "value": typed(value)}
            case Loop(name):
                yield {"event": "active_loop", "name": name}
            case Acted(name):
                yield {"event": "action", "name": name}
            case Event.RESET_SLOTS:
                yield {"event": "reset_slots"}


def typed(value: Any) -> Any:
    if value is Named.ONLY:
        return "filled"
    if isinstance(value, list):
        return [typed(one) for one in value]
    return yaml.safe_load(value) if isinstance(value, str) and value else value
