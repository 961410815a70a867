"""The words of a turn as the tagger's layers see them, in the browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from cueline.dialogue import Dialogue, Turn
from tests.server.serving import Served
from tests.web.conftest import ODD, serious
from tests.web.test_talk import talk
from tests.web.test_words_view import talking

pytestmark = pytest.mark.slow

POLICY = talking(3)
SAID = f"{ODD} in paris"
HEARD = POLICY.decide(Dialogue("d", (Turn(SAID),)))[0].spans


@pytest.fixture(scope="module")
def hearing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("hearing")
    POLICY.save(folder / "policy")
    with Served(folder / "policy", folder / "log", store="memory:") as server:
        yield server.url


def test_each_word_has_its_tag_and_what_was_heard_is_marked(page: Page, hearing: str) -> None:
    talk(page, hearing, SAID, "a table")
    page.get_by_role("link", name="Shapes").click()
    inside = page.get_by_role("region", name="Inside a turn")
    inside.get_by_label("The words of turn").select_option("0")
    heard = [
        mark.evaluate("node => node.firstChild.textContent")
        for mark in inside.locator("mark").all()
    ]
    assert heard == [SAID[span.start : span.end] for span in HEARD] and heard
    tags = inside.locator("tbody td:last-child").all_inner_texts()
    assert [tag[2:] for tag in tags if tag[0] == "B"] == [span.label for span in HEARD]
    scores = inside.locator("tbody tr").first.locator(".number").all_inner_texts()
    assert len(scores) == 5
    shapes = inside.locator(".arrays code").all_inner_texts()
    assert shapes[1:3] == [f"(1, {len(tags)}, 128)", f"(1, {len(tags)}, 5)"]
    page.get_by_label("return_sequences=True").uncheck()
    assert inside.locator(".arrays code").all_inner_texts()[1:] == ["(1, 128)", "(1, 5)"]
    expect(inside.get_by_label("The words of turn")).to_have_value("0")
    assert serious(page) == []
