"""What JSON schemas say of the arguments of calls, and whether calls fit them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cueline.errors import CuelineError, SettingsError
from cueline.json_schemas import (
    DeclaredParameter,
    bare,
    declared,
    either,
    faults,
    fits,
    is_schema,
    read_schemas,
)

TYPES = {
    "string": "a",
    "integer": 3,
    "number": 1.5,
    "boolean": True,
    "array": [1],
    "object": {"a": 1},
}
types = st.sampled_from(sorted(TYPES))
names = st.sampled_from(["a", "b", "c", "title", "description"])


@st.composite
def schemas(draw: st.DrawFn) -> dict[str, Any]:
    properties = draw(st.dictionaries(names, types.map(lambda one: {"type": one}), min_size=1))
    required = draw(st.lists(st.sampled_from(sorted(properties)), unique=True))
    return {"type": "object", "properties": properties, "required": required}


def complete(schema: dict[str, Any]) -> dict[str, Any]:
    return {name: TYPES[one["type"]] for name, one in schema["properties"].items()}


@given(schemas())
def test_a_call_fits_with_all_that_is_required_and_without_any_of_it_does_not(
    schema: dict[str, Any],
) -> None:
    call = complete(schema)
    assert fits(call, schema) and faults(call, schema) == []
    for name in schema["required"]:
        less = {key: value for key, value in call.items() if key != name}
        assert not fits(less, schema)
        assert name in faults(less, schema)[0]


@given(schemas())
def test_each_parameter_is_declared_with_its_type_and_whether_it_is_required(
    schema: dict[str, Any],
) -> None:
    found = declared(schema)
    assert {name: one.type for name, one in found.items()} == {
        name: one["type"] for name, one in schema["properties"].items()
    }
    assert {name for name, one in found.items() if one.required} == set(schema["required"])


@given(st.lists(schemas(), min_size=1, max_size=4))
def test_of_a_tool_that_is_defined_in_several_ways_counts_what_all_say(
    several: list[dict[str, Any]],
) -> None:
    one = either(several)
    assert all(fits(complete(schema), one) for schema in several)
    required = {name for name, some in declared(one).items() if some.required}
    assert required == set.intersection(*(set(schema["required"]) for schema in several))
    assert either([one]) == one or len(several) > 1


@given(schemas())
def test_what_is_said_to_people_goes_and_parameters_of_such_names_stay(
    schema: dict[str, Any],
) -> None:
    told = {
        **schema,
        "description": "a tool",
        "properties": {
            name: {**one, "description": "x", "title": "y"}
            for name, one in schema["properties"].items()
        },
    }
    assert bare(told) == schema


@pytest.mark.parametrize(
    ("schema", "declares"),
    [
        ({"type": ["string", "null"]}, ("string", ())),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, ("integer", ())),
        ({"anyOf": [{"type": "integer"}, {"type": "number"}]}, ("number", ())),
        ({"type": ["string", "array"]}, (None, ())),
        ({"enum": ["a", "b", None]}, ("string", ("a", "b"))),
        ({"const": 3}, ("number", (3,))),
        ({"oneOf": [{"const": "a"}, {"enum": ["b", "a"]}]}, ("string", ("a", "b"))),
        ({"anyOf": [{"const": "a"}, {"type": "string"}]}, ("string", ())),
        ({"$ref": "#/$defs/size"}, ("string", ("s", "m"))),
        ({"allOf": [{"$ref": "#/$defs/size"}]}, ("string", ("s", "m"))),
        ({"$ref": "#/$defs/circle"}, (None, ())),
        ({"$ref": "other.json#/a"}, (None, ())),
        (True, (None, ())),
    ],
)
def test_types_and_values_are_found_wherever_they_stand(
    schema: Any, declares: tuple[Any, Any]
) -> None:
    definitions = {"size": {"enum": ["s", "m"]}, "circle": {"$ref": "#/$defs/circle"}}
    found = declared({"properties": {"a": schema}, "$defs": definitions})
    assert found == {"a": DeclaredParameter(*declares, required=False)}


@pytest.mark.parametrize("schema", [{"type": "nothing"}, 3, {"$ref": "http://example.org/a"}])
def test_by_what_is_no_schema_nothing_fits(schema: Any) -> None:
    assert not is_schema(schema)
    assert not fits({}, schema)
    with pytest.raises(ValueError):
        faults({}, schema)


def test_actions_toml_has_a_schema_for_each_action(tmp_path: Path) -> None:
    file = tmp_path / "actions.toml"
    file.write_text(
        '[book]\nrequired = ["people"]\n'
        '[book.properties]\npeople = { type = "integer", minimum = 1 }\n'
    )
    book = read_schemas(file)["book"]
    assert declared(book) == {"people": DeclaredParameter("integer", (), required=True)}
    assert fits({"people": 2}, book)
    assert faults({"people": 0}, book)[0].startswith("people: 0 is less than")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("book = 3", r"\$\.book: expected a table, \[book\]"),
        ('[book]\ntype = "nothing"', r"\$\.book: no JSON schema: "),
        ('[book]\ntype = "string"', r"\$\.book: has the type 'string'; arguments are an object"),
        ("[book", r"actions\.toml:1: "),
    ],
)
def test_what_is_wrong_with_it_is_said_in_a_line_with_its_place(
    tmp_path: Path, text: str, said: str
) -> None:
    file = tmp_path / "actions.toml"
    file.write_text(text)
    with pytest.raises(SettingsError, match=said) as raised:
        read_schemas(file)
    assert "\n" not in str(raised.value)


def test_without_the_extra_nothing_is_taken_to_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jsonschema_rs", None)
    with pytest.raises(CuelineError, match=r"cueline\[schemas\]"):
        fits({"unheard": 1}, {"type": "object", "maxProperties": 17})
