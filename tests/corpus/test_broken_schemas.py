"""`check` names the calls that break the JSON schema of their tool."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cueline.corpus.checks import Finding, check
from cueline.corpus.formats import jsonl
from cueline.dialogue import Dialogue, Turn

NUMBER = {"properties": {"n": {"type": "integer"}}, "required": ["n"]}


def findings(folder: Path, turn: Turn, own: Any, given: Any = None) -> list[Finding]:
    file = folder / "a.jsonl"
    jsonl.write(file, [Dialogue("d", (turn,), {"schemas": own})])
    return check([file], schemas=given).findings


@pytest.mark.parametrize(
    ("own", "given", "broken"),
    [
        ({"pay": NUMBER}, {}, ['d turn 0: pay: n: "six" is not of type "integer"']),
        ({"pay": NUMBER}, {"pay": {}}, []),
        ({}, {"pay": {"required": ["to"]}}, ['d turn 0: pay: "to" is a required property']),
        ({}, {}, []),
    ],
)
def test_a_call_that_breaks_its_schema_is_named_with_its_place(
    tmp_path: Path, own: dict[str, Any], given: dict[str, Any], broken: list[str]
) -> None:
    turn = Turn("pay six", actions=("pay",), arguments={"pay": ({"n": "six"},)})
    named = [one for one in findings(tmp_path, turn, own, given) if one.kind == "broken-schema"]
    assert [example for one in named for example in one.examples] == broken


def test_a_schema_that_is_none_is_named(tmp_path: Path) -> None:
    turn = Turn("pay", actions=("pay",), arguments={"pay": ({"n": 6},)})
    finding = {one.kind: one for one in findings(tmp_path, turn, {"pay": {"type": "x"}})}
    assert finding["no-schema"].examples[0].startswith("d turn 0: pay: ")
    assert "broken-schema" not in finding
