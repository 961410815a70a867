from __future__ import annotations

import math
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cueline.corpus.formats import jsonl
from cueline.dialogue import Dialogue, Span, Turn
from cueline.errors import CorpusError, Place
from tests.corpus.damage import damaged, read_bytes, recognised, refusal, survives, until_error

text = st.text(st.characters(codec="utf-8"), max_size=12)
names = text.filter(bool)
numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
vectors = st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=3)
features = (
    st.booleans() | numbers | text | st.lists(text, max_size=3).map(tuple) | vectors.map(tuple)
)
action_lists = st.lists(names, max_size=3).map(tuple)
json_values = st.recursive(
    st.none() | st.booleans() | numbers | text,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(text, inner, max_size=2),
    max_leaves=5,
)
json_objects = st.dictionaries(text, json_values, max_size=2)


@st.composite
def spans(draw: st.DrawFn, length: int) -> tuple[Span, ...]:
    """Spans of a text of `length` characters."""
    starts = draw(st.lists(st.integers(0, length - 1), max_size=2)) if length else []
    ends = [draw(st.integers(start + 1, length)) for start in starts]
    values = st.none() | st.booleans() | numbers | text
    return tuple(
        Span(start, end, draw(names), draw(values)) for start, end in zip(starts, ends, strict=True)
    )


@st.composite
def drawn_turns(draw: st.DrawFn) -> Turn:
    user, actions = draw(st.none() | text), draw(action_lists)
    called = draw(st.sets(st.sampled_from(actions))) if actions else set()
    calls = st.lists(json_objects, min_size=1, max_size=2).map(tuple)
    return Turn(
        user=user,
        features=draw(st.dictionaries(text, features, max_size=3)),
        available=draw(st.none() | action_lists),
        actions=actions,
        system=draw(st.none() | text),
        spans=draw(spans(len(user or ""))),
        arguments={action: draw(calls) for action in sorted(called)},
        results=draw(
            st.dictionaries(names, st.lists(json_values, max_size=2).map(tuple), max_size=1)
        ),
    )


turns = drawn_turns()
dialogues = st.builds(
    Dialogue,
    id=names,
    turns=st.lists(turns, min_size=1, max_size=4).map(tuple),
    meta=st.dictionaries(text, json_values, max_size=2),
)

GOOD = b"""\
{"id": "d1", "turns": [{"user": "hi", "actions": ["no"], "system": "No.", "features": {"n": 3}}]}
{"id": "d2", "turns": [{"user": null, "actions": [], "available": ["no"]}], "meta": {"source": "x"}}
"""


@given(st.lists(dialogues, max_size=3))
def test_what_is_written_is_read_again(corpus: list[Dialogue]) -> None:
    content = b"".join(jsonl.encode(dialogue) + b"\n" for dialogue in corpus)
    assert read_bytes(jsonl, content, "d.jsonl") == corpus


@given(dialogues)
def test_the_type_of_a_feature_survives(dialogue: Dialogue) -> None:
    (again,) = read_bytes(jsonl, jsonl.encode(dialogue), "d.jsonl")
    for turn, same in zip(dialogue.turns, again.turns, strict=True):
        assert [type(v) for v in turn.features.values()] == [
            type(v) for v in same.features.values()
        ]


def test_a_written_file_is_whole_or_not_there(tmp_path: Path) -> None:
    good = Dialogue("d", (Turn("hi", actions=()),))
    path = tmp_path / "new" / "d.jsonl"
    assert jsonl.write(path, [good, good]) == 2
    assert list(jsonl.read(path)) == [good, good]
    with pytest.raises(CorpusError):
        jsonl.write(path, [good, Dialogue("live", (Turn("hi"),))])
    assert list(jsonl.read(path)) == [good, good]
    assert [file.name for file in path.parent.iterdir()] == ["d.jsonl"]


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_number_that_json_cannot_hold_is_refused(number: float) -> None:
    with pytest.raises(CorpusError, match=r"the feature 'n' is not a finite number"):
        Turn("hi", {"n": number}, actions=())


def test_keys_left_out_have_their_default() -> None:
    (dialogue,) = read_bytes(
        jsonl, b'{"id": "d", "turns": [{"user": "a", "actions": []}]}', "d.jsonl"
    )
    assert dialogue == Dialogue("d", (Turn("a", {}, None, (), None),), {})


@pytest.mark.parametrize("content", [b"\xef\xbb\xbf" + GOOD, GOOD.replace(b"\n", b"\r\n\r\n")])
def test_marks_and_line_ends_of_other_systems_are_no_matter(content: bytes) -> None:
    assert read_bytes(jsonl, content, "d.jsonl") == read_bytes(jsonl, GOOD, "d.jsonl")


def test_the_first_dialogue_comes_before_the_end_is_read(tmp_path: Path) -> None:
    path = tmp_path / "d.jsonl"
    path.write_bytes(GOOD + b"broken")
    count, error = until_error(jsonl.read(path))
    assert count == 2
    assert "d.jsonl:3: " in str(error)


def one(turn: str) -> bytes:
    return b'{"id": "d", "turns": [' + turn.encode() + b"]}"


BAD = {
    "broken JSON": (b'{"id": "d", "turns": [}]}', r"d.jsonl:1: JSON is malformed: .*\(byte 22\).*"),
    "cut off": (GOOD[:40], r"d.jsonl:1: Input data was truncated.*"),
    "not an object": (b"[1]", r"d.jsonl:1: \$: Expected `object`, got `array`"),
    "wrong type": (
        one('{"user": 3, "actions": []}'),
        r"d.jsonl:1: \$\.turns\[0\]\.user: Expected `str \|.*",
    ),
    "unknown key": (
        one('{"user": "a", "acton": []}'),
        r"d.jsonl:1: \$\.turns\[0\]: .*unknown.*`acton`.*",
    ),
    "no actions": (
        one('{"user": "a"}'),
        r"d.jsonl:1: \$\.turns\[0\]: .*missing required field `actions`.*",
    ),
    "no user": (
        one('{"actions": []}'),
        r"d.jsonl:1: \$\.turns\[0\]: .*missing required field `user`.*",
    ),
    "null actions": (
        one('{"user": "a", "actions": null}'),
        r"d.jsonl:1: \$\.turns\[0\]: .*missing required field `actions`.*",
    ),
    "empty action": (
        one('{"user": "a", "actions": [""]}'),
        r"d.jsonl:1: \$\.turns\[0\]\.actions\[0\]: .*>= 1",
    ),
    "null feature": (
        one('{"user": "a", "actions": [], "features": {"n": null}}'),
        r"d.jsonl:1: \$\.turns\[0\]\.features.*got `null`",
    ),
    "empty turns": (b'{"id": "d", "turns": []}', r"d.jsonl:1: \$\.turns: .*length >= 1.*"),
    "empty id": (b'{"id": "", "turns": []}', r"d.jsonl:1: \$\.id: .*"),
    "second line": (
        GOOD.splitlines()[0] + b"\n\n{}",
        r"d.jsonl:3: .*missing required field `id`.*",
    ),
    "not UTF-8": (
        one('{"user": "~"}').replace(b"~", b"\xff"),
        r"d.jsonl:1: not UTF-8 at byte 32; save.*",
    ),
    "too deep": (b'{"id": "d", "meta": {"a": ' + b"[" * 9999, r"d.jsonl:1: nested too deeply.*"),
    "integer too large": (
        one('{"user": "a", "actions": [], "features": {"n": %s}}' % ("1" * 400)),
        r"d.jsonl:1: \$\.turns\[0\]: the feature 'n' is not a finite number.*",
    ),
    "number too large": (b'{"id": "d", "meta": {"a": 1e999}}', r"d.jsonl:1: .*out of range.*"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_named_with_its_place(case: str) -> None:
    content, message = BAD[case]
    assert re.fullmatch(message, refusal(jsonl, content, "d.jsonl"))


def test_a_turn_by_itself_needs_no_actions() -> None:
    place = Place("stdin", 4)
    assert jsonl.read_turn(b'{"user": "a"}', place) == Turn("a")
    with pytest.raises(CorpusError, match=r"^stdin:4: \$\.user: Expected `str \| null`"):
        jsonl.read_turn(b'{"user": 1}', place)


@settings(max_examples=300)
@given(damaged(GOOD))
def test_damage_is_read_or_refused(content: bytes) -> None:
    survives(jsonl, content, "d.jsonl")


@pytest.mark.parametrize(
    "content",
    [
        GOOD,
        b'{"id": "d", "turns": []}',
        b'\xef\xbb\xbf\n{"id": "d", "turns": []}',
        b'{"id": "d", "turns": [{"usr": "a", "actions": []}]}',
        b'{"id": "d", "turns": 3}',
        b'{"id": "d", "truns": [{"user": "a", "actions": []}]}',
    ],
)
def test_it_is_recognised_by_its_turns_also_where_a_key_is_misspelt(content: bytes) -> None:
    assert recognised(jsonl, content)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{}",
        b'{"id": "d"}',
        b'{"messages": []}',
        b'{"tool": {"turns": {}}}',
        b'{"id": "d", "turns": [{"speaker": "a", "text": "b"}]}',
        b"1 a\tb",
        b"\xff\xfe{\x00",
    ],
)
def test_other_formats_are_not_taken_for_it(content: bytes) -> None:
    assert not recognised(jsonl, content)
