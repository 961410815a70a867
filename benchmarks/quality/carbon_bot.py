"""How many of a Rasa bot's test actions a policy gets right that learned its stories and rules.

    python -m benchmarks.quality.carbon_bot BOT [TESTS]        BOT is the bot's folder

Each action is a step of its own, and so is waiting for the user (Rasa's `action_listen`); test
stories that are the same, step by step, count once: both as `rasa test` counts. Teacher-forced: the
next step is judged after what the story did, not after what the policy decided.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from cueline.corpus import read
from cueline.corpus.formats import jsonl
from cueline.corpus.transforms.one_action import steps
from cueline.dialogue import Dialogue
from cueline.policy import Policy
from cueline.training.trainer import train

SEEDS = (0, 1, 2)
FORMATS = ("rasa", "rasa-intents")
"""Intents told in words, and as features."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bot", type=Path)
    parser.add_argument("tests", type=Path, nargs="?")
    parser.add_argument("--config", type=Path)
    parser.add_argument("--format", choices=FORMATS)
    given = parser.parse_args()
    tests = given.tests or next(p for p in sorted(given.bot.glob("test*")) if p.is_dir())
    for format in [given.format] if given.format else FORMATS:
        wanted = list(steps(read([tests], format)))
        for seed in SEEDS:
            with tempfile.TemporaryDirectory() as folder:
                corpus = Path(folder, "train.jsonl")
                jsonl.write(corpus, steps(read([given.bot], format)))
                policy = train(corpus, Path(folder, "policy"), config=given.config, seed=seed)
            report(f"{format} seed {seed}", policy, wanted)


def report(name: str, policy: Policy, wanted: Iterable[Dialogue]) -> None:
    """Print how many steps are right, and those that are not."""
    right = total = whole = count = 0
    seen: set[object] = set()
    for dialogue in wanted:
        same = tuple((turn.user is None, turn.actions) for turn in dialogue.turns)
        if same in seen:
            continue
        seen.add(same)
        wrong = mistakes(policy, dialogue)
        count, whole = count + 1, whole + (not wrong)
        total, right = total + len(dialogue.turns), right + len(dialogue.turns) - len(wrong)
        for line in wrong:
            print(f"    {dialogue.id}: {line}", file=sys.stderr)
    epochs = policy.training["epochs"]
    print(f"{name}: {right}/{total} steps, {whole}/{count} stories, {epochs} epochs", flush=True)


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
