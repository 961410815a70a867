from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cueline.policy.arguments.values import (
    as_type,
    leaves,
    same_value,
    text_form,
    value_key,
    value_type,
)

words = st.text(st.characters(codec="utf-8"), max_size=8)
plain = st.booleans() | st.integers(-(10**6), 10**6) | words
values = st.recursive(
    plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3)
)


@given(values)
def test_a_value_is_the_same_as_itself_however_it_is_written(value: object) -> None:
    assert same_value(value, value)
    assert value_key(as_type(value, value_type(value))) == value_key(value)


@given(st.integers(-(10**9), 10**9))
def test_a_number_has_one_key(number: int) -> None:
    assert value_key(number) == value_key(float(number)) == value_key(f" {number}. ")
    assert as_type(str(number), "number") == number
    assert not same_value(number, str(number))


def test_case_and_spaces_do_not_matter() -> None:
    assert same_value("New  York", "new york")
    assert same_value("İZMİR", "izmir") and same_value("STRASSE", "Straße")
    assert same_value(["A", {"b": "C"}], ["a", {"b": "c"}])
    assert not same_value(True, "true")


def test_types_are_converted_only_where_nothing_is_lost() -> None:
    assert as_type("six", "number") is None
    assert as_type("True", "boolean") is True
    assert as_type(6, "string") == "6"
    assert as_type("rice", "array") == ["rice"]
    assert as_type({"a": 1}, "array") is None


def test_ids_have_a_form() -> None:
    assert text_form("mia_li_3668") == text_form("noah_muller_98") == "a_a_9"
    assert text_form("8JX2WO") == text_form("W1") == "9A"


@given(values)
def test_leaves_are_bounded_and_begin_with_the_whole(value: object) -> None:
    found = list(leaves(value, 5))
    assert found[0] == ("", value)
    assert len(found) <= 5


def test_leaves_have_paths() -> None:
    found = list(leaves({"a": [{"n": 1}, {"n": 2}]}, 50))
    assert [one for one in found if one[0] == ".a[].n"] == [(".a[].n", 1), (".a[].n", 2)]
