"""What was heard and from where arguments were copied, in the file that an evaluation writes."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from cueline.dialogue import Dialogue, Span, Turn
from cueline.evaluation.report import report_on
from cueline.evaluation.scored_corpus import ScoredCorpus
from cueline.policy import Policy
from cueline.policy.arguments.argument_model import ArgumentModel
from cueline.policy.arguments.candidates import ActionParameter, Source
from cueline.web.html_file import write
from tests.policies import ACTIONS, WORDS
from tests.web.conftest import ODD, serious
from tests.web.test_words_view import talking

pytestmark = pytest.mark.slow

SAID = f"{ODD} <b>in</b> paris"
RIGHT = "<i>Rome</i>"


def heard(policy: Policy) -> tuple[Span, ...]:
    return policy.decide(Dialogue("d", (Turn(SAID),)))[0].spans


@pytest.fixture(scope="module")
def policy() -> Policy:
    """One that hears something in `SAID`, and calls every action with the first thing heard."""
    hearing = next(one for one in map(talking, range(40)) if 0 < len(heard(one)) < 4)
    source = Source("slot", heard(hearing)[0].label)
    needed = [
        ActionParameter(action, name, kind, True, sources)
        for action in ACTIONS
        for name, kind, sources in (("where", "string", (source,)), ("who", "boolean", ()))
    ]
    return hearing.with_words(hearing.tagger, ArgumentModel(tuple(needed), {}))


@pytest.fixture(scope="module")
def dialogue(policy: Policy) -> Dialogue:
    """The first turn has a span that is missed; at the second an action is called rightly."""
    where = SAID.index("paris")
    first = Turn(SAID, actions=("ask",), spans=(heard(policy)[0], Span(where, where + 5, "town")))
    for text in (None, *WORDS):
        decision = policy.decide(Dialogue("d", (first, Turn(text))))[1]
        if (actions := decision.actions) and not decision.spans:
            called = {actions[0]: ({"where": RIGHT, "how": "now"},)}
            return Dialogue("said", (first, Turn(text, actions=actions, arguments=called)))
    raise AssertionError("nothing is ever done")


@pytest.fixture(scope="module")
def written(policy: Policy, dialogue: Dialogue, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Where the file is."""
    path = tmp_path_factory.mktemp("file") / "report.html"
    scored = ScoredCorpus.of(policy, [dialogue])
    write(path, scored, report_on(scored))
    return path.as_uri()


def test_what_was_heard_is_marked_in_words_too(page: Page, policy: Policy, written: str) -> None:
    page.goto(f"{written}#look/corpus?id=said&turn=0")
    words = page.locator(".turn .words").first
    first = heard(policy)[0]
    mark = words.locator("mark").filter(has_text=first.label).first
    expect(mark).to_contain_text(SAID[first.start : first.end].split()[0])
    expect(words.locator("mark.missed, mark.wrong").first).to_be_visible()
    text = words.evaluate(
        "node => [...node.childNodes].map(one => one.firstChild ? one.firstChild.data : one.data)"
        ".join('')"
    )
    assert text == SAID
    assert page.locator("main script, main b, main i").count() == 0
    assert serious(page) == []


def test_each_argument_says_where_it_was_copied_from_and_what_is_right(
    page: Page, policy: Policy, dialogue: Dialogue, written: str
) -> None:
    page.goto(f"{written}#look/corpus?id=said&turn=1")
    action = next(iter(dialogue.turns[1].arguments))
    table = page.get_by_role("region", name=f"Arguments of {action}")
    rows = table.locator("tbody tr")
    expect(rows.locator("th")).to_have_text(["where", "who", "how"])
    label = heard(policy)[0].label
    expect(rows.nth(0)).to_contain_text(f"what was last named as {label}, at turn 0")
    expect(rows.nth(0).locator("td").last).to_have_text(RIGHT)
    expect(rows.nth(1)).to_contain_text("missing: needed, and found nowhere")
    expect(rows.nth(2).locator("td").last).to_have_text("now")
    expect(page.locator(".look").last).to_contain_text(f"call of {action} wrong")
    expect(page.locator(".turn").first).to_contain_text("where of turn 1 is copied from here")
    assert page.locator("main script, main b, main i").count() == 0
    assert serious(page) == []
    table.get_by_role("button", name="at turn 0").click()
    expect(page.locator(".look[aria-pressed=true] .at")).to_have_text("0")


def test_the_figures_have_their_intervals_and_their_labels(page: Page, written: str) -> None:
    page.goto(f"{written}#judge")
    card = page.get_by_role("region", name="Words and calls", exact=True)
    names = ["span F1", "all slots right", "right arguments", "right calls"]
    expect(card.get_by_role("region").first.locator("tbody th")).to_have_text(names)
    expect(card.get_by_role("row", name="right calls")).to_contain_text("0.0 % to 0.0 %")
    card.get_by_text("Spans by label").click()
    expect(card.get_by_role("row", name="town 1 0 – 0.0 %")).to_be_visible()
    assert serious(page) == []
