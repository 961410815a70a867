"""Write traces/train.jsonl and traces/test.jsonl: an agent with tools at the desk of a shop.

    python examples/make_traces.py [FOLDER]

Each line is what an agent's log holds of a dialogue: the messages and the tools of OpenAI's API. A
customer wants something and says so in one of many ways; the agent looks it up, does what there is
to do, and says what came of it. The same seed always writes the same bytes.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SEED = "thistle"
SPLITS = {"train": 300, "test": 100}
Message = dict[str, Any]

SYSTEM = "You are the desk of a shop. Use the tools, and be brief."
PARCEL = {"parcel": {"type": "string"}}
ORDER = {"order": {"type": "integer"}}
TO = {"to": {"type": "string", "enum": ["card", "voucher"]}}
TOOLS = {
    "track_parcel": ("Where a parcel, as PX4821, is.", PARCEL),
    "open_ticket": ("Have a colleague look for a parcel that is lost.", PARCEL),
    "get_order": ("What an order is and how far it is.", ORDER),
    "cancel_order": ("Cancel an order that has not been sent.", ORDER),
    "refund_order": ("Give the money back.", ORDER | TO),
}
WANTS = {
    "track": (
        "Where is my parcel {}?",
        "has {} been sent yet",
        "I am still waiting for parcel {}.",
        "Can you track {} for me please?",
        "my package {} should have been here yesterday",
        "Any news of {}?",
    ),
    "cancel": (
        "Please cancel order {}.",
        "I don't want order {} any more",
        "can I still cancel {}?",
        "Stop my order {}, I ordered twice.",
        "I made a mistake with order {}, please call it off",
    ),
    "refund": (
        "I want my money back for order {}.",
        "order {} is broken, I'd like a refund",
        "Can I get a refund for {}?",
        "The shoes of order {} don't fit, give me my money back please",
        "please refund order {}",
    ),
}
ASKS = {
    "When do you open?": "Nine to six, every day but Sunday.",
    "do you sell gift cards": "We do, from ten euros on.",
    "Can I pay by invoice?": "Yes, from your second order on.",
    "how long does shipping take?": "Two to three days.",
    "Do you ship to Norway?": "Not yet, I am afraid.",
}
CHOICES = {
    "card": ("card please", "to my card", "Back to the card.", "the card I paid with"),
    "voucher": ("voucher please", "a voucher is fine", "As a voucher.", "I'd take the voucher"),
}
THANKS = ("thanks", "Thank you!", "great, thanks", "ok thank you, bye")


class Log:
    """The messages of a dialogue, as they are written down."""

    def __init__(self, dice: random.Random) -> None:
        self.messages: list[Message] = [{"role": "system", "content": SYSTEM}]
        self._dice, self._calls = dice, 0

    def user(self, text: str) -> None:
        """The customer says something."""
        self.messages.append({"role": "user", "content": text})

    def say(self, text: str) -> None:
        """The agent says something."""
        self.messages.append({"role": "assistant", "content": text})

    def call(self, tool: str, result: Any, **arguments: Any) -> None:
        """The agent calls a tool, which returns something."""
        self._calls += 1
        id = f"call_{self._calls}"
        function = {"name": tool, "arguments": json.dumps(arguments)}
        call = {"id": id, "type": "function", "function": function}
        self.messages.append({"role": "assistant", "content": None, "tool_calls": [call]})
        self.messages.append({"role": "tool", "tool_call_id": id, "content": json.dumps(result)})


def track(log: Log, dice: random.Random) -> None:
    parcel = f"PX{dice.randrange(1000, 10000)}"
    log.user(dice.choice(WANTS["track"]).format(parcel))
    status = dice.choice(("on its way", "delivered", "lost"))
    log.call("track_parcel", {"status": status, "days": dice.randrange(1, 5)}, parcel=parcel)
    if status == "lost":
        log.call("open_ticket", {"ticket": dice.randrange(100, 1000)}, parcel=parcel)
        log.say("I am sorry, it seems to be lost. A colleague is looking for it now.")
    else:
        log.say("It is on its way." if status == "on its way" else "It was delivered.")


def cancel(log: Log, dice: random.Random) -> None:
    order = dice.randrange(1000, 10000)
    log.user(dice.choice(WANTS["cancel"]).format(order))
    status = dice.choice(("packed", "paid", "sent"))
    log.call("get_order", {"order": order, "status": status}, order=order)
    if status == "sent":
        log.say("It has been sent already; you can send it back when it is there.")
    else:
        log.call("cancel_order", {"cancelled": True}, order=order)
        log.say("Your order is cancelled.")


def refund(log: Log, dice: random.Random) -> None:
    order = dice.randrange(1000, 10000)
    log.user(dice.choice(WANTS["refund"]).format(order))
    status = dice.choice(("delivered", "delivered", "sent"))
    log.call("get_order", {"order": order, "status": status}, order=order)
    if status == "sent":
        log.say("It is not there yet. Please write again when it is.")
        return
    log.say("To your card, or as a voucher?")
    to = dice.choice(tuple(CHOICES))
    log.user(dice.choice(CHOICES[to]))
    log.call("refund_order", {"refunded": True}, order=order, to=to)
    log.say("The money is on its way to you.")


def ask(log: Log, dice: random.Random) -> None:
    question = dice.choice(tuple(ASKS))
    log.user(question)
    log.say(ASKS[question])


TASKS = {"track": track, "cancel": cancel, "refund": refund, "ask": ask}


def dialogues(split: str) -> Iterator[dict[str, Any]]:
    """The dialogues of a split."""
    dice = random.Random(f"{SEED} {split}")
    tools = [
        {
            "type": "function",
            "function": {
                "name": name,
                "description": said,
                "parameters": {"type": "object", "properties": of, "required": [*of]},
            },
        }
        for name, (said, of) in TOOLS.items()
    ]
    for number in range(SPLITS[split]):
        log = Log(dice)
        for task in dice.sample(tuple(TASKS), dice.choice((1, 1, 2))):
            TASKS[task](log, dice)
        if dice.random() < 0.4:
            log.user(dice.choice(THANKS))
            log.say("You are welcome.")
        yield {"id": f"{split}-{number:03}", "messages": log.messages, "tools": tools}


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "traces"
    folder.mkdir(exist_ok=True)
    for split in SPLITS:
        lines = [json.dumps(dialogue) + "\n" for dialogue in dialogues(split)]
        (folder / f"{split}.jsonl").write_text("".join(lines), "utf-8")
