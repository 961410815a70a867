"""Talk with a policy in the browser: what it decides, what would have been right, and branches."""

from __future__ import annotations

import io
import itertools
import json
import re
import urllib.request
from contextlib import redirect_stdout
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from cueline.server.command import key
from tests.server.serving import Served
from tests.test_docs_links import anchors as headings
from tests.web.conftest import ODD, serious

pytestmark = pytest.mark.slow


def talk(page: Page, served: str, *said: str) -> None:
    page.goto(served)
    for number, text in enumerate(said):
        page.get_by_label("What the user says").fill(text)
        page.get_by_role("button", name="Say", exact=True).click()
        expect(page.locator(".log > li")).to_have_count(number + 1)


def decided(page: Page) -> list[list[str]]:
    return [turn.locator(".chip").all_inner_texts() for turn in page.locator(".log > li").all()]


def call_right(panel: Locator, *actions: str) -> None:
    """Have these and no others be right, and keep that."""
    panel.get_by_text(re.compile(r"^All \d+ actions$")).click()
    for box in panel.get_by_role("checkbox").all():
        box.set_checked(False)
    for action in actions:
        panel.get_by_role("checkbox", name=action, exact=True).check()
    panel.get_by_role("button", name="Save", exact=True).click()


def exported(served: str) -> list[dict]:
    with urllib.request.urlopen(f"{served}/v1/dialogues", timeout=20) as answer:
        return [json.loads(line) for line in answer.read().splitlines()]


def test_each_decision_is_shown_with_all_its_probabilities(page: Page, served: str) -> None:
    talk(page, served, "a tea please", "well a")
    panel = page.get_by_label("Decision")
    expect(panel.get_by_role("heading", level=2)).to_have_text("Turn 1")
    assert decided(page) == [["greet", "note"], ["wait"]]
    shown = panel.locator(".bar")
    assert shown.count() == 6
    values = [float(value.split()[0]) for value in shown.locator(".value").all_inner_texts()]
    assert values == sorted(values, reverse=True)
    page.locator(".acts").first.click()
    expect(panel.get_by_role("heading", level=2)).to_have_text("Turn 0")
    on = panel.locator(".bar:has(.mark) .name").all_inner_texts()
    assert sorted(on) == ["greet decided", "note decided"]


def test_a_decision_says_why_and_what_is_new_in_the_turn(page: Page, served: str) -> None:
    page.goto(served)
    page.get_by_role("button", name="Add a feature").click()
    page.get_by_label("Feature", exact=True).fill("guets")
    page.get_by_label("Value", exact=True).fill("3")
    page.get_by_label("What the user says").fill("a zzyzx tea please")
    page.keyboard.press("Enter")
    why = page.get_by_role("region", name="Why")
    expect(why.locator("mark")).to_have_text(["zzyzx"])
    expect(why).to_contain_text("Not sure: most of what was said, or of the features")
    expect(why).to_contain_text("The policy has no feature guets; it is not looked at. Was guests")
    assert serious(page) == []


def test_what_is_not_available_is_masked_with_its_reason(page: Page, served: str) -> None:
    page.goto(served)
    page.get_by_text("All actions are available").click()
    page.get_by_label("wait", exact=True).uncheck()
    page.get_by_label("greet", exact=True).uncheck()
    page.get_by_label("What the user says").fill("a tea please")
    page.keyboard.press("Enter")
    panel = page.get_by_label("Decision")
    panel.get_by_text("2 actions masked").click()
    expect(panel.locator(".masked li")).to_have_text(
        ["greet not available at this turn", "wait not available at this turn"]
    )
    assert "greet" not in panel.locator(".bars").inner_text()


def test_features_go_with_the_turn(page: Page, served: str) -> None:
    page.goto(served)
    for name, value in (("guests", "3"), ("open", "true"), ("word", "ten"), ("several", '["a"]')):
        page.get_by_role("button", name="Add a feature").click()
        page.get_by_label("Feature", exact=True).last.fill(name)
        page.get_by_label("Value", exact=True).last.fill(value)
    page.get_by_label("What the user says").fill("with features")
    page.keyboard.press("Enter")
    expect(page.locator(".log > li")).to_have_count(1)
    turn = next(d["turns"][0] for d in exported(served) if d["turns"][0]["user"] == "with features")
    assert turn["features"] == {"guests": 3, "open": True, "word": "ten", "several": ["a"]}


def test_what_would_have_been_right_is_stored_and_gone_on_from(page: Page, served: str) -> None:
    talk(page, served, "a tea please", "to be corrected")
    panel = page.get_by_label("Decision")
    call_right(panel, "bring_tea")
    expect(page.locator(".log .corrected .chip")).to_have_text(["bring_tea"])
    page.get_by_label("What the user says").fill("and then")
    page.keyboard.press("Enter")
    expect(page.locator(".log > li")).to_have_count(3)
    turns = next(d["turns"] for d in exported(served) if d["turns"][-1]["user"] == "and then")
    assert turns[1]["actions"] == ["bring_tea"]


def test_a_branch_and_an_undo_leave_the_dialogue_as_it_was(page: Page, served: str) -> None:
    talk(page, served, "a coffee please", "well b", "first end")
    before = decided(page)
    page.get_by_role("button", name="Branch before turn 2").click()
    expect(page.locator(".log > li")).to_have_count(2)
    assert decided(page) == before[:2]
    page.get_by_role("button", name="Let it act again").click()
    expect(page.locator(".log > li")).to_have_count(3)
    expect(page.locator(".user.silent")).to_have_text("(silent)")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".log > li")).to_have_count(2)
    ends = [d["turns"][-1]["user"] for d in exported(served)]
    assert {"first end", None, "well b"} <= set(ends)


def test_whatever_is_said_is_shown_as_text(page: Page, served: str) -> None:
    talk(page, served, ODD)
    expect(page.locator(".user")).to_have_text(ODD)
    assert page.locator("main script").count() == 0


def test_the_keyboard_alone_is_enough(page: Page, served: str) -> None:
    page.goto(served)
    expect(page.get_by_label("What the user says")).to_be_visible()

    def press_until(name: str) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            if (
                page.evaluate(
                    "document.activeElement.ariaLabel || document.activeElement.innerText"
                )
                == name
            ):
                return
        raise AssertionError(f"no way to {name} by keyboard")

    press_until("What the user says")
    page.keyboard.type("a juice please")
    page.keyboard.press("Enter")
    expect(page.locator(".log > li")).to_have_count(1)
    press_until("Undo")
    page.keyboard.press("Space")
    expect(page.locator(".log > li")).to_have_count(0)


def test_switches_show_what_a_turn_still_knows(page: Page, served: str) -> None:
    talk(page, served, "a tea please", "well a", "now")
    page.get_by_role("link", name="Shapes").click()
    last = page.locator(".knowing tbody tr").last.locator("td")
    answers = page.locator(".arrays li", has_text="Dense").locator("code")
    expect(answers).to_have_text("(1, 3, 6)")
    assert float(last.first.inner_text()) > 0
    page.get_by_label("A memory from turn to turn").uncheck()
    expect(last.first).to_have_text("0")
    page.get_by_label("A memory from turn to turn").check()
    page.get_by_label("return_sequences=True").uncheck()
    expect(answers).to_have_text("(1, 6)")
    expect(page.locator(".knowing").get_by_text("not handed on")).to_have_count(2)
    expect(page.locator(".unrolled").get_by_text("not handed on")).to_have_count(2)
    assert serious(page) == []
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_text("The code is copied")).to_be_visible()
    page.goto(f"{served}/#shapes/corpus?id=3-2")
    expect(page.locator(".knowing tbody tr")).to_have_count(4)
    assert serious(page) == []


def ended(code: str) -> tuple[str, str | None]:
    """What `code` prints of its answers, and the error that it ends in."""
    told = io.StringIO()
    try:
        with redirect_stdout(told):
            exec(compile(code, "the page", "exec"), {"__name__": "__main__"})
    except ValueError as error:
        return told.getvalue(), str(error)
    return told.getvalue(), None


def test_code_to_copy_runs_and_keras_says_what_the_page_says_it_does(
    page: Page, served: str
) -> None:
    talk(page, served, "a tea please", "well a", "now")
    page.get_by_role("link", name="Shapes").click()
    answers = page.locator(".arrays li", has_text="Dense").locator("code")
    complaint, boxes = page.locator(".complaint"), page.locator(".switches [type=checkbox]")
    expect(boxes).to_have_count(4)
    for number, states in enumerate(itertools.product([True, False], repeat=4)):
        for box, state in zip(boxes.all(), states, strict=True):
            box.set_checked(state)
        batch = page.get_by_label("Dialogues in the batch")
        batch.fill(str(1 + number % 3))
        batch.press("Enter")
        printed, error = ended(page.get_by_label("In Keras").locator("pre").inner_text())
        said = complaint.inner_text() if complaint.count() else None
        assert said == (error and re.sub(r"torch\.Size\(\[(.*?)\]\)", r"(\1)", error))
        if printed:
            assert printed.startswith(f"answers: {answers.inner_text()}\n")
    anchors = headings(Path(__file__).parents[2] / "docs" / "sequences.md")
    for link in page.locator("main a[href*='sequences.md']").all():
        assert (link.get_attribute("href") or "").partition("#")[2] in anchors


def test_two_people_with_keys_of_their_own_agree_and_disagree(
    browser: Browser, café: Path, tmp_path: Path
) -> None:
    keys = tmp_path / "keys.json"
    secrets = {name: key(keys, name, ["act", "read"]) for name in ("ann", "bob")}
    options = {"store": "memory:", "keys": keys, "corpus": [café / "test.jsonl"]}
    with (
        Served(café / "policy", tmp_path / "log", **options) as server,
        browser.new_page() as ann,  # a browser itself complains of each 401
        browser.new_page() as bob,
    ):
        for page, secret in (ann, secrets["ann"]), (bob, secrets["bob"]):
            page.goto(server.url)
            for given in ("cue_wrong", secret):
                page.get_by_label("API key").fill(given)
                page.get_by_role("button", name="Go on").click()
                if given != secret:
                    expect(page.get_by_label("API key")).to_have_value("")
            expect(page.get_by_label("What the user says")).to_be_visible()
        assert bob.get_by_role("region", name="Teach").count() == 0
        for turn, his in (1, "note"), (2, "greet"):
            for page, right in (ann, "note"), (bob, his):
                page.goto(f"{server.url}/#look/corpus?id=3-1&turn={turn}")
                expect(page.locator(".look[aria-pressed=true] .at")).to_have_text(str(turn))
                call_right(page.get_by_role("region", name="Dialogue", exact=True), right)
                expect(page.get_by_text(f"Kept: {right} is right")).to_be_visible()
        expect(bob.locator(".editor")).to_contain_text("They do not agree. ann: note; bob: greet.")
        ann.goto(f"{server.url}/#look/corpus?list=turns&kind=disputed")
        expect(ann.locator(".row")).to_have_count(1)
        expect(ann.locator(".shelf")).to_contain_text(
            "ann 2, bob 2; of 2 turns that several looked at they agree on 1."
        )
        ann.goto(f"{server.url}/#look/corpus?id=3-1&turn=1")
        expect(ann.locator(".editor")).to_contain_text("ann: note; bob: note.")


def test_nothing_stands_in_the_way_of_anyone(page: Page, served: str) -> None:
    talk(page, served, "a tea please", "well a")
    assert serious(page) == []
    page.set_viewport_size({"width": 360, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
