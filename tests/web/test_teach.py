"""Talk, correct, train again, and see the change, in the browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.server.serving import Served
from tests.web.conftest import serious
from tests.web.test_talk import decided, talk

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def served(café: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("teach")
    options = {
        "store": "memory:",
        "corpus": [café / "test.jsonl"],
        "teach": True,
        "policies": folder,
    }
    with Served(café / "policy", folder / "log", **options) as server:
        yield server.url


def test_what_was_corrected_is_learned(page: Page, served: str) -> None:
    talk(page, served, "a tea please", "at once")
    before = page.locator("#policy").inner_text()
    panel, teach = page.get_by_label("Decision"), page.get_by_role("region", name="Teach")
    train = teach.get_by_role("button", name="Train on the corrections")
    assert decided(page)[1] != ["bring_tea"]
    for _ in decided(page)[1]:
        panel.locator(".bar[aria-pressed=true]").first.click()
    panel.get_by_role("button", name="bring_tea").click()
    panel.get_by_role("button", name="Save as right").click()
    expect(page.locator(".corrected .chip")).to_have_text("bring_tea")
    train.click()
    expect(teach.locator(".lines li").first).to_contain_text("held-out exact", timeout=120_000)
    expect(teach.get_by_text("100 % of 1 correction")).to_be_visible(timeout=120_000)
    expect(page.locator(".log > li").nth(1).locator(".chip")).to_have_text("bring_tea")
    expect(page.locator(".log .corrected")).to_have_count(0)
    expect(page.locator("#policy")).not_to_have_text(before)
    expect(teach.get_by_role("link", name="at once")).to_be_visible()
    assert serious(page) == []
    teach.get_by_role("button", name="Back to the policy before").click()
    expect(page.locator("#policy")).to_have_text(before)
    page.goto(f"{served}/#judge")
    page.get_by_label("Compare with").select_option(index=1)
    expect(page.get_by_label("Another policy").get_by_text("better")).to_be_visible()


def test_without_a_correction_there_is_nothing_to_train_on(page: Page, served: str) -> None:
    """In another browser, after the first test's dialogue was erased."""
    page.goto(served)
    ids = page.evaluate(
        "fetch('/v1/dialogues').then(a => a.text()).then(t => t.trim().split('\\n')"
        ".filter(l => l).map(l => JSON.parse(l).id))"
    )
    for dialogue in ids:
        page.evaluate(f"fetch('/v1/dialogues/{dialogue}', {{method: 'DELETE'}})")
    answer = page.request.post(f"{served}/v1/training", data={})
    assert answer.status == 409
    assert "nothing was corrected" in answer.json()["detail"]
