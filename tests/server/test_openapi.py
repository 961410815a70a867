"""`/openapi.json` leaves nothing out: every route, what its path holds, how it may refuse."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

import pytest

from cueline.server.app import ROUTES
from cueline.server.keys import Keys, new_key
from cueline.server.routing import Operation, Route
from tests.server.test_app import serving

PAGE = {"/", "/page/{file}"}


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    with serving() as client:
        return client.get("/openapi.json").json()


def routes() -> Iterator[tuple[Route, Operation]]:
    """Those that stand in the document."""
    return ((route, route.operation) for route in ROUTES if route.operation is not None)


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"]
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from references(each)


def test_every_route_is_described_but_the_files_of_the_page(described: dict[str, Any]) -> None:
    assert {route.path for route in ROUTES} - set(described["paths"]) == PAGE
    for route, operation in routes():
        found = described["paths"][route.path][route.method.lower()]
        assert found["description"] == inspect.getdoc(route.endpoint)
        assert found.get("x-scope") == operation.scope
        assert ("requestBody" in found) == (operation.takes is not None)


def test_every_status_is_named(described: dict[str, Any]) -> None:
    for route, operation in routes():
        found = described["paths"][route.path][route.method.lower()]
        body = {"400"} if operation.takes is not None else set()
        always = {"401", "403", "408", "413", "415", "421", "422", "429", "503"}
        named = {str(operation.status), *map(str, operation.problems)}
        assert set(found["responses"]) == always | body | named


def test_whoever_sends_what_does_not_fit_is_told_in_words_what_does() -> None:
    for route, operation in routes():
        for parameter in operation.parameters:
            assert parameter.wanted, (route.path, parameter.name)
            assert not re.search(r"[\^\[\]{}$\\]", parameter.wanted)
    with serving() as client:
        detail = client.get("/v1/browse/live/turns?below=much").json()["detail"]
        assert detail == "query below: 'much' is not a share from 0 to 1, such as 0.95"
        assert "one of: corpus, live" in client.get("/v1/browse/nowhere").json()["detail"]


def test_what_stands_in_a_path_is_a_parameter_of_it(described: dict[str, Any]) -> None:
    for path, methods in described["paths"].items():
        for found in methods.values():
            parameters = found.get("parameters", [])
            placed = {each["name"] for each in parameters if each["in"] == "path"}
            assert placed == set(re.findall(r"{(\w+)}", path))


def test_links_lead_to_calls_with_what_they_take(described: dict[str, Any]) -> None:
    calls = {
        found["operationId"]: found
        for path in described["paths"].values()
        for found in path.values()
    }
    links = [
        link
        for found in calls.values()
        for answer in found["responses"].values()
        for link in answer.get("links", {}).values()
    ]
    assert len(links) > 20
    for link in links:
        taken = {each["name"] for each in calls[link["operationId"]].get("parameters", [])}
        assert set(link.get("parameters", {})) <= taken
        assert "requestBody" not in link or "requestBody" in calls[link["operationId"]]
    from_opened = described["paths"]["/v1/dialogues"]["post"]["responses"]["201"]["links"]
    assert from_opened["Step"]["parameters"] == {"dialogue": "$response.body#/id"}


def test_references_lead_somewhere_and_no_operation_id_stands_twice(
    described: dict[str, Any],
) -> None:
    schemas = {f"#/components/schemas/{name}" for name in described["components"]["schemas"]}
    assert set(references(described)) <= schemas
    found = [each for methods in described["paths"].values() for each in methods.values()]
    assert len({each["operationId"] for each in found}) == len(found)


def test_keys_are_a_way_in_only_where_there_are_any(described: dict[str, Any]) -> None:
    assert "security" not in described
    secret, record = new_key("reader", ["read"])
    with serving(keys=Keys([record])) as client:
        asked = client.get("/openapi.json", headers={"Authorization": f"Bearer {secret}"}).json()
    (scheme,) = asked["security"]
    assert scheme.keys() == asked["components"]["securitySchemes"].keys()
