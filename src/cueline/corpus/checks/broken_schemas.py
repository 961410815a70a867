"""Calls that break the JSON schema of their tool, which a service would refuse."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cueline.corpus.checks.finding import MAX_EXAMPLES, Finding, turn_name
from cueline.dialogue import Dialogue
from cueline.json_schemas import SCHEMAS, faults


class BrokenSchemas:
    """How many calls break their schema: one of `given`, by action, else the dialogue's own."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self.given = given
        self.checked = self.broken = 0
        self.examples: list[str] = []
        self.no_schemas: dict[str, str] = {}
        """The actions whose schema is none, with what is wrong with it."""

    def see(self, corpus: int, dialogue: Dialogue) -> None:
        """Look at the calls of each turn."""
        own = dialogue.meta.get(SCHEMAS)
        schemas = {**own, **self.given} if isinstance(own, Mapping) else self.given
        if not schemas:
            return
        for number, turn in enumerate(dialogue.turns):
            for action, calls in turn.arguments.items():
                if action in schemas:
                    for call in calls:
                        self._check(action, call, schemas[action], turn_name(dialogue, number))

    def _check(self, action: str, call: Mapping[str, Any], schema: Any, place: str) -> None:
        try:
            found = faults(call, schema)
        except ValueError as error:
            self.no_schemas.setdefault(action, f"{place}: {action}: {str(error).splitlines()[0]}")
            return
        self.checked += 1
        self.broken += bool(found)
        if found and len(self.examples) < MAX_EXAMPLES:
            self.examples.append(f"{place}: {action}: {found[0]}")

    def findings(self) -> Iterator[Finding]:
        """A warning for calls, one for schemas."""
        if self.broken:
            said = f"{self.broken} of {self.checked} calls break the JSON schema of their tool"
            yield Finding("warning", "broken-schema", said, self.broken, self.examples)
        if count := len(self.no_schemas):
            examples = [*self.no_schemas.values()][:MAX_EXAMPLES]
            said = (
                f"the schemas of {count} tools are no JSON schemas, so nothing is checked by them"
            )
            yield Finding("warning", "no-schema", said, count, examples)
