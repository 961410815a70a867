"""What Rasa itself learns from a bot: its paths, with what a policy may see before each action.

    python benchmarks/rasa/export_paths.py BOT OUT.json        run by a Python that has Rasa 3.6

`TrainingDataGenerator` makes the paths, without augmentation; of those that end alike it keeps one.
Each action of a path stands with the state before it, as Rasa's featurizers get it: intent
or text, entities, the slots' features, the active loop, the previous action. A domain of Rasa 2 is
first migrated by Rasa itself, as `rasa data migrate` does it.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import tempfile
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

os.environ.update(RASA_TELEMETRY_ENABLED="false", TF_CPP_MIN_LOG_LEVEL="3", LOG_LEVEL="ERROR")
warnings.simplefilter("ignore")

from rasa.core.migrate import migrate_domain_format  # noqa: E402
from rasa.core.training.story_conflict import (  # noqa: E402
    _get_previous_event,
    find_story_conflicts,
)
from rasa.shared.core.events import ActionExecuted  # noqa: E402
from rasa.shared.core.generator import TrainingDataGenerator  # noqa: E402
from rasa.shared.importers.importer import TrainingDataImporter  # noqa: E402
from rasa.shared.importers.utils import story_graph_from_paths  # noqa: E402
from rasa.version import __version__  # noqa: E402

Record = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bot", type=Path)
    parser.add_argument("out", type=Path)
    given = parser.parse_args()
    text = json.dumps(exported(given.bot), ensure_ascii=False, indent=0, sort_keys=True)
    given.out.write_text(text + "\n", "utf-8")


def exported(bot: Path) -> Record:
    """The slots of the domain, the paths of stories and rules, and those of test stories."""
    files = [file for file in sorted(bot.rglob("*.y*ml")) if not is_setting(file.relative_to(bot))]
    tests = {file for file in files if is_test(file.relative_to(bot))}
    data = [str(file) for file in files if file not in tests]
    with tempfile.TemporaryDirectory() as scratch:
        importer = TrainingDataImporter.load_from_dict(
            {}, None, domain_of(bot, Path(scratch)), data
        )
        domain = importer.get_domain()
    stories = [importer.get_stories()]
    told = [story_graph_from_paths([str(test)], domain) for test in sorted(tests)]
    return {
        "rasa": __version__,
        "slots": {slot.name: features(slot) for slot in domain.slots if slot.has_features()},
        "paths": paths(stories, domain),
        "tests": paths(told, domain),
        "conflicts": conflicts(stories, domain),
    }


def domain_of(bot: Path, scratch: Path) -> str:
    """Where the domain is in which Rasa 3 reads it."""
    path = next(path for path in (bot / "domain.yml", bot / "domain") if path.exists())
    if path.is_dir() or "version: '2" not in path.read_text("utf-8").replace('"', "'"):
        return str(path)
    copied = shutil.copy(path, scratch / "original.yml")
    migrate_domain_format(copied, scratch / "domain.yml")
    return str(scratch / "domain.yml")


def is_setting(path: Path) -> bool:
    """Whether a file is the domain's or says how the bot is trained and run."""
    return path.parts[0].startswith(("domain", "config", "credentials", "endpoints"))


def is_test(path: Path) -> bool:
    """Whether a name on the way to the file says that it holds test stories."""
    return any(part.startswith("test") and part != "testimonials.yml" for part in path.parts)


def features(slot: Any) -> Record:
    """What the numbers of the slot's features stand for."""
    told = {"type": slot.type_name}
    for name in ("values", "min_value", "max_value"):
        if hasattr(slot, name):
            told[name] = getattr(slot, name)
    return told


def paths(graphs: Iterable[Any], domain: Any) -> list[Record]:
    """Every path through the stories, in an order that depends on nothing but what they hold."""
    found = [
        {"name": tracker.sender_id, "rule": tracker.is_rule_tracker, "steps": list(steps(tracker))}
        for graph in graphs
        for tracker in TrainingDataGenerator(
            graph, domain, remove_duplicates=False, augmentation_factor=0
        ).generate()
    ]
    return sorted(found, key=lambda path: json.dumps(path, sort_keys=True))


def conflicts(graphs: Iterable[Any], domain: Any) -> list[Record]:
    """What `rasa data validate stories` reports: after what, which actions, in which stories."""
    trackers = [
        tracker
        for graph in graphs
        for tracker in TrainingDataGenerator(
            graph, domain, remove_duplicates=False, augmentation_factor=0
        ).generate_story_trackers()
    ]
    found = [
        {
            "after": _get_previous_event(conflict._sliced_states[-1]),
            "actions": {
                action: sorted(set(stories))
                for action, stories in conflict._conflicting_actions.items()
            },
        }
        for conflict in find_story_conflicts(trackers, domain)
    ]
    return sorted(found, key=lambda conflict: json.dumps(conflict, sort_keys=True))


def steps(tracker: Any) -> Iterator[Record]:
    """Each action of a path, with the state before it."""
    states = tracker.domain.states_for_tracker_history(tracker)
    actions = [event for event in tracker.applied_events() if isinstance(event, ActionExecuted)]
    for state, action in zip(states, actions):  # noqa: B905 - a last state has no action
        yield {**state, "action": action.action_name or action.action_text}


if __name__ == "__main__":
    main()
