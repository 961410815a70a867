"""A corpus as the files of a Rasa project: stories of words and actions, told end to end.

What the user says stands in a story as words, never as an intent, so that TED learns from what the
others learn from. A turn without a user is more actions before Rasa listens again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

Line = dict[str, Any]
"""A dialogue as a line of the corpus has it."""
Step = dict[str, str]
"""Of a story: `{"user": words}` or `{"action": name}`."""

_INTENT = "unused"


def read(path: Path) -> list[Line]:
    """The dialogues of a corpus of JSON lines."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def steps(turns: Iterable[Line]) -> list[Step]:
    """Turns as a story tells them."""
    return [step for turn in turns for step in heard(turn) + acted(turn)]


def heard(turn: Line) -> list[Step]:
    """What the user says, in one step or none."""
    return [] if turn["user"] is None else [{"user": turn["user"]}]


def acted(turn: Line) -> list[Step]:
    """What the system does, a step for each action."""
    return [{"action": name} for name in turn["actions"]]


def write_project(dialogues: Sequence[Line], policy: Line, out: Path) -> None:
    """`stories.yml`, `nlu.yml`, `domain.yml` and `config.yml` in the folder `out`."""
    stories = [{"story": one["id"], "steps": steps(one["turns"])} for one in dialogues]
    names = {name: None for one in dialogues for turn in one["turns"] for name in turn["actions"]}
    # Rasa's featurizer fails where it has never met an intent.
    unused = {"intent": _INTENT, "examples": f"- {_INTENT}\n- {_INTENT} too\n"}
    pipeline = [{"name": "WhitespaceTokenizer"}, {"name": "CountVectorsFeaturizer"}]
    out.mkdir(parents=True, exist_ok=True)
    _write(out / "stories.yml", "stories", stories)
    _write(out / "nlu.yml", "nlu", [unused])
    _write(out / "domain.yml", "actions", names, intents=[_INTENT])
    config = {"language": "en", "assistant_id": "benchmark", "pipeline": pipeline}
    _write(out / "config.yml", "policies", [policy], recipe="default.v1", **config)


def _write(path: Path, key: str, items: Iterable[Any], **others: Any) -> None:
    """YAML that is JSON but for its keys and dashes, by which Rasa tells one file from another."""
    lines = [f"{name}: {json.dumps(value)}" for name, value in {"version": "3.1", **others}.items()]
    listed = [f"- {json.dumps(item, ensure_ascii=False)}" for item in items]
    path.write_text("\n".join([*lines, f"{key}:", *listed, ""]), "utf-8")
