"""An analyst's task by keys alone: wrong turns of ten thousand dialogues, one after the other.

    python -m benchmarks.service.analyst POLICY CORPUS

The corpus is repeated until there are ten thousand dialogues. At each of 50 wrong turns the right
set is chosen by its key, and another key keeps it and goes on. A wait is the time from that key
until the next turn can be corrected, in milliseconds.
"""

from __future__ import annotations

import json
import statistics
import time
import urllib.request

from benchmarks.service.large_corpus import opened, served
from playwright.sync_api import Page

TURNS = 50
_QUEUE = "#look/corpus?list=turns&kind=wrong&open=true"


def main() -> None:
    with served(__doc__.splitlines()[0], durable=True) as server:
        waits, keys = correct(server.url)
        with urllib.request.urlopen(f"{server.url}/v1/corrections", timeout=60) as answer:
            kept = len(json.loads(answer.read())["rows"])
    longest = statistics.quantiles(waits, n=20)[-1]
    print(f"{kept} turns corrected, {keys / len(waits):.1f} keys a turn")
    print(
        f"wait: median {statistics.median(waits):.0f}, 95 % {longest:.0f}, most {max(waits):.0f} ms"
    )


def correct(url: str) -> tuple[list[float], int]:
    """The waits, and how many keys were pressed."""
    with opened() as page:
        page.goto(f"{url}/{_QUEUE}")
        page.locator(".row .opening").first.wait_for()
        page.get_by_role("listbox").focus()
        page.keyboard.press("Enter")
        waits, keys = [], 0
        for _ in range(TURNS):
            page.locator(".editor").wait_for()
            keys += choose(page)
            page.locator(".editor").evaluate("node => node.classList.add('before')")
            began = time.perf_counter()
            page.keyboard.press("n")
            page.locator(".editor:not(.before)").wait_for()
            waits.append(1000 * (time.perf_counter() - began))
            keys += 1
        return waits, keys


def choose(page: Page) -> int:
    """Choose what the corpus calls right, by its key; how many keys that takes."""
    right = page.locator(".look[aria-pressed=true] .pair").last.locator(".chip").all_inner_texts()
    for button in page.locator(".sets button").all():
        if sorted(button.locator(".chip").all_inner_texts()) == sorted(right):
            page.keyboard.press(button.locator("kbd").inner_text())
            return 1
    raise AssertionError(f"{right} is not among the likeliest sets")


if __name__ == "__main__":
    main()
