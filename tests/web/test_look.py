"""Look through thousands of dialogues in the browser, and into one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from cueline.corpus.formats import jsonl
from cueline.dialogue import Dialogue, Turn
from cueline.policy import Policy
from cueline.rules.grammar import parse
from tests.evaluation.conftest import ordering
from tests.rules.drawn import keeping
from tests.server.serving import Served
from tests.web.conftest import ODD, serious

MANY = 2_000

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def served(café_policy: Policy, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """In front of many dialogues, the first with odd words at a turn that cannot be right."""
    folder = tmp_path_factory.mktemp("look")
    keeping(café_policy, [parse("greet never twice")]).save(folder / "policy")
    turns = (*ordering(1, seed=9)[0].turns[:3], Turn(ODD, actions=("wave",)))
    jsonl.write(folder / "many.jsonl", [Dialogue("odd", turns), *ordering(MANY - 1, seed=5)])
    options = {"store": "memory:", "corpus": [folder / "many.jsonl"]}
    with Served(folder / "policy", folder / "log", **options) as server:
        yield server.url


def look(page: Page, served: str, kind: str = "") -> None:
    page.goto(f"{served}/#look")
    expect(page.locator(".row").first).to_contain_text("turns")
    if kind:
        page.get_by_label("Show").select_option(kind)


def test_a_failure_is_found_and_looked_into(page: Page, served: str) -> None:
    look(page, served, "wrong")
    row = page.locator(".row").first
    expect(row).to_contain_text("wrong, first at 3")
    row.click()
    turn = page.locator(".turn.wrong")
    expect(turn.locator(".pair").last).to_have_text("right wave")
    expect(turn.locator(".words")).to_have_text(ODD)
    assert page.locator("main script").count() == 0
    assert page.evaluate("location.hash") == "#look/corpus?kind=wrong&id=odd&turn=3"
    page.locator(".turn .look").nth(1).click()
    expect(page.get_by_text("Earlier turns that matter")).to_be_visible()
    expect(page.locator(".matters")).to_contain_text("for turn 1")
    page.reload()
    expect(page.locator(".look[aria-pressed=true] .at")).to_have_text("1")


def test_what_training_did_at_the_same_turn_is_counted(page: Page, served: str) -> None:
    page.goto(f"{served}/#look/corpus?id=5-0&turn=3")
    last = page.locator(".details")
    ends = Counter(dialogue.turns[3].actions[0] for dialogue in ordering(60, seed=1))
    often = sorted(ends.items(), key=lambda pair: (-pair[1], pair[0]))
    told = ", ".join(f"{times} × {name}" for name, times in often)
    expect(last).to_contain_text(f"Seen 60 times in training: {told}.")
    expect(last).to_contain_text("After the same last")
    page.locator(".turn .look").nth(1).click()
    expect(page.locator(".details")).to_contain_text("times in training, then always wait.")
    page.goto(f"{served}/#look/corpus?id=odd&turn=3")
    expect(page.get_by_text("Training has seen no such turn")).to_be_visible()


def test_what_was_masked_is_told_with_the_rule_that_did(page: Page, served: str) -> None:
    page.goto(f"{served}/#look/corpus?id=5-0&turn=3")
    page.get_by_text("3 actions masked").click()
    absent = [f"{name} not available at this turn" for name in ("greet", "note", "wait")]
    expect(page.locator(".masked li")).to_have_text(absent)
    page.locator(".turn .look").nth(1).click()
    page.get_by_text("1 action masked").click()
    expect(page.locator(".masked li")).to_have_text("greet never twice")
    assert serious(page) == []
    page.locator(".turn .look").first.click()
    expect(page.locator(".masked")).to_have_count(0)


def test_of_thousands_of_dialogues_only_what_is_seen_is_there(page: Page, served: str) -> None:
    sizes: list[int] = []
    page.on("response", lambda answer: sizes.append(len(answer.body())))
    look(page, served)
    listed = page.get_by_role("listbox", name="Dialogues")
    for _ in range(3):
        assert page.locator(".row").count() < 40
        listed.evaluate("node => node.scrollTop = Math.random() * node.scrollHeight")
        expect(page.locator(".row").last).to_contain_text("turns")
    listed.evaluate("node => node.scrollTop = node.scrollHeight")
    expect(page.locator(f".row[aria-posinset='{MANY}']")).to_contain_text(f"5-{MANY - 2}")
    assert max(sizes) < 100_000


def test_a_list_is_walked_and_opened_by_keyboard(page: Page, served: str) -> None:
    look(page, served)
    listed = page.get_by_role("listbox", name="Dialogues")
    listed.focus()
    for key in ("End", "ArrowUp", "Home", "PageDown", "ArrowDown"):
        page.keyboard.press(key)
    active = page.locator(".row.active")
    expect(active).to_contain_text("turns")
    assert listed.get_attribute("aria-activedescendant") == active.get_attribute("id")
    name = active.locator(".quiet").inner_text().split(" ")[0]
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=name)).to_be_visible()


def test_what_is_found_is_what_was_looked_for(page: Page, served: str) -> None:
    look(page, served)
    page.get_by_label("Find").fill("مرحبا")
    expect(page.get_by_text("1 dialogue of 2,000")).to_be_visible()
    page.get_by_label("Find").fill("")
    page.get_by_label("Action").select_option("wave")
    expect(page.get_by_text("1 dialogue of 2,000")).to_be_visible()
    expect(page.locator(".row")).to_have_count(1)


def test_live_dialogues_are_looked_at_too(page: Page, served: str) -> None:
    page.goto(f"{served}/#look/live")
    expect(page.get_by_text("There is no live dialogue yet")).to_be_visible()
    page.get_by_role("link", name="Talk").click()
    page.get_by_label("What the user says").fill("a tea please")
    page.keyboard.press("Enter")
    expect(page.locator(".log > li")).to_have_count(1)
    page.goto(f"{served}/#look/live")
    page.locator(".row").click()
    expect(page.locator(".turn .words")).to_have_text("a tea please")


def test_nothing_stands_in_the_way_of_anyone(page: Page, served: str) -> None:
    look(page, served, "wrong")
    page.locator(".row").first.click()
    expect(page.locator(".turn.wrong")).to_be_visible()
    assert serious(page) == []
    page.set_viewport_size({"width": 360, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_path_of_actions_is_followed_on_the_map(page: Page, served: str) -> None:
    page.goto(f"{served}/#map")
    expect(page.get_by_text("2,000 dialogues, from their first turn")).to_be_visible()
    page.get_by_role("link", name="Follow greet + note").focus()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Follow wait").click()
    expect(page.get_by_text("2,000 of 2,000 dialogues go this way")).to_be_visible()
    page.get_by_role("link", name="Begin at bring_tea").first.click()
    expect(page.get_by_text("go this way somewhere")).to_be_visible()
    page.get_by_text("In numbers").click()
    expect(page.get_by_role("row", name="bring_tea (over)")).to_be_visible()
    assert serious(page) == []
    page.get_by_role("link", name="From the beginning").click()
    page.get_by_label("Rare below").fill("1999")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Turns of (others)").first.focus()
    expect(page.get_by_text("(others): ")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="a way on the map")).to_be_visible()
    expect(page.locator(".row").first).to_contain_text("right: wave")
