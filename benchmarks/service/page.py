"""Ten thousand dialogues on the page: what the server takes, and the longest pause while looking.

    python -m benchmarks.service.page POLICY CORPUS

The corpus is repeated until there are ten thousand dialogues. A pause is the longest time between
two frames of the browser, and a request the time until its answer is there; both in milliseconds.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from benchmarks.service.large_corpus import opened, served
from playwright.sync_api import Page

_FRAMES = """() => {
  window.longest = 0;
  let before = performance.now();
  const frame = (now) => {
    window.longest = Math.max(window.longest, now - before);
    before = now;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}"""


def main() -> None:
    with served(__doc__.splitlines()[0]) as server:
        look(server.url)


def look(url: str) -> None:
    with opened() as page:
        requests: list[float] = []
        page.on("requestfinished", lambda one: requests.append(one.timing["responseEnd"]))
        print(
            "| | ms | longest pause | longest request | elements |\n| --- | --: | --: | --: | --: |"
        )

        def measured(what: str, work: Callable[[], object]) -> None:
            requests.clear()
            page.evaluate("window.longest = 0")
            began = time.perf_counter()
            work()
            page.wait_for_timeout(100)
            whole = 1000 * (time.perf_counter() - began) - 100
            pause = page.evaluate("window.longest")
            nodes = page.evaluate("document.querySelectorAll('*').length")
            most = max(requests, default=0)
            print(f"| {what} | {whole:.0f} | {pause:.0f} | {most:.0f} | {nodes} |", flush=True)

        page.goto(f"{url}/#talk")
        page.evaluate(_FRAMES)
        measured("first look: judged", lambda: shown(page, "#look", ".row .quiet"))
        for place in (0.3, 0.9, 0.5):
            measured(f"scrolled to {place:.0%}", lambda place=place: scrolled(page, place))
        measured("only wrong ones", lambda: page.get_by_label("Show").select_option("wrong"))
        measured("a word looked for", lambda: page.get_by_label("Find").fill("9-"))
        page.get_by_label("Find").fill("")
        measured("a dialogue opened", lambda: (page.locator(".row").nth(3).click(), seen(page)))
        measured("figures", lambda: shown(page, "#judge", ".confusion"))
        measured("map", lambda: shown(page, "#map", ".flow"))


def shown(page: Page, part: str, selector: str) -> None:
    page.evaluate(f"location.hash = '{part}'")
    page.wait_for_selector(selector)


def seen(page: Page) -> None:
    page.wait_for_selector(".turn")


def scrolled(page: Page, place: float) -> None:
    page.locator(".list").evaluate(f"node => node.scrollTop = {place} * node.scrollHeight")
    page.wait_for_timeout(30)  # a frame, in which rows that are yet to come are drawn as such
    page.locator(".row > .quiet").first.wait_for(state="detached")


if __name__ == "__main__":
    main()
