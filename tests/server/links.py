"""Calls that follow the links of `/openapi.json`: `python -m tests.server.links --examples 10000`.

Each example is a chain of calls with what the schema allows (and, now and then, does not) in them;
every answer must be one that the schema names, and none may be 5xx.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
    use_after_free,
)
from starlette.types import Receive, Scope, Send

from cueline.server.app import application
from cueline.server.domain.policies import Policies
from cueline.server.domain.sessions import Sessions
from cueline.server.service import Service
from cueline.server.stores.memory import MemoryStore
from tests.server.acting import policy

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    use_after_free,
]
ROUND = 500
"""Examples from one seed."""


class Fresh:
    """An application that can begin anew: what an example finds hangs on no other."""

    def __init__(self, library: Path) -> None:
        self._library = library
        self.begin()

    def begin(self) -> None:
        self._app = application(
            Service(Sessions(MemoryStore(), Policies(policy())), library=self._library)
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)


def follow(examples: int, seed_: int = 0) -> Counter[str]:
    """Follow links `examples` times; return how often each answer came. Says how far it is."""
    began = time.monotonic()
    answers: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        policy(1).save(Path(folder) / "new")
        app = Fresh(Path(folder))
        for number in range(0, examples, ROUND):
            _round(app, min(ROUND, examples - number), seed_ + number, answers)
            done = min(number + ROUND, examples)
            left = (time.monotonic() - began) / done * (examples - done)
            said = f"{done:,} of {examples:,} examples, {answers.total():,} calls"
            print(f"{said}, {left:.0f} s left", file=sys.stderr, flush=True)
    return answers


def _round(app: Fresh, examples: int, seed_: int, answers: Counter[str]) -> None:
    schema = schemathesis.openapi.from_asgi(
        "/openapi.json", app, headers={"host": "127.0.0.1"}
    ).exclude(path_regex="/events$")  # a stream has no end to wait for

    class Following(schema.as_state_machine()):  # type: ignore[misc]
        def setup(self) -> None:
            app.begin()

        def before_call(self, case: Any) -> None:
            case.headers = {**(case.headers or {}), "host": "127.0.0.1"}
            if case.operation.label == "POST /v1/policies" and isinstance(case.body, dict):
                case.body = {**case.body, "name": "new"}  # nobody guesses it

        def validate_response(self, response: Any, case: Any, **others: Any) -> None:
            answers[f"{case.operation.label} {response.status_code}"] += 1
            case.validate_response(response, checks=CHECKS)

    settled = settings(
        max_examples=examples,
        stateful_step_count=8,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    run_state_machine_as_test(seed(seed_)(Following), settings=settled)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.server.links", description=__doc__)
    parser.add_argument("--examples", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    answers = follow(asked.examples, asked.seed)
    for answer, count in sorted(answers.items()):
        print(f"{count:7} {answer}")
    told = f"{asked.examples} examples from seed {asked.seed}, {answers.total()} calls"
    print(f"{told}, no 5xx and no answer that is not in the schema")


if __name__ == "__main__":
    main()
