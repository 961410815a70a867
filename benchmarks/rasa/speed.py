"""Rasa's TED policy trained end to end on the same dialogues. Run by a Python that has Rasa 3.6.

Sizes, dialogues a step and epochs are the others', the rest Rasa's defaults. The clock runs over
the steps of its training; `whole_s` has the reading of stories, the making of features and the
building of TensorFlow's graph as well.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.rasa.speed_files import Line, Step, read, write_project
from benchmarks.rasa.speed_scored import micro_f1, scored
from benchmarks.speed import rounds
from benchmarks.speed.rounds import Figures
from benchmarks.speed.sizes import EMBEDDING, UNITS, WORD_UNITS

READ = 2000
"""Dialogues that it reads at most: of all of SGD, Rasa checks the YAML for many minutes."""
JUDGED = 50
"""Dialogues of dev that it is judged by, since it takes them one action at a time."""
ENVIRONMENT = {
    "RASA_TELEMETRY_ENABLED": "false",
    "RASA_MAX_CACHE_SIZE": "0",  # else it would not train what it has trained before
    "TF_NUM_INTRAOP_THREADS": os.environ.get("OMP_NUM_THREADS", "0"),  # as many as the others
}


def measured(folder: str, epochs: int, batch: int, limit: float) -> Figures:
    """Train; but only time some steps where all epochs would take more than `limit` seconds.

    So too where there are more dialogues than are read, since a policy of fewer is not comparable.
    """
    began = time.perf_counter()
    from benchmarks.rasa.speed_policy import Clock, TimedTED

    dialogues = read(Path(folder, "kept.jsonl"))
    some = dialogues[:READ]
    limit = limit if len(some) == len(dialogues) else 0
    clock = TimedTED.clock = Clock(len(some), batch, limit)
    with tempfile.TemporaryDirectory() as project:
        model = trained(some, policy(epochs, batch), Path(project))
        whole = time.perf_counter() - began
        rate = clock.dialogues / len(some) * turns(some) / clock.seconds
        figures: Figures = {"turns_per_s": rate, "epochs_s": epochs * turns(dialogues) / rate}
        if clock.stopped:
            return {**figures, "micro_f1": "not trained to the end"}
        dev = read(Path(folder, "dev.jsonl"))[:JUDGED]
        return {**figures, "whole_s": whole, "micro_f1": f1(model, dev), "judged": len(dev)}


def turns(dialogues: Sequence[Line]) -> int:
    """Real ones, as the others count them."""
    return sum(len(one["turns"]) for one in dialogues)


def policy(epochs: int, batch: int) -> dict[str, Any]:
    """The entry of `config.yml`: the others' sizes, where TED has any like them."""
    return {
        "name": "benchmarks.rasa.speed_policy.TimedTEDPolicy",
        "epochs": epochs,
        "batch_size": batch,
        "random_seed": 0,
        "entity_recognition": False,
        "dense_dimension": {"text": EMBEDDING},
        "transformer_size": {"text": WORD_UNITS, "dialogue": UNITS},
        "encoding_dimension": WORD_UNITS,
    }


def trained(dialogues: Sequence[Line], policy: dict[str, Any], project: Path) -> str:
    """As `rasa train --augmentation 0` does it; the path of the model."""
    from rasa.model_training import train

    write_project(dialogues, policy, project)
    domain, config, *data = (
        str(project / f"{name}.yml") for name in ("domain", "config", "stories", "nlu")
    )
    more = {"augmentation_factor": 0}  # no stories glued together
    result = train(domain, config, data, str(project), core_additional_arguments=more)
    return str(result.model)


def f1(model: str, dialogues: Sequence[Line]) -> float:
    """Judged action by action, as Rasa answers."""
    from rasa.core.agent import Agent
    from rasa.shared.core.events import ActionExecuted, UserUttered
    from rasa.shared.core.trackers import DialogueStateTracker

    agent = Agent.load(model)

    def predict(before: Sequence[Step]) -> str:
        events = [
            UserUttered(step["user"]) if "user" in step else ActionExecuted(step["action"])
            for step in before
        ]
        tracker = DialogueStateTracker.from_events("judged", events, slots=agent.domain.slots)
        scores = agent.predict_next_with_tracker(tracker)["scores"]
        return str(max(scores, key=lambda one: one["score"])["action"])

    return micro_f1(pair for one in dialogues for pair in scored(one["turns"], predict))


if __name__ == "__main__":
    rounds.answer(measured)
