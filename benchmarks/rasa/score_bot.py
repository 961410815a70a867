"""How many actions of a bot's test stories Rasa's own policies get right, and what they cost.

    python benchmarks/rasa/score_bot.py BOT TESTS [--seeds 0 1 2]     by a Python that has Rasa 3.6

RulePolicy, MemoizationPolicy and TED, as `rasa init` sets them, learn the stories and rules of the
bot. Each action of a test story is predicted after what the story did before, waiting for the user
among them, as `rasa test core` does, with the intents and entities that the story gives. Every step
of every story counts. A line of JSON a seed comes out, with the processor's seconds.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ["RASA_MAX_CACHE_SIZE"] = "0"  # else it would not train what it has trained before
sys.path.insert(0, str(Path(__file__).parents[2]))

import structlog  # noqa: E402
from benchmarks.rasa.export_paths import domain_of, is_setting, is_test  # noqa: E402  (quiet first)
from rasa.core.agent import Agent  # noqa: E402
from rasa.core.test import emulate_loop_rejection  # noqa: E402
from rasa.model_training import train_core  # noqa: E402
from rasa.shared.core.events import ActionExecuted  # noqa: E402
from rasa.shared.core.generator import TrainingDataGenerator  # noqa: E402
from rasa.shared.core.trackers import DialogueStateTracker  # noqa: E402
from rasa.shared.importers.utils import story_graph_from_paths  # noqa: E402

structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
CONFIG = """\
recipe: default.v1
language: en
assistant_id: benchmark
pipeline: []
policies:
- name: MemoizationPolicy
- name: RulePolicy
  check_for_contradictions: false
- name: TEDPolicy
  max_history: 5
  epochs: 100
  constrain_similarities: true
  random_seed: {seed}
"""
"""As `rasa init` writes it, without UnexpecTED, which predicts no action of a story."""
Record = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bot", type=Path)
    parser.add_argument("tests", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    given = parser.parse_args()
    for seed in given.seeds:
        with tempfile.TemporaryDirectory() as scratch:
            print(json.dumps(scored(given.bot, given.tests, seed, Path(scratch))), flush=True)


def scored(bot: Path, tests: Path, seed: int, scratch: Path) -> Record:
    """Train, then predict every action of the test stories."""
    domain, config = domain_of(bot, scratch), scratch / "config.yml"
    config.write_text(CONFIG.format(seed=seed), "utf-8")
    data = copied(bot, scratch / "data")
    began = time.process_time()
    model = train_core(domain, str(config), data, str(scratch / "model"))
    trained = time.process_time()
    agent = Agent.load(model)
    wanted = told(tests, agent.domain)
    loaded = time.process_time()
    stories = [right(events, agent) for events in wanted]
    ended = time.process_time()
    return {
        "bot": bot.name,
        "seed": seed,
        "stories": len(stories),
        "whole": sum(map(all, stories)),
        "steps": sum(map(len, stories)),
        "right": sum(map(sum, stories)),
        "seconds": round(trained - began, 1),
        "ms_a_step": round((ended - loaded) / sum(map(len, stories)) * 1000, 1),
    }


def copied(bot: Path, folder: Path) -> str:
    """The files to learn from, in a folder of their own."""
    folder.mkdir()
    for number, file in enumerate(sorted(bot.rglob("*.y*ml"))):
        name = file.relative_to(bot)
        if not is_setting(name) and not is_test(name):
            shutil.copy(file, folder / f"{number}.yml")
    return str(folder)


class AllStories(TrainingDataGenerator):  # type: ignore[misc]
    """Rasa's generator, which would leave out stories that look alike to a policy."""

    def _remove_duplicate_story_end_trackers(self, trackers: list[Any]) -> list[Any]:
        return trackers


def told(tests: Path, domain: Any) -> list[list[Any]]:
    """The events of each test story."""
    files = sorted(tests.rglob("*.y*ml")) if tests.is_dir() else [tests]
    graph = story_graph_from_paths([str(file) for file in files], domain)
    generator = AllStories(graph, domain, remove_duplicates=False, augmentation_factor=0)
    return [list(tracker.applied_events()) for tracker in generator.generate_story_trackers()]


def right(events: list[Any], agent: Agent) -> list[bool]:
    """Of each action whether it is predicted after what went before.

    Where a form is predicted and the story does otherwise, the form is told that it was rejected
    and Rasa predicts once more, as in `rasa test core`.
    """
    tracker = DialogueStateTracker.from_events("test", [], agent.domain.slots)
    hits = []
    for number, event in enumerate(events):
        if isinstance(event, ActionExecuted) and number:
            wanted = event.action_name or event.action_text
            predicted = best(agent, tracker)
            if predicted != wanted and predicted == tracker.active_loop_name:
                emulate_loop_rejection(tracker)
                predicted = best(agent, tracker)
            hits.append(predicted == wanted)
        tracker.update(event)
    return hits


def best(agent: Agent, tracker: DialogueStateTracker) -> str:
    """The action that is most probable now."""
    scores = agent.predict_next_with_tracker(tracker)["scores"]
    return str(max(scores, key=lambda one: one["score"])["action"])


if __name__ == "__main__":
    main()
