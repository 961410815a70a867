"""Held to Rasa itself: the same paths, and before each action the same for a policy to see.

`bots/NAME.json` is what `benchmarks/rasa/export_paths.py` made of `bots/NAME` with Rasa 3.6.21.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pytest

from cueline.corpus import read
from cueline.corpus.transforms.one_action import steps
from cueline.dialogue import Dialogue, Turn

BOTS = Path(__file__).parent / "bots"
NAMES = sorted(path.stem for path in BOTS.glob("*.json"))
LISTEN = "action_listen"
UNSET = "should_not_be_set"

Step = tuple[Any, ...]
"""What was heard, the entities in it, the slots' features, the form that is on, the action."""
Path_ = tuple[bool, tuple[Step, ...]]
"""Whether it is a rule's, and its steps."""


@pytest.mark.parametrize("name", NAMES)
def test_paths_and_states_are_those_of_rasa(name: str) -> None:
    wanted = json.loads((BOTS / f"{name}.json").read_text("utf-8"))
    ours = set(told(read([BOTS / name], "rasa-intents"), wanted["slots"]))
    assert ours == set(theirs(wanted["paths"]))


@pytest.mark.parametrize("name", [name for name in NAMES if (BOTS / name / "tests").exists()])
def test_test_stories_are_those_of_rasa(name: str) -> None:
    wanted = json.loads((BOTS / f"{name}.json").read_text("utf-8"))
    ours = set(told(read([BOTS / name / "tests"], "rasa-intents"), wanted["slots"]))
    assert ours == set(theirs(wanted["tests"]))


SHARED = {
    "carbon-bot": "test_stories",
    "financial-demo": "tests/test_stories.yml",
    "helpdesk-assistant": "tests",
}
"""Public bots, each with its test stories. `shared_bots.json` has the digests of Rasa's paths."""


@pytest.mark.parametrize("name", SHARED)
def test_paths_of_public_bots_are_those_of_rasa(name: str, corpora: Path) -> None:
    wanted = json.loads((BOTS.parent / "shared_bots.json").read_text("utf-8"))[name]
    bot = corpora / "rasa_bots" / name
    for place, key in ((bot, "paths"), (bot / SHARED[name], "tests")):
        ours = {digest(path) for path in told(read([place], "rasa-intents"), wanted["slots"])}
        assert ours == set(wanted[key])


def digest(path: Path_) -> str:
    return blake2b(repr(path).encode(), digest_size=8).hexdigest()


def told(dialogues: Iterable[Dialogue], slots: Mapping[str, Any]) -> Iterator[Path_]:
    """Our dialogues as Rasa tells its paths."""
    for dialogue in dialogues:
        (single,) = steps([dialogue])
        heard, found = None, []
        for turn in single.turns:
            heard = heard if turn.user is None else turn.user
            found.append(our_step(turn, heard, slots))
        yield dialogue.meta["rule"], tuple(found)


def our_step(turn: Turn, words: str | None, slots: Mapping[str, Any]) -> Step:
    features = dict(turn.features)
    (action,) = turn.actions or (LISTEN,)
    heard = features.get("intent", words)
    seen = {name: numbers(slots[name], features[name]) for name in slots if name in features}
    return (
        heard,
        features.get("entities", ()),
        tuple(sorted(seen.items())),
        features.get("active_loop"),
        action,
    )


def numbers(slot: Mapping[str, Any], value: Any) -> tuple[float, ...]:
    """The features that Rasa makes of what we show of a slot."""
    match slot["type"]:
        case "bool":
            return (1.0, float(value))
        case "float":
            low, high = slot["min_value"], slot["max_value"]
            return (1.0, (value - low) / (high - low))
        case "categorical":
            return tuple(float(one == value) for one in slot["values"])
    return (1.0,)


def theirs(paths: Iterable[Mapping[str, Any]]) -> Iterator[Path_]:
    """Rasa's paths without what stands for anything, and without its waiting at the beginning."""
    for path in paths:
        found = [(step["action"], their_step(step)) for step in path["steps"]]
        while found and found[0][0] in ("...", LISTEN) and found[0][1][0] is None:
            del found[0]
        actions = [action for action, _ in found]
        if "..." in actions:
            del found[actions.index("...") :]
        if found:  # not where nothing is known to be done
            yield path["rule"], tuple(step for _, step in found)


def their_step(step: Mapping[str, Any]) -> Step:
    user = step.get("user", {})
    slots = {name: tuple(value) for name, value in step.get("slots", {}).items() if value != UNSET}
    loop = step.get("active_loop", {}).get("name")
    return (
        user.get("intent", user.get("text")),
        tuple(user.get("entities", ())),
        tuple(sorted(slots.items())),
        None if loop == UNSET else loop,
        step["action"],
    )
