"""An error is corrected where it is seen: in the corpus, live, turn after turn by keys alone."""

from __future__ import annotations

import itertools
import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from cueline.corpus.formats import jsonl
from cueline.policy import Policy
from tests.evaluation.conftest import ordering
from tests.server.serving import Served
from tests.web.conftest import serious
from tests.web.test_talk import call_right, talk

pytestmark = pytest.mark.slow


@pytest.fixture
def served(café_policy: Policy, tmp_path: Path) -> Iterator[str]:
    """In front of dialogues in which every third is like another."""
    café_policy.save(tmp_path / "policy")
    jsonl.write(tmp_path / "many.jsonl", ordering(60, seed=5))
    options = {"store": "memory:", "corpus": [tmp_path / "many.jsonl"], "teach": True}
    with Served(tmp_path / "policy", tmp_path / "log", **options) as server:
        yield server.url


def asked(served: str, path: str) -> dict:
    with urllib.request.urlopen(f"{served}{path}", timeout=20) as answer:
        return json.loads(answer.read())


def said(served: str) -> list[tuple[str, int, tuple[str, ...]]]:
    rows = asked(served, "/v1/corrections")["rows"]
    return sorted((row["id"], row["turn"], tuple(row["actions"])) for row in rows)


def test_wrong_turns_are_corrected_by_keys_alone(page: Page, served: str) -> None:
    """Two keys a turn: a set, and on to the next, which was asked for before and once."""
    read: list[str] = []
    page.on("request", lambda one: read.append(one.url) if "/dialogue?" in one.url else None)
    page.goto(f"{served}/#look/corpus?list=turns&kind=wrong&open=true")
    expect(page.locator(".row").first).to_be_visible()
    rows = asked(served, "/v1/browse/corpus/turns?kind=wrong")["rows"][:5]
    page.get_by_role("listbox", name="Turns").focus()
    page.keyboard.press("Enter")
    for number, row in enumerate(rows):
        expect(page.locator(".reader h2")).to_have_text(row["id"])
        assert len(read) == len(set(read)) == number + 2
        chosen = page.locator(".sets button", has_text=row["expected"][0]).first
        page.keyboard.press(chosen.locator("kbd").inner_text())
        page.keyboard.press("n")
    expect(page.locator(".reader h2")).not_to_have_text(rows[-1]["id"])
    assert said(served) == sorted((r["id"], r["turn"], tuple(r["expected"])) for r in rows)
    expect(page.locator(".badge.confirmed")).to_have_count(5)
    expect(page.locator(".shelf")).to_contain_text("5 just now.")
    page.keyboard.press("k")
    expect(page.locator(".reader h2")).to_have_text(rows[-1]["id"])
    expect(page.locator(".editor")).to_contain_text(f"someone: {rows[-1]['expected'][0]}.")
    page.keyboard.press("u")
    expect(page.get_by_text("Nobody has looked at it yet")).to_be_visible()
    assert len(said(served)) == 4


def test_a_key_pressed_too_often_does_nothing_to_the_next_turn(page: Page, served: str) -> None:
    page.goto(f"{served}/#look/corpus?list=turns&kind=wrong&open=true")
    expect(page.locator(".row").first).to_be_visible()
    rows = asked(served, "/v1/browse/corpus/turns?kind=wrong")["rows"]
    page.get_by_role("listbox", name="Turns").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".reader h2")).to_have_text(rows[0]["id"])
    page.evaluate(
        """() => {
          const editor = document.querySelector(".editor");
          for (let i = 0; i < 5; i++) {
            editor.dispatchEvent(new KeyboardEvent("keydown", { key: "n", bubbles: true }));
          }
        }"""
    )
    expect(page.locator(".reader h2")).to_have_text(rows[1]["id"])
    expect(page.get_by_text("Nobody has looked at it yet")).to_be_visible()
    assert [(id, turn) for id, turn, _ in said(served)] == [(rows[0]["id"], rows[0]["turn"])]


def test_the_same_turn_elsewhere_is_corrected_alike_once_it_was_looked_at(
    page: Page, served: str
) -> None:
    page.goto(f"{served}/#look/corpus?list=turns&find=well b&id=5-4&turn=1")
    call_right(page.get_by_role("region", name="Dialogue", exact=True), "note")
    page.get_by_text("The same was said and done at").click()
    boxes = page.locator(".alike").get_by_role("checkbox")
    count = boxes.count()
    assert count > 1
    boxes.last.uncheck()
    page.get_by_role("button", name="Correct those that are ticked").click()
    expect(page.get_by_text(f"{count - 1} turns elsewhere corrected alike.")).to_be_visible()
    assert {actions for _, _, actions in said(served)} == {("note",)}
    assert len(said(served)) == count
    assert serious(page) == []
    page.locator(".look[aria-pressed=true]").press("j")  # what was asked for before is not shown
    expect(page.locator(".reader h2")).to_have_text("5-6")
    expect(page.locator(".editor")).to_contain_text("someone: note.")
    page.goto(f"{served}/#teach")
    inbox = page.get_by_role("region", name="Corrections", exact=True)
    heads = inbox.locator("tbody th")
    orders = []
    for _ in range(2):
        inbox.get_by_role("button", name="said").click()
        orders.append(heads.all_text_contents())
    rising, falling = orders
    assert falling == rising[::-1]
    inbox.get_by_role("button", name="Take back").first.click()
    expect(heads).to_have_text(falling[1:])  # and the order stays


def test_words_and_arguments_go_with_a_correction(page: Page, served: str) -> None:
    talk(page, served, "a 🙂 tea please")
    panel = page.get_by_label("Decision")
    panel.get_by_text("Words and arguments").click()
    panel.get_by_role("button", name="Mark words").click()
    panel.get_by_label("Words", exact=True).fill("tea")
    panel.get_by_label("Label").fill("drink")
    call_right(panel, "note")
    panel.get_by_text("Words and arguments").click()
    expect(panel.get_by_label("Words", exact=True)).to_have_value("tea")
    panel.get_by_role("button", name="Add a call of note").click()
    panel.get_by_role("button", name="Add an argument").click()
    panel.get_by_label("Argument", exact=True).fill("cups")
    panel.get_by_label("Its value").fill("2")
    panel.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Kept: note is right")).to_be_visible()
    turn = asked(served, "/v1/dialogues?corrected=true")["turns"][0]
    assert turn["spans"] == [{"start": 4, "end": 7, "label": "drink"}]
    assert turn["arguments"] == {"note": [{"cups": 2}]}


def test_what_was_corrected_is_listed_taken_back_and_kept_as_a_corpus(
    page: Page, served: str
) -> None:
    page.goto(f"{served}/#look/corpus?id=5-3&turn=1")
    region = page.get_by_role("region", name="Dialogue", exact=True)
    call_right(region, "note")
    expect(page.locator(".editor")).to_contain_text("someone: note")
    page.goto(f"{served}/#teach")
    page.get_by_label("Your name").fill("Bob")
    page.goto(f"{served}/#look/corpus?id=5-3&turn=1")
    call_right(region, "wait")
    expect(page.locator(".editor")).to_contain_text("They do not agree. someone: note; Bob: ")
    page.goto(f"{served}/#teach")
    inbox = page.get_by_role("region", name="Corrections", exact=True)
    expect(
        page.get_by_text("learns from 1 correction in 1 dialogue, 1 of them new")
    ).to_be_visible()
    row = inbox.locator("tbody tr")
    expect(row).to_contain_text("corpus, 5-3, turn 1")
    expect(row.locator(".hint")).to_have_text("someone: note; Bob: wait")
    with page.expect_download() as kept:
        inbox.get_by_role("button", name="Keep as a corpus").click()
    lines = kept.value.path().read_text().splitlines()
    assert [json.loads(line)["meta"]["copy_of"] for line in lines] == ["5-3"]
    assert serious(page) == []
    inbox.get_by_role("button", name="Take back").click()
    expect(row).to_have_count(0)
    assert said(served) == []
    inbox.get_by_role("button", name="Undo").click()
    expect(row).to_have_count(1)
    assert said(served) == [("5-3", 1, ("wait",))]
    row.get_by_role("link").click()
    expect(page.locator(".reader h2")).to_have_text("5-3")


def test_new_dialogues_change_no_link_and_stand_first(page: Page, served: str) -> None:
    talk(page, served, "the first one")
    page.goto(f"{served}/#look/live")
    page.locator(".row").click()
    expect(page.locator(".turn .words")).to_have_text("the first one")
    expect(page.get_by_text("nobody found a wrong turn")).to_be_visible()
    link = page.url
    for number in range(6):
        page.goto(f"{served}/#talk")
        page.get_by_role("button", name="New dialogue").click()
        page.get_by_label("What the user says").fill(f"later {number}")
        page.keyboard.press("Enter")
        expect(page.locator(".user")).to_have_text(f"later {number}")
    page.goto(f"{served}/#look/live")
    expect(page.locator(".row .opening")).to_have_text(
        [*(f"later {n}" for n in reversed(range(6))), "the first one"]
    )
    page.goto(link)
    expect(page.locator(".turn .words")).to_have_text("the first one")


def test_two_quick_enters_say_one_thing(page: Page, served: str) -> None:
    page.goto(served)
    page.get_by_label("What the user says").fill("only once")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.locator(".log > li")).to_have_count(1)
    page.get_by_label("What the user says").fill("and then")
    page.keyboard.press("Enter")
    expect(page.locator(".log > li")).to_have_count(2)
    page.reload()
    expect(page.locator(".user")).to_have_text(["only once", "and then"])
    assert asked(served, "/v1/browse/live")["dialogues"] == 1


def test_on_a_slow_network_that_loses_answers_nothing_is_lost_or_doubled(
    context: BrowserContext, served: str
) -> None:
    """Each request waits; of every ten answers one is lost after the server has acted.

    In a page that may complain: a browser does, of each that is lost.
    """
    page = context.new_page()
    page.goto(served)
    page.wait_for_selector("#say")
    counter = itertools.count(1)

    def slowly(route: Route) -> None:
        lost = next(counter) % 10 == 3
        page.wait_for_timeout(400)
        answer = route.fetch()
        route.abort("connectionreset") if lost else route.fulfill(response=answer)

    page.route(
        "**/v1/**",
        lambda route: route.continue_() if "events" in route.request.url else slowly(route),
    )
    for number in range(4):
        page.get_by_label("What the user says").fill(f"word {number}")
        page.keyboard.press("Enter")
        page.keyboard.press("Enter")
        expect(page.locator(".log > li")).to_have_count(number + 1)
    call_right(page.get_by_label("Decision"), "bring_tea")
    expect(page.locator(".log .corrected .chip")).to_have_text(["bring_tea"])
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".log > li")).to_have_count(3)
    live = asked(served, "/v1/browse/live/dialogues")["rows"]
    assert sorted(row["turns"] for row in live) == [3, 4]
    for number in range(3):
        page.goto(f"{served}/#look/corpus?id=5-{number}&turn=1")
        expect(page.locator(".reader h2")).to_have_text(f"5-{number}")
        call_right(page.get_by_role("region", name="Dialogue", exact=True), "note")
        expect(page.locator(".editor")).to_contain_text("someone: note")
    assert [(id, turn) for id, turn, _ in said(served) if id.startswith("5-")] == [
        (f"5-{number}", 1) for number in range(3)
    ]
    page.get_by_text("The same was said and done at").click()
    alike = page.locator(".alike").get_by_role("checkbox").count()
    page.get_by_role("button", name="Correct those that are ticked").dblclick()
    expect(page.get_by_text(f"{alike} turns elsewhere corrected alike.")).to_be_visible()
    whole = said(served)
    assert len(whole) == 4 + alike
    page.goto(f"{served}/#teach")
    inbox = page.get_by_role("region", name="Corrections", exact=True)
    inbox.get_by_role("button", name="Take back").first.dblclick()
    undo = inbox.get_by_role("button", name="Undo")
    expect(undo).to_be_visible()
    assert len(said(served)) == len(whole) - 1
    undo.dblclick()
    expect(undo).to_have_count(0)
    assert said(served) == whole
    card = page.get_by_role("region", name="Teach")
    card.get_by_role("button", name="Train on the corrections").dblclick()
    expect(card.get_by_text("taught-1: training")).to_be_visible()
    card.get_by_role("button", name="Cancel").dblclick()
    expect(card.get_by_text("taught-1: cancelled")).to_be_visible()
    assert [job["name"] for job in asked(served, "/v1/training")["jobs"]] == ["taught-1"]
    page.unroute_all(behavior="wait")
    assert next(counter) > 20
