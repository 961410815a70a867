"""Files of Rasa bots that are malformed or damaged: read, or refused in one line."""

from __future__ import annotations

import pytest
from hypothesis import given

from cueline.corpus.formats.rasa import reader as rasa
from tests.corpus.damage import damaged, refusal, survives
from tests.corpus.formats.rasa.test_reader import BOT, MARKDOWN

BAD = {
    "indentation": ("stories:\n- story: a\n steps: b\n", "s.yml:3: "),
    "tab": ("stories:\n\t- story: a\n", "s.yml:2: found character that cannot start any token"),
    "a tag": ("stories: !!python/object:os.system x\n", "s.yml:1: could not determine"),
    "a list": ("- stories:\n", "s.yml:1: expected keys such as `stories:` at the top"),
    "no name": (
        "stories:\n- steps: []\n",
        "s.yml:2: $.stories[0]: Object missing required field `story`",
    ),
    "unknown step": (
        "stories:\n- story: a\n  steps:\n  - intent: b\n  - acton: c\n",
        "s.yml:5: $.stories[0].steps[1]: Object contains unknown field `acton`",
    ),
    "a form of the wrong kind": (
        "rules:\n- rule: a\n  steps:\n  - active_loop: [x]\n",
        "s.yml:4: $.rules[0].steps[0].active_loop: Expected `str | null`, got `array`",
    ),
    "itself": ("stories: &a\n- *a\n", "s.yml:1: "),
    "too deep": ("stories: " + "[" * 3_000, "s.yml:"),
    "a bad byte": ("stories:\n- story: \x01\n", "s.yml"),
}
BAD_MARKDOWN = {
    "no story": ("* greet\n", "s.md:1: a story begins with '## its name'"),
    "text": ("## a\nhello\n", "s.md:2: expected '## story', '* user', '- action'"),
    "slot": ("## a\n* b\n - slot{x}\n", 's.md:3: expected {"name": value}, not {x}'),
    "entities": ("## a\n* b{1}\n", 's.md:2: expected {"name": value}, not {1}'),
}


@pytest.mark.parametrize("case", BAD)
def test_malformed_yaml_is_refused_with_the_line(case: str) -> None:
    content, message = BAD[case]
    assert refusal(rasa, content.encode(), "s.yml").startswith(message)


@pytest.mark.parametrize("case", BAD_MARKDOWN)
def test_malformed_markdown_is_refused_with_the_line(case: str) -> None:
    content, message = BAD_MARKDOWN[case]
    assert refusal(rasa, content.encode(), "s.md").startswith(message)


@given(damaged(BAD["unknown step"][0].replace("acton", "action").encode()))
def test_damaged_yaml_is_read_or_refused(content: bytes) -> None:
    survives(rasa, content, "s.yml")


@given(damaged(MARKDOWN.encode()))
def test_damaged_markdown_is_read_or_refused(content: bytes) -> None:
    survives(rasa, content, "s.md")


@given(damaged((BOT["domain.yml"] + BOT["data/nlu.yml"] + BOT["data/stories.yml"][15:]).encode()))
def test_a_damaged_bot_is_read_or_refused(content: bytes) -> None:
    survives(rasa, content, "s.yml")
