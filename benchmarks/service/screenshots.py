"""The pictures of the page in `docs/img`, made anew.

python -m benchmarks.service.screenshots POLICY CORPUS
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright
from tests.server.serving import Served
from tests.web.conftest import QUIET

FOLDER = Path(__file__).parents[2] / "docs" / "img"
SAID = ("hello, where is my parcel?", "it's rosa81@post.example", "can you tell me a joke?")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("policy", type=Path)
    parser.add_argument("corpus", type=Path)
    given = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        options = {"store": "memory:", "corpus": [given.corpus]}
        with Served(given.policy, Path(folder, "log"), **options) as server:
            path = shutil.which("chromium")
            browser = playwright.chromium.launch(executable_path=path, args=QUIET)
            page = browser.new_page(viewport={"width": 1120, "height": 720})
            page.set_default_timeout(120_000)
            page.goto(server.url)
            for part, scheme in PARTS.items():
                page.emulate_media(color_scheme=scheme)
                part(page)
                page.wait_for_timeout(300)
                page.screenshot(path=FOLDER / f"{part.__name__}.png")


def talk(page: Page) -> None:
    for number, text in enumerate(SAID):
        page.get_by_label("What the user says").fill(text)
        page.keyboard.press("Enter")
        page.locator(".log > li").nth(number).wait_for()


def look(page: Page) -> None:
    page.get_by_role("link", name="Look").click()
    page.get_by_label("Show").select_option("wrong")
    page.locator(".row").nth(1).click()
    page.wait_for_selector(".turn.wrong")


def judge(page: Page) -> None:
    page.get_by_role("link", name="Judge").click()
    page.get_by_label("Threshold").fill("60")
    page.get_by_role("region", name="Answer or defer").scroll_into_view_if_needed()


def flow(page: Page) -> None:
    page.get_by_role("link", name="Map").click()
    page.wait_for_selector(".flow")


def shapes(page: Page) -> None:
    page.evaluate("location.hash = 'shapes/corpus'")
    page.wait_for_selector(".knowing")


PARTS = {talk: "light", look: "dark", judge: "light", flow: "dark", shapes: "light"}

if __name__ == "__main__":
    main()
