"""Cueline inside Rasa 3.6, in place of TED: a policy that asks `cueline act` what comes next.

Rasa 3.6 runs on Python 3.10 at most and Cueline on 3.11 or later, so the two are processes of their
own: `command` in the configuration says where `cueline` is. What is learned, and asked, is what
Rasa's own policies see: intent, entities, the slots' features, the active loop.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rasa.core.constants import DEFAULT_POLICY_PRIORITY, POLICY_PRIORITY
from rasa.core.policies.policy import Policy, PolicyPrediction, SupportedData
from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain, State
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.exceptions import RasaException

Turn = dict[str, Any]
"""A turn of Cueline's corpus format: `user`, `features`, and `actions` once they are known."""


@DefaultV1Recipe.register(
    DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=True
)
class CuelinePolicy(Policy):
    """A policy of Cueline, trained by `rasa train` and kept in Rasa's model."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """The command, further arguments of `cueline train`, and TED's priority."""
        return {"command": "cueline", "train": [], POLICY_PRIORITY: DEFAULT_POLICY_PRIORITY}

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        process: Process | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(config, model_storage, resource, execution_context)
        self.process = process

    def train(
        self,
        training_trackers: list[DialogueStateTracker],
        domain: Domain,
        **kwargs: Any,
    ) -> Resource:
        """Write the trackers as a corpus and train on it."""
        trackers = SupportedData.trackers_for_supported_data(
            self.supported_data(), training_trackers
        )
        with tempfile.TemporaryDirectory() as scratch:
            corpus = Path(scratch, "stories.jsonl")
            with corpus.open("w", encoding="utf-8") as file:
                for number, tracker in enumerate(trackers):
                    told = list(turns(tracker.past_states(domain), domain))[:-1]
                    if told:
                        file.write(json.dumps({"id": str(number), "turns": told}) + "\n")
            out = Path(scratch, "policy")
            command = [self.config["command"], "train", corpus, "--out", out, *self.config["train"]]
            done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
            if done.returncode:
                raise RasaException(f"{self.config['command']} train: {done.stderr.strip()}")
            with self._model_storage.write_to(self._resource) as folder:
                shutil.copytree(out, folder / "policy")
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> CuelinePolicy:
        """Start the process that decides."""
        with model_storage.read_from(resource) as folder:
            process = Process(config["command"], folder / "policy")
        return cls(config, model_storage, resource, execution_context, process)

    def predict_action_probabilities(
        self,
        tracker: DialogueStateTracker,
        domain: Domain,
        rule_only_data: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> PolicyPrediction:
        """How likely each action of the domain is now. Turns that are a rule's alone are hidden."""
        if self.process is None:
            return self._prediction(self._default_predictions(domain))
        states = tracker.past_states(
            domain, ignore_rule_only_turns=True, rule_only_data=rule_only_data
        )
        decision = self.process.decision(list(turns(states, domain)))
        told = decision["probabilities"]
        return self._prediction([told.get(name, 0.0) for name in domain.action_names_or_texts])


class Process:
    """`cueline act POLICY`: dialogues go in, the decision at their last turn comes out."""

    def __init__(self, command: str, policy: Path) -> None:
        self.lock = threading.Lock()
        self.process = subprocess.Popen(
            [command, "act", str(policy)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.decision([{"user": None}])  # the policy is loaded when this is answered

    def decision(self, told: list[Turn]) -> dict[str, Any]:
        """What comes after all turns but the last, at the last."""
        lines = [json.dumps(line) + "\n" for line in [{"reset": True}, *told]]
        with self.lock:
            assert self.process.stdin and self.process.stdout
            self.process.stdin.writelines(lines)
            self.process.stdin.flush()
            answers = [self.process.stdout.readline() for _ in told]
        return dict(json.loads(answers[-1]))


def turns(states: list[State], domain: Domain) -> Iterator[Turn]:
    """A turn for each state: what is done there is what was done before the next one."""
    slots = {slot.name: slot for slot in domain.slots}
    for number, state in enumerate(states):
        before = state.get("prev_action", {})
        user = state.get("user", {})
        features: dict[str, Any] = {
            name: seen(slots[name], numbers) for name, numbers in state.get("slots", {}).items()
        }
        if "active_loop" in state:
            features["active_loop"] = state["active_loop"]["name"]
        if "intent" in user:
            features["intent"] = user["intent"]
        if "entities" in user:
            features["entities"] = list(user["entities"])
        hears = before.get("action_name") == ACTION_LISTEN_NAME and bool(user)
        words = user.get("text") or f"/{user.get('intent')}"
        turn: Turn = {"user": words if hears else None, "features": features}
        if number + 1 < len(states):
            done = states[number + 1].get("prev_action", {})
            turn["actions"] = [done.get("action_name") or done.get("action_text")]
        yield turn


def seen(slot: Any, numbers: Any) -> Any:
    """The features of a slot, in Cueline's words."""
    if slot.type_name == "bool":
        return bool(numbers[1])
    if slot.type_name == "float":
        return float(numbers[1])
    if slot.type_name == "categorical":
        return slot.values[list(numbers).index(1.0)]
    return True
