"""Nothing on any part of the page stands in anyone's way: axe finds nothing, nothing is cut off."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.server.serving import Served
from tests.web.test_talk import call_right, talk

pytestmark = pytest.mark.slow
RULES = {
    name: {"enabled": True}
    for name in ("target-size", "label-content-name-mismatch", "p-as-heading")
}
LOOKS = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "forced colours": {"forced_colors": "active"},
}
PARTS = {
    "#talk": ".log > li",
    "#teach": "main h1",
    "#look/corpus": ".row .opening",
    "#look/corpus?list=turns&order=unsure&id=3-1&turn=2": ".editor",
    "#look/live": ".row .opening",
    "#judge/corpus": ".confusion",
    "#judge/live": "[aria-label='Looked at']",
    "#map/corpus": ".flow",
    "#shapes/corpus": ".knowing",
    "#cascade": "[aria-label=Cascade]",
    "#nonsense/%": "main ul",
}


@pytest.fixture(scope="module")
def served(café: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("access")
    options = {
        "corpus": [café / "test.jsonl"],
        "teach": True,
        "policies": folder,
        "upstream": "http://127.0.0.1:9",  # where nobody is
    }
    with Served(café / "policy", folder / "log", store="memory:", **options) as server:
        yield server.url


@pytest.fixture
def taught(page: Page, served: str) -> Page:
    """A page on which something was said and corrected."""
    talk(page, served, "a tea please")
    call_right(page.get_by_label("Decision"), "note")
    expect(page.locator(".log .corrected")).to_be_visible()
    return page


def findings(page: Page, where: str) -> list[str]:
    found = Axe().run(page, options={"rules": RULES}).response["violations"]
    return [f"{where}: {one['id']}: {one['nodes'][0]['html'][:200]}" for one in found]


def overflow(page: Page, where: str) -> list[str]:
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return [f"{where}: {wide} pixels too wide"] if wide > 0 else []


def test_axe_finds_nothing_in_any_colours(taught: Page, served: str) -> None:
    found = []
    for part, selector in PARTS.items():
        taught.goto(f"{served}/{part}")
        expect(taught.locator(selector).first).to_be_visible()
        for name, media in LOOKS.items():
            taught.emulate_media(**media)
            found += findings(taught, f"{part}, {name}")
        taught.emulate_media(color_scheme="light", forced_colors="none")
    assert "\n".join(found) == ""


def test_nor_on_a_phone_nor_from_right_to_left(taught: Page, served: str) -> None:
    found = []
    for width, direction in ((360, "ltr"), (360, "rtl"), (1280, "rtl")):
        taught.set_viewport_size({"width": width, "height": 740})
        for part, selector in PARTS.items():
            taught.goto(f"{served}/{part}")
            expect(taught.locator(selector).first).to_be_visible()
            taught.evaluate(f"document.documentElement.dir = '{direction}'")
            where = f"{part}, {width}, {direction}"
            found += findings(taught, where) + overflow(taught, where)
    assert "\n".join(found) == ""
