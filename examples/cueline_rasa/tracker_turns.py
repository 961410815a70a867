"""A Rasa conversation as the turns of a Cueline policy that has heard Rasa's stories.

As `cueline convert --steps --format rasa-intents` tells them: each action is a turn of its own,
with the intent, the entities, the slots as their types show them, and the form that is on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

ASK, LISTEN, SESSION = "action_ask_cueline", "action_listen", "action_session_start"
Record = dict[str, Any]


def this_session(events: list[Record]) -> list[Record]:
    """The events since the conversation began, or began anew."""
    begins = ("session_started", "restart")
    starts = [number for number, event in enumerate(events) if event["event"] in begins]
    return events[starts[-1] if starts else 0 :]


def turns(events: Iterable[Record], domain: Record) -> Iterator[Record]:
    """A turn for each action so far, waiting among them, and one for the action to decide.

    Each has what was known before its action, as Rasa's policies see it. `took` says what was done
    at the turn before. What is rewound stays told.
    """
    start = {name: slot.get("initial_value") for name, slot in domain["slots"].items()}
    slots = dict(start)
    heard: Record = {}
    given: list[str] = []
    form, words, took = None, None, None
    for event in [*events, {"event": "action", "name": None}]:
        name, kind = event.get("name"), event["event"]
        if kind == "user":
            heard, given = understood(event["parse_data"]), []
            words = f"/{heard['intent']}" if heard["intent"] else event["text"]
        elif kind == "slot":
            slots[name] = event["value"]
            given += [name] if words is not None else []
        elif kind == "reset_slots":
            slots = dict(start)
        elif kind == "active_loop":
            form = name
        elif kind == "action" and name not in (ASK, SESSION) and (took or words):
            known = seen(slots, domain)
            given = [one for one in given if one in known]
            features = {**known, "given": given, **heard, "active_loop": form}
            told = {key: value for key, value in features.items() if value not in (None, [])}
            yield {"user": words, "features": told, **({} if took is None else took)}
            words, took = None, {"took": [] if name == LISTEN else [name]}


def understood(parsed: Record) -> Record:
    """The intent, and the entities with their roles and groups, as features."""
    labels = set()
    for entity in parsed.get("entities", ()):
        kinds = [entity[kind] for kind in ("role", "group") if entity.get(kind)]
        labels |= {entity["entity"], *(f"{entity['entity']}#{kind}" for kind in kinds)}
    intent = parsed["intent"]["name"]
    return {"intent": intent, "entities": sorted(labels) if intent else []}


def seen(slots: Record, domain: Record) -> Record:
    """What a policy may see of the slots, by their types."""
    features: Record = {}
    for name, slot in domain["slots"].items():
        value, kind = slots[name], slot["type"].rpartition(".")[2]
        if not slot.get("influence_conversation", True) or kind == "any" or value in (None, []):
            continue
        if kind == "bool":
            features[name] = str(value).lower() in ("true", "1", "1.0")
        elif kind == "float":
            bounds = (slot.get("min_value", 0.0), float(value), slot.get("max_value", 1.0))
            features[name] = sorted(bounds)[1]
        elif kind == "categorical":
            known = [str(one).lower() for one in slot.get("values", ())]
            features[name] = str(value).lower() if str(value).lower() in known else "__other__"
        else:
            features[name] = True
    return features
