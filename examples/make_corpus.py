"""Write train.jsonl, valid.jsonl and test.jsonl: customers talking to the desk of an online shop.

    python examples/make_corpus.py [FOLDER]

A `Customer` (customer.py) wants something and says so in its own words (wordings.py); the
`Assistant` (assistant.py) answers by its rules; here the two talk, and what a live system would
know is written down turn by turn. The same seed always writes the same bytes.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import wordings
from assistant import Assistant
from customer import Customer, Dice

SEED = "wren and oak"
SPLITS = {"train": 300, "valid": 60, "test": 80}
MOST_TURNS = 30

Fields = dict[str, Any]


def call(customer: Customer) -> Iterator[Fields]:
    """One dialogue, turn by turn, in the corpus format."""
    customer.call()
    assistant = Assistant(verified=customer.recognised)
    features: Fields = {"authenticated": customer.recognised}
    if customer.recognised:
        assistant.customer = customer.account()
        features |= assistant.customer
    said, masked = customer.opening(), customer.dice.chance(0.6)
    while True:
        turn: Fields = {"user": customer.words(said) if said else None, "features": features}
        turn["available"] = assistant.allowed() if masked else None
        order = assistant.task.order or {}
        actions = turn["actions"] = assistant.act(said)
        turn["system"] = spoken(actions, order, customer, said)
        yield {name: value for name, value in turn.items() if value or name in ("user", "actions")}
        if "say_goodbye" in actions or "thanks" in said:
            return
        said, features = {}, look_up(actions, assistant, customer)
        if not features:
            features = on_screen(assistant)
            customer.recognised = assistant.verified
            said = customer.reply(assistant.asked, silence=not actions)
        if assistant.over:
            said = {"thanks": ""}


def look_up(actions: Sequence[str], assistant: Assistant, customer: Customer) -> Fields:
    """What the data base answers, if asked; the desk acts on it before anybody speaks."""
    if "look_up_order" in actions:
        assistant.task.order = customer.order()
        return {"authenticated": True, **assistant.task.order}
    if "look_up_customer" not in actions:
        return {}
    if assistant.email == customer.email:
        assistant.customer = customer.account()
        return {"authenticated": False, **assistant.customer}
    assistant.email = None
    return {"authenticated": False, "customer_found": False}


def on_screen(assistant: Assistant) -> Fields:
    """What the desk has before it while the customer speaks: what it is to check."""
    if assistant.customer is None or assistant.verified:
        return {}
    return {"town": assistant.customer["town"]}


def spoken(actions: Sequence[str], order: Fields, customer: Customer, said: Fields) -> str:
    """What the desk says while it acts."""
    facts = {
        "status": order.get("status"),
        "options": ", ".join(order.get("colours") or order.get("slots") or ()),
        "products": ", ".join(customer.products),
        "answer": wordings.ANSWERS.get(said.get("question", "")),
    }
    return " ".join(wordings.DESK[action] for action in actions).format(**facts)


def dialogues(split: str, count: int) -> Iterator[Fields]:
    """The dialogues of one split; no customer calls in two."""
    dice = Dice(f"{SEED}, {split}")
    grown = 2 if split == "test" else 0  # by then two names in five are new
    towns = [*wordings.TOWNS, *wordings.NEW_TOWNS * grown]
    products = [*wordings.PRODUCTS, *wordings.NEW_PRODUCTS * grown]
    names = [f"{split}-c{number:03d}" for number in range(count * 7 // 10)]
    customers = [Customer(dice, name, towns, products) for name in names]
    number = 0
    while number < count:
        customer = dice.pick(customers)
        turns = list(call(customer))
        if len(turns) <= MOST_TURNS:
            meta = {"customer": customer.name}
            yield {"id": f"{split}-{number:03d}", "turns": turns, "meta": meta}
            number += 1


def main(folder: Path) -> None:
    for split, count in SPLITS.items():
        lines = [json.dumps(dialogue, ensure_ascii=False) for dialogue in dialogues(split, count)]
        text = "\n".join(lines) + "\n"
        (folder / f"{split}.jsonl").write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
