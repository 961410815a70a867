"""Words for intents, from every form in which Rasa's examples come."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cueline.corpus import read_all
from cueline.corpus.formats.rasa.annotations import annotated, marked
from cueline.corpus.formats.rasa.story import Entity
from cueline.dialogue import Span
from tests.corpus.formats.rasa.test_reader import written

DOMAIN = "intents: [go]\nentities: [city]\nactions: [x]\nslots:\n  city: {type: text}\n"
STORIES = "stories:\n- story: s\n  steps: [{intent: go, entities: [{city: Oslo}]}, {action: x}]\n"
EXAMPLES = {
    "data/nlu.yml": "nlu:\n- intent: go\n  examples: |\n    - to [Rome](city) please\n",
    "data/listed.yml": "nlu:\n- intent: go\n  examples:\n  - text: to [Rome](city) please\n",
    "data/nlu.md": "## intent:go\n- to [Rome](city) please\n",
    "data/nlu.json": json.dumps(
        {
            "rasa_nlu_data": {
                "common_examples": [
                    {
                        "text": "to Rome please",
                        "intent": "go",
                        "entities": [{"start": 3, "end": 7, "value": "rome", "entity": "city"}],
                    }
                ]
            }
        }
    ),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_story_is_told_in_the_words_of_examples_with_its_own_values(
    name: str, tmp_path: Path
) -> None:
    files = {"domain.yml": DOMAIN, "data/stories.yml": STORIES, name: EXAMPLES[name]}
    (dialogue,) = read_all([written(tmp_path / "bot", files)])
    assert [turn.user for turn in dialogue.turns] == ["to Oslo please"]


MARKED = {
    "to [Rome](city)": ("to Rome", Entity("city", "Rome")),
    "to [Rome](city:rm)": ("to Rome", Entity("city", "rm")),
    'to [Rome]{"entity": "city", "value": "rm"}': ("to Rome", Entity("city", "rm")),
    'to [R]{"entity": "city", "role": "to", "group": "1"}': (
        "to R",
        Entity("city", "R", "to", "1"),
    ),
    "[1] to Rome": ("[1] to Rome",),
    "[a](b](c)": ("[a](b](c)",),
    'to [R][{"entity": "city"}, {"entity": "iata", "value": "ROM"}]': (
        "to R",
        Entity("city", "R"),
        Entity("iata", "ROM"),
    ),
}


@pytest.mark.parametrize("text", MARKED)
def test_marks_are_taken_out_of_a_text(text: str) -> None:
    words, *entities = MARKED[text]
    assert annotated(text) == (words, tuple(entities))
    assert marked(text)[0] == words


SPANS = {
    "to [Rome](city)": [Span(3, 7, "city")],
    "to [Rome](city:rm)": [Span(3, 7, "city", "rm")],
    'to [R]{"entity": "city", "role": "to", "group": "1"}': [Span(3, 4, "city#to#1")],
    '[NYC]{"entity": "city", "value": "New York"}!': [Span(0, 3, "city", "New York")],
    "[1] to [Rome](city)": [Span(7, 11, "city")],
}


@pytest.mark.parametrize("text", SPANS)
def test_marks_are_spans(text: str) -> None:
    assert marked(text)[1] == tuple(SPANS[text])


@given(st.lists(st.tuples(st.text("ab é", max_size=4), st.text("xyz", min_size=1, max_size=4))))
def test_spans_cover_their_words(parts: list[tuple[str, str]]) -> None:
    text = "".join(f"{before}[{words}](city)" for before, words in parts)
    said, spans = marked(text)
    assert said == "".join(before + words for before, words in parts)
    assert [said[one.start : one.end] for one in spans] == [words for _, words in parts]
    values = {("city",): "somewhere else"}
    said, spans = marked(text, values)
    assert [said[one.start : one.end] for one in spans] == ["somewhere else"] * len(parts)
    assert all(one.value is None for one in spans)
