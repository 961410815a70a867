"""Ask a Cueline service from a Rasa action server: `rasa run actions --actions actions`.

Where Rasa's own policies do not know what comes next, `action_ask_cueline` has Cueline decide, one
action at a time, until it waits for the user. The policy behind the service is trained on the bot
with `--steps` and `--format rasa-intents`, and hears what Rasa's policies hear.
"""

from __future__ import annotations

import json
import os
from typing import Any
from urllib.request import Request, urlopen

from rasa_sdk import Action
from rasa_sdk.events import FollowupAction
from tracker_turns import ASK, LISTEN, Record, this_session, turns

SERVICE = os.environ.get("CUELINE", "http://127.0.0.1:8000")
"""Where `cueline serve` answers."""
SECONDS = 5.0
"""How long an answer may take."""
MOST = 256
"""Turns that the service takes at once."""
UNSURE = "action_default_fallback"
"""What is done where Cueline is not sure: of the bot's actions, perhaps to hand over."""


class AskCueline(Action):
    """The next action is the one that Cueline decides."""

    def name(self) -> str:
        """The name in the domain."""
        return ASK

    def run(self, dispatcher: Any, tracker: Any, domain: Record) -> list[Record]:
        """Tell the service every turn of the conversation; those that it knows count once."""
        events = this_session(tracker.events)
        key = f"{tracker.sender_id} {events[0]['timestamp']}"
        dialogue = answer("/v1/dialogues", {}, key)["id"]
        told = [
            {"dialogue": dialogue, "turn": number, "key": str(number), **turn}
            for number, turn in enumerate(turns(events, domain))
        ]
        for first in range(0, len(told), MOST):
            decision = answer("/v1/turns", told[first : first + MOST])[-1]["answer"]
        if not decision["sure"]:
            return [FollowupAction(UNSURE)]
        return [FollowupAction((decision["actions"] or [LISTEN])[0])]


def answer(path: str, body: Any, key: str = "") -> Any:
    """What the service answers; a retry with the same key is the same, not another."""
    headers = {"Content-Type": "application/json", "Idempotency-Key": key}
    request = Request(SERVICE + path, json.dumps(body).encode(), headers)
    with urlopen(request, timeout=SECONDS) as reply:
        return json.load(reply)
