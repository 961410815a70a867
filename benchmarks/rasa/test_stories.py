"""How many actions of a Rasa bot's test stories a policy gets right that learned its stories.

    python benchmarks/rasa/test_stories.py BOT [TESTS] [--seeds 0 1 2]

Each action is a step of its own, and so is waiting for the user (Rasa's `action_listen`), as
`rasa test core` has it; every step of every story counts. Teacher-forced: the next step is judged
after what the story did, not after what the policy decided. `score_bot.py` has the same figures of
Rasa's own policies, `table.py` sets both side by side. The baselines learn from the same dialogues.
A line of JSON a seed comes out, with the processor's seconds.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from cueline.corpus import read
from cueline.corpus.formats import jsonl
from cueline.corpus.transforms.one_action import steps
from cueline.dialogue import Dialogue
from cueline.evaluation.report import evaluate_dialogues
from cueline.policy import Policy
from cueline.training.trainer import train

FORMATS = ("rasa", "rasa-intents")
"""Intents told in words, and as features."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bot", type=Path)
    parser.add_argument("tests", type=Path, nargs="?")
    parser.add_argument("--config", type=Path)
    parser.add_argument("--format", choices=FORMATS)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    given = parser.parse_args()
    tests = given.tests or next(p for p in sorted(given.bot.glob("test*")) if p.is_dir())
    for format in [given.format] if given.format else FORMATS:
        wanted = list(steps(read([tests], format)))
        for seed in given.seeds:
            with tempfile.TemporaryDirectory() as folder:
                corpus = Path(folder, "train.jsonl")
                jsonl.write(corpus, steps(read([given.bot], format)))
                began = time.process_time()
                policy = train(corpus, Path(folder, "policy"), config=given.config, seed=seed)
                seconds = time.process_time() - began
            told = {"bot": given.bot.name, "format": format, "seed": seed}
            print(json.dumps({**told, **scored(policy, wanted), "seconds": round(seconds, 1)}))
            sys.stdout.flush()


def scored(policy: Policy, wanted: list[Dialogue]) -> dict[str, Any]:
    """How many steps and stories are right; what is not goes to stderr."""
    began = time.process_time()
    wrong = {dialogue.id: mistakes(policy, dialogue) for dialogue in wanted}
    seconds = time.process_time() - began
    for name, lines in wrong.items():
        for line in lines:
            print(f"    {name}: {line}", file=sys.stderr)
    total = sum(len(dialogue.turns) for dialogue in wanted)
    baselines = evaluate_dialogues(policy, wanted).baselines
    best = max(baselines, key=lambda name: baselines[name].exact)
    return {
        "stories": len(wanted),
        "whole": sum(not lines for lines in wrong.values()),
        "steps": total,
        "right": total - sum(map(len, wrong.values())),
        "best_baseline": best,
        "baseline_right": round(baselines[best].exact * total),
        "ms_a_step": round(seconds / total * 1000, 2),
    }


def mistakes(policy: Policy, dialogue: Dialogue) -> list[str]:
    """A line for each step of `dialogue` that the policy gets wrong."""
    state, wrong = policy.start(), []
    for number, turn in enumerate(dialogue.turns):
        decision, state = policy.act(turn, state)
        state = policy.took(state, turn.actions or ())
        if set(decision.actions) != set(turn.actions or ()):
            wrong.append(f"{number} {turn.user!r} {turn.actions} but {decision.actions}")
    return wrong


if __name__ == "__main__":
    main()
