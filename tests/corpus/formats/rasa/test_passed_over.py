"""One odd line does not stop a bot: it is passed over, and told with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from cueline.corpus.formats.rasa.bot import bot
from cueline.corpus.formats.rasa.passed_over import PassedOver
from cueline.corpus.formats.rasa.reader import played, read
from cueline.corpus.formats.rasa.story import Said
from cueline.dialogue import Dialogue, Feature
from cueline.errors import CorpusError
from tests.corpus.formats.rasa.test_reader import written

GOOD = "- story: good\n  steps: [{intent: a}, {action: x}]\n"
ODD_YAML = {
    "a stray scalar": ("- story: s\n  steps:\n  - intent: a\n  - 0\n", "s.yml:8: '0' is no step"),
    "an unknown key": ("- story: s\n  steps: [{acton: x}]\n", "s.yml:6: no step: acton"),
    "a second key": (
        "- story: s\n  steps: [{intent: a, action: x}]\n",
        "s.yml:6: `action` in a step with `intent`",
    ),
    "no name": ("- steps: []\n", "s.yml:5: no `story` in an item of `stories`"),
    "nothing": ("- story: s\n  steps: []\n", "s.yml:5: story `s`: nothing happens in it"),
    "an action that is a list": (
        "- story: s\n  steps: [{action: [x]}]\n",
        "s.yml:6: `action: ['x']`, which is no text",
    ),
    "a form of the wrong kind": (
        "- story: s\n  steps: [{active_loop: [x]}]\n",
        "s.yml:6: `active_loop: ['x']`, which is no text",
    ),
    "a slot that is none": (
        "- story: s\n  steps: [{slot_was_set: [[x]]}, {intent: a}]\n",
        "s.yml:6: \"['x']\" is no slot",
    ),
    "an entity that is none": (
        "- story: s\n  steps: [{intent: a, entities: [[x]]}]\n",
        "s.yml:6: \"['x']\" is no entity",
    ),
    "an `or` of actions": (
        "- story: s\n  steps: [{or: [{action: x}, {action: y}]}, {intent: a}]\n",
        "s.yml:6: an `or` of something else than intents and slots",
    ),
    "slots of a checkpoint at an end": (
        "- story: s\n  steps: [{intent: a}, {checkpoint: k, slot_was_set: [{n: v}]}]\n",
        "s.yml:5: slots of checkpoint `k`: only where a story begins do they count",
    ),
    "glue": (
        "- story: s\n  steps: [{checkpoint: k}, {checkpoint: m}]\n",
        "s.yml:5: story `s`: nothing happens in it between checkpoints, k",
    ),
    "from nowhere": (
        "- story: s\n  steps: [{checkpoint: k}, {intent: a}]\n",
        "s.yml:5: story `s`: no way comes through checkpoint `k`",
    ),
    "a closed circle": (
        "- story: s\n  steps: [{checkpoint: k}, {intent: a}, {checkpoint: k}]\n",
        "s.yml:5: story `s`: no way comes through checkpoint `k`",
    ),
    "an `or` at the end": (
        "- story: s\n  steps: [{intent: a}, {or: [{intent: a}, {intent: b}]}]\n",
        "s.yml:5: story `s`: nothing follows its last `or`, which Rasa leaves out",
    ),
}
ODD_MARKDOWN = {
    "no story yet": ("* greet\n", "s.md:1: a line before the first story, '## its name'"),
    "text": ("## a\nhello\n", "s.md:2: expected '## story', '* user', '- action'"),
    "slot": ("## a\n* b\n - slot{x}\n", 's.md:3: expected {"name": value}, not {x}'),
    "entities": ("## a\n* b{1}\n", 's.md:2: expected {"name": value}, not {1}'),
    "a form's doing": (
        "## a\n* form: b\n",
        "s.md:2: a line `form: `, of what a form did by itself",
    ),
}


def heard(said: Said) -> tuple[str, dict[str, Feature]]:
    return f"/{said.intent}", {}


def told(path: Path) -> tuple[list[Dialogue], list[str]]:
    """The dialogues of a file, and what was passed over."""
    found = bot(path)
    dialogues = list(played(found, heard, words=False))
    return dialogues, [line(one, path) for one in found.passed_over]


def line(one: PassedOver, path: Path) -> str:
    return f"{one.place} {one.what}".removeprefix(f"{path.parent}/")


@pytest.mark.parametrize("case", ODD_YAML)
def test_an_odd_line_of_yaml_is_told_and_the_rest_is_read(case: str, tmp_path: Path) -> None:
    content, message = ODD_YAML[case]
    folder = written(tmp_path, {"s.yml": f"stories:\n{GOOD}\n{content}"})
    dialogues, passed_over = told(folder / "s.yml")
    assert "good" in [dialogue.id for dialogue in dialogues]
    assert message in passed_over


@pytest.mark.parametrize("case", ODD_MARKDOWN)
def test_an_odd_line_of_markdown_is_told_and_the_rest_is_read(case: str, tmp_path: Path) -> None:
    content, message = ODD_MARKDOWN[case]
    folder = written(tmp_path, {"s.md": f"{content}\n## good\n* a\n  - x\n"})
    dialogues, passed_over = told(folder / "s.md")
    assert "good" in [dialogue.id for dialogue in dialogues]
    assert any(one.startswith(message) for one in passed_over)


@pytest.mark.parametrize("value", ["{deep: [1, {er: x}]}", "[{a: 1}]", "[]", "0", "~", "1.5"])
@pytest.mark.parametrize("kind", ["text", "list", "bool", "float", "categorical", "any", "my.Own"])
def test_a_slot_may_hold_anything(value: str, kind: str, tmp_path: Path) -> None:
    stories = (
        f"stories:\n- story: s\n  steps: [{{slot_was_set: [{{n: {value}}}]}}, {{action: x}}]\n"
    )
    domain = f"actions: [x]\nslots:\n  n: {{type: {kind}}}\n"
    folder = written(tmp_path, {"domain.yml": domain, "stories.yml": stories})
    dialogues, passed_over = told(folder)
    assert [dialogue.id for dialogue in dialogues] == ["s"]
    assert passed_over == []


def test_intents_that_nobody_has_words_for_are_told(tmp_path: Path) -> None:
    nlu = "nlu:\n- intent: b\n  examples: |\n    - hello\n"
    stories = "stories:\n- story: s\n  steps: [{intent: a}, {action: x}, {intent: b}]\n"
    folder = written(tmp_path, {"domain.yml": "actions: [x]\n", "s.yml": stories, "n.yml": nlu})
    found = bot(folder)
    (dialogue,) = played(found, lambda said: (found.examples.words(said), {}), words=True)
    assert [turn.user for turn in dialogue.turns] == ["/a", "hello"]
    what = "no examples of intent `a`: its users say `/a`"
    assert [one.what for one in found.passed_over] == [what]


def test_a_bot_of_flows_is_told_what_it_is(tmp_path: Path) -> None:
    flows = "flows:\n  pay:\n    description: pay\n    steps: [{action: utter_paid}]\n"
    folder = written(tmp_path, {"domain.yml": "actions: [utter_paid]\n", "data/flows.yml": flows})
    with pytest.raises(CorpusError, match=r"flows.yml: a CALM bot: .* stories and rules"):
        list(read(folder))
