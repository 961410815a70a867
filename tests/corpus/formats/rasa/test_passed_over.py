"""One odd line does not stop a bot: it is passed over, and told with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from cueline.corpus.account import Account
from cueline.corpus.formats.rasa.bot import bot
from cueline.corpus.formats.rasa.reader import played, read
from cueline.corpus.formats.rasa.story import UserUttered
from cueline.dialogue import Feature, Span
from cueline.errors import CorpusError
from tests.corpus.formats.rasa.test_reader import written

GOOD = "- story: good\n  steps: [{intent: a}, {action: x}]\n"
ODD_YAML = {
    "a stray scalar": ("- story: s\n  steps:\n  - intent: a\n  - 0\n", "s.yml:8: `0`", "steps"),
    "an unknown key": ("- story: s\n  steps: [{acton: x}]\n", "s.yml:6: `acton`", "steps"),
    "a second key": (
        "- story: s\n  steps: [{intent: a, action: x}]\n",
        "s.yml:6: `action` beside `intent`",
        "keys of steps",
    ),
    "no name": ("- steps: []\n", "s.yml:5", "stories without a name, `story`"),
    "nothing": ("- story: s\n  steps: []\n", "s.yml:5: `s`", "stories in which nothing happens"),
    "an action that is a list": (
        "- story: s\n  steps: [{action: [x]}]\n",
        "s.yml:6: `action: ['x']`",
        "steps",
    ),
    "a form of the wrong kind": (
        "- story: s\n  steps: [{active_loop: [x]}]\n",
        "s.yml:6: `active_loop: ['x']`",
        "steps",
    ),
    "a slot that is none": (
        "- story: s\n  steps: [{slot_was_set: [[x]]}, {intent: a}]\n",
        "s.yml:6: `['x']`",
        "slots that are none",
    ),
    "an entity that is none": (
        "- story: s\n  steps: [{intent: a, entities: [[x]]}]\n",
        "s.yml:6: `['x']`",
        "entities that are none",
    ),
    "an `or` of actions": (
        "- story: s\n  steps: [{or: [{action: x}, {action: y}]}, {intent: a}]\n",
        "s.yml:6",
        "an `or` of something else",
    ),
    "slots of a checkpoint at an end": (
        "- story: s\n  steps: [{intent: a}, {checkpoint: k, slot_was_set: [{n: v}]}]\n",
        "s.yml:5: `s`",
        "slots of checkpoints that no story begins with",
    ),
    "glue": (
        "- story: s\n  steps: [{checkpoint: k}, {checkpoint: m}]\n",
        "s.yml:5: `s`",
        "stories in which nothing happens, also where checkpoints stand in them",
    ),
    "from nowhere": (
        "- story: s\n  steps: [{checkpoint: k}, {intent: a}]\n",
        "s.yml:5: `s`",
        "parts of stories: no way comes through checkpoint `k`",
    ),
    "a closed circle": (
        "- story: s\n  steps: [{checkpoint: k}, {intent: a}, {checkpoint: k}]\n",
        "s.yml:5: `s`",
        "parts of stories: no way comes through checkpoint `k`",
    ),
    "an `or` at the end": (
        "- story: s\n  steps: [{intent: a}, {or: [{intent: a}, {intent: b}]}]\n",
        "s.yml:5: `s`",
        "stories that end with an `or`",
    ),
}
ODD_MARKDOWN = {
    "no story yet": ("* greet\n", "s.md:1", "lines before the first story, '## its name'"),
    "text": ("## a\nhello\n", "s.md:2", "lines that are no '## story', '* user', '- action'"),
    "slot": ("## a\n* b\n - slot{x}\n", "s.md:3", "braces that are no JSON"),
    "entities": ("## a\n* b{1}\n", "s.md:2", "braces that are no JSON"),
    "a form's doing": ("## a\n* form: b\n", "s.md:2", "lines `form: `, of what a form did"),
}


def heard(said: UserUttered) -> tuple[str, dict[str, Feature], tuple[Span, ...]]:
    return f"/{said.intent}", {}, ()


def told(path: Path) -> tuple[list[str], dict[str, list[str]]]:
    """The names of the dialogues of a file; the places of what was left out, by what it was."""
    account = Account()
    names = [dialogue.id for dialogue in played(bot(path, account), heard, words=False)]
    left_out = {
        what: [place.removeprefix(f"{path.parent}/") for place in tally.places]
        for what, tally in account.left_out.items()
    }
    return names, left_out


def has(left_out: dict[str, list[str]], what: str, place: str) -> bool:
    return any(one.startswith(what) and place in places for one, places in left_out.items())


@pytest.mark.parametrize("case", ODD_YAML)
def test_an_odd_line_of_yaml_is_told_and_the_rest_is_read(case: str, tmp_path: Path) -> None:
    content, place, what = ODD_YAML[case]
    folder = written(tmp_path, {"s.yml": f"stories:\n{GOOD}\n{content}"})
    names, left_out = told(folder / "s.yml")
    assert "good" in names
    assert has(left_out, what, place), left_out


@pytest.mark.parametrize("case", ODD_MARKDOWN)
def test_an_odd_line_of_markdown_is_told_and_the_rest_is_read(case: str, tmp_path: Path) -> None:
    content, place, what = ODD_MARKDOWN[case]
    folder = written(tmp_path, {"s.md": f"{content}\n## good\n* a\n  - x\n"})
    names, left_out = told(folder / "s.md")
    assert "good" in names
    assert has(left_out, what, place), left_out


@pytest.mark.parametrize("value", ["{deep: [1, {er: x}]}", "[{a: 1}]", "[]", "0", "~", "1.5"])
@pytest.mark.parametrize("kind", ["text", "list", "bool", "float", "categorical", "any", "my.Own"])
def test_a_slot_may_hold_anything(value: str, kind: str, tmp_path: Path) -> None:
    stories = (
        f"stories:\n- story: s\n  steps: [{{slot_was_set: [{{n: {value}}}]}}, {{action: x}}]\n"
    )
    domain = f"actions: [x]\nslots:\n  n: {{type: {kind}}}\n"
    folder = written(tmp_path, {"domain.yml": domain, "stories.yml": stories})
    assert told(folder) == (["s"], {})


def test_intents_that_nobody_has_words_for_are_told(tmp_path: Path) -> None:
    nlu = "nlu:\n- intent: b\n  examples: |\n    - hello\n"
    stories = "stories:\n- story: s\n  steps: [{intent: a}, {action: x}, {intent: b}]\n"
    folder = written(tmp_path, {"domain.yml": "actions: [x]\n", "s.yml": stories, "n.yml": nlu})
    account = Account()
    (dialogue,) = read(folder, account)
    assert [turn.user for turn in dialogue.turns] == ["/a", "hello"]
    (what,) = account.left_out
    assert what == "intents without examples: their users say `/intent`"
    assert account.left_out[what].places == [f"{folder}: `a`"]


def test_a_bot_of_flows_is_told_what_it_is(tmp_path: Path) -> None:
    flows = "flows:\n  pay:\n    description: pay\n    steps: [{action: utter_paid}]\n"
    folder = written(tmp_path, {"domain.yml": "actions: [utter_paid]\n", "data/flows.yml": flows})
    with pytest.raises(CorpusError, match=r"flows.yml: a CALM bot: .* stories and rules"):
        list(read(folder))
