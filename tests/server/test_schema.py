"""`/openapi.json` is true: what is made up from it gets the answers that it names, and no 5xx."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from uuid import uuid4

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.server.links import follow
from tests.server.test_app import opened, serving

LOCAL = {"host": "127.0.0.1"}
CONFORMANCE = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.fixture(scope="module")
def service() -> Iterator[tuple[list[Any], str]]:
    """The operations that the schema names, and a dialogue that is there."""
    with serving() as client:
        client.post("/v1/dialogues", json={"user": "u"})
        schema = schemathesis.openapi.from_asgi("/openapi.json", client.app, headers=LOCAL)
        yield [found.ok() for found in schema.get_all_operations()], opened(client)


def whole(value: Any) -> Any:
    """`value` with 2.0 as 2: an integer to JSON Schema, but not to a reader of JSON."""
    if isinstance(value, dict):
        return {key: whole(each) for key, each in value.items()}
    if isinstance(value, list):
        return [whole(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


MESSAGES = ("/v1/chat/completions", "/v1/messages")
BOUND = ("spans", "arguments", "tools", "tool_choice")
"""Keys that go with the words and actions of a turn, or with each other: no schema can say how."""


def without_bound(value: Any) -> Any:
    """`value` without the keys of `BOUND`."""
    if isinstance(value, dict):
        return {key: without_bound(each) for key, each in value.items() if key not in BOUND}
    return [without_bound(each) for each in value] if isinstance(value, list) else value


def each(operation: Any, mode: GenerationMode, examples: int, check: Any) -> None:
    settled = settings(
        max_examples=examples, suppress_health_check=list(HealthCheck), deadline=None
    )
    with suppress(Unsatisfiable):  # what takes nothing can be given nothing wrong
        settled(given(operation.as_strategy(generation_mode=mode))(check))()


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_every_answer_is_one_that_the_schema_names(
    service: tuple[list[Any], str], mode: GenerationMode
) -> None:
    def check(case: Any) -> None:
        if case.operation.label == "POST /v1/dialogues" and not isinstance(case.body, dict):
            case.body = {"user": 1} if mode is GenerationMode.NEGATIVE else {}
        case.body = whole(case.body)
        if mode is GenerationMode.POSITIVE and "idempotency-key" in (case.headers or {}):
            case.headers["idempotency-key"] = uuid4().hex  # the same key is for the same request
        if mode is GenerationMode.POSITIVE and case.path in MESSAGES:
            case.body["messages"] = [{"role": "user", "content": "hi"}]  # OpenAI's own shapes
        if mode is GenerationMode.POSITIVE and case.path == "/v1/responses":
            case.body |= {"input": "hi", "conversation": None}
        if mode is GenerationMode.POSITIVE:
            case.body = without_bound(case.body)
        case.call_and_validate(headers=LOCAL)

    for operation in service[0]:
        each(operation, mode, 15, check)


@pytest.mark.slow
@pytest.mark.parametrize("mode", list(GenerationMode))
def test_so_is_every_answer_about_a_dialogue_that_is_there(
    service: tuple[list[Any], str], mode: GenerationMode
) -> None:
    operations, dialogue = service

    def check(case: Any) -> None:
        case.path_parameters["dialogue"] = dialogue
        case.call_and_validate(checks=CONFORMANCE, headers=LOCAL)

    for operation in operations:
        # A stream has no end to wait for, and what is erased is not there.
        endless = operation.path.endswith("/events") or operation.method == "delete"
        if "{dialogue}" in operation.path and not endless:
            each(operation, mode, 100, check)


@pytest.mark.slow
def test_whoever_follows_links_gets_answers_that_the_schema_names() -> None:
    answers = follow(500)
    assert answers["POST /v1/dialogues/{dialogue}/turns 200"] > 10
    assert answers["GET /v1/browse/{source} 200"] > 0
