"""Talk, correct, train again, and see the change; in two tabs, by two people, through a restart."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.server.serving import Served
from tests.web.conftest import serious
from tests.web.test_talk import call_right, decided, talk

pytestmark = pytest.mark.slow
SOON = 120_000
"""Milliseconds within which a training of a few dialogues is over."""


@pytest.fixture
def server(café: Path, tmp_path: Path) -> Iterator[Served]:
    """One that can be stopped and started again: what it stores is on disk."""
    options = {
        "store": f"sqlite:{tmp_path / 'dialogues.db'}",
        "corpus": [café / "test.jsonl"],
        "teach": True,
        "policies": tmp_path / "policies",
    }
    (tmp_path / "policies").mkdir()
    with Served(café / "policy", tmp_path / "log", **options) as server:
        yield server


def correct(page: Page, served: str) -> None:
    """Say two things, the second of which should have been answered with tea."""
    talk(page, served, "a tea please", "at once")
    panel = page.get_by_label("Decision")
    assert decided(page)[1] != ["bring_tea"]
    call_right(panel, "bring_tea")
    expect(page.locator(".log .corrected .chip")).to_have_text("bring_tea")


def teach(page: Page, served: str) -> Locator:
    page.goto(f"{served}/#teach")
    return page.get_by_role("region", name="Teach")


def test_what_was_corrected_is_learned(page: Page, server: Served) -> None:
    correct(page, server.url)
    before = page.locator("#policy").inner_text()
    page.get_by_role("link", name="Teach").click()
    card = page.get_by_role("region", name="Teach")
    card.get_by_role("button", name="Train on the corrections").click()
    expect(card.locator(".lines li").first).to_contain_text("held-out exact", timeout=SOON)
    expect(card.get_by_text("100 % of 1 correction")).to_be_visible(timeout=SOON)
    expect(page.locator("#policy")).not_to_have_text(before)
    expect(card.get_by_role("link", name="at once")).to_be_visible()
    assert serious(page) == []
    page.get_by_role("link", name="Talk").click()
    page.get_by_role("button", name="Say it again to the new policy").click()
    expect(page.locator(".log > li").nth(1).locator(".chip")).to_have_text("bring_tea")
    expect(page.locator(".log .corrected")).to_have_count(0)
    page.get_by_role("link", name="Teach").click()
    card.get_by_role("button", name="Back to the policy before").click()
    expect(page.locator("#policy")).to_have_text(before)
    page.goto(f"{server.url}/#judge")
    page.get_by_label("Compare with").select_option(index=1)
    card = page.get_by_role("region", name="Another policy")
    expect(card.get_by_text("fixed,")).to_be_visible()
    card.get_by_role("button", name="Compare all 2 over time").click()
    card.get_by_text("In numbers").click()
    rows = card.get_by_role("region", name="Policies over time in numbers").locator("tbody tr")
    expect(rows).to_have_count(2)
    own = rows.filter(has_text=before.removeprefix("policy ")).locator("td").nth(1)
    expect(own).to_have_text(page.locator(".headline .big").first.inner_text())
    assert serious(page) == []


def test_two_people_see_one_training_and_a_reload_loses_nothing(
    context: BrowserContext, server: Served
) -> None:
    """In pages that may complain: a browser does, of a server that is gone."""
    page = context.new_page()
    correct(page, server.url)
    page.get_by_label("Your name").fill("Ann")
    other = context.new_page()
    hers, his = teach(page, server.url), teach(other, server.url)
    before = page.locator("#policy").inner_text()
    hers.get_by_role("button", name="Train on the corrections").click()
    expect(his.get_by_text("taught-1: training")).to_be_visible()
    expect(his.get_by_role("button", name="Train on the corrections")).to_be_hidden()
    page.reload()
    expect(hers.get_by_text("taught-1: let in")).to_be_visible(timeout=SOON)
    expect(his.get_by_text("taught-1: let in")).to_be_visible()
    for one in (page, other):
        expect(one.locator("#policy")).not_to_have_text(before)
    row = his.get_by_role("row", name="taught-1")
    expect(row).to_contain_text("Ann")
    expect(row).to_contain_text("answers now")
    after = page.locator("#policy").inner_text()
    server.stop()
    server.start()
    page.reload()
    expect(page.locator("#policy")).to_have_text(after)
    expect(hers.get_by_text("taught-1: let in")).to_be_visible()
    his.get_by_role("button", name="Back to the policy before").click()
    for one in (page, other):
        expect(one.locator("#policy")).to_have_text(before)
    server.stop()
    server.start()
    other.reload()
    expect(other.locator("#policy")).to_have_text(before)


def test_a_training_that_a_restart_cut_off_is_begun_again_and_cancelled(
    context: BrowserContext, server: Served
) -> None:
    """In a page that may complain: a browser does, of a server that is gone."""
    page = context.new_page()
    correct(page, server.url)
    card = teach(page, server.url)
    card.get_by_role("button", name="Train on the corrections").click()
    expect(card.get_by_text("taught-1: training")).to_be_visible()
    server.stop(signal.SIGKILL)
    server.start()
    expect(card.get_by_text("taught-1: cut off")).to_be_visible()
    card.get_by_role("button", name="Begin again").click()
    expect(card.get_by_text("taught-2: training")).to_be_visible()
    page.reload()
    card.get_by_role("button", name="Cancel").click()
    expect(card.get_by_text("taught-2: cancelled")).to_be_visible()
    expect(card.get_by_role("row", name="taught-1")).to_contain_text("cut off")


def test_without_a_correction_there_is_nothing_to_train_on(page: Page, server: Served) -> None:
    page.goto(server.url)
    answer = page.request.post(f"{server.url}/v1/training", data={})
    assert answer.status == 409
    assert "nothing was corrected" in answer.json()["detail"]
