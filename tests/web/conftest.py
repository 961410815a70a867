"""The page in a real browser, in front of a real server."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from cueline.corpus.formats import jsonl
from cueline.evaluation.curve import Curve, CurvePoint
from cueline.policy import Policy
from cueline.settings import FeatureSettings, NetworkSettings, Settings, TrainingSettings
from cueline.training.trainer import fit_policy
from tests.evaluation.conftest import ordering
from tests.server.serving import Served

QUIET = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
expect.set_options(timeout=30_000)
ODD = "<script>alert(1)</script> 🙂 مرحبا"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium")
    if path is None:
        reason = "no Chromium here: install Debian's package"
        if os.environ.get("CUELINE_TEST_SERVERS") == "required":
            pytest.fail(reason)
        pytest.skip(reason)
    # One module long: while it is open, this thread has a running event loop.
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=path, args=QUIET)


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        context.set_default_timeout(30_000)
        yield context


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page that may not complain, nor ask anything of another machine."""
    complaints: list[str] = []
    page = context.new_page()
    page.on("console", lambda said: complaints.append(f"{said.type}: {said.text}"))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: complaints.extend(_abroad(request.url)))
    yield page
    assert complaints == []


def serious(page: Page) -> list[str]:
    """What would stand in someone's way, in the light and in the dark."""
    found = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found += Axe().run(page).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found if one["impact"] != "minor"]


def _abroad(url: str) -> list[str]:
    parts = urlsplit(url)
    here = parts.scheme in ("data", "file") or parts.hostname == "127.0.0.1"
    return [] if here else [f"asked {url}"]


SETTINGS = Settings(
    features=FeatureSettings(min_count=1),
    network=NetworkSettings(embedding=8, units=12, turn_units=12),
    training=TrainingSettings(epochs=12, patience=12, batch=8, learning_rate=0.02),
)


@pytest.fixture(scope="session")
def café(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small policy, and corpora to teach it with and to judge it on."""
    folder = tmp_path_factory.mktemp("page")
    jsonl.write(folder / "train.jsonl", ordering(60, seed=1))
    jsonl.write(folder / "test.jsonl", ordering(40, seed=3))
    fit_policy(ordering(60, seed=1), ordering(15, seed=2), SETTINGS, folder / "policy").save(
        folder / "policy"
    )
    return folder


@pytest.fixture(scope="session")
def café_policy(café: Path) -> Policy:
    return Policy.load(café / "policy")


def learned(*dialogues: int) -> Curve:
    """A learning curve that goes up, as one may come out."""
    return Curve(
        run="r",
        points=[
            CurvePoint(
                share=some / max(dialogues),
                dialogues=some,
                turns=4 * some,
                exact=(exact := 1 - 1 / (place + 2)),
                dialogue_accuracy=exact / 2,
                micro_f1=exact,
                macro_f1=exact,
                intervals={"exact": (exact - 0.04, exact + 0.02)},
                free_running=exact - 0.01,
                linear=None if place else 0.4,
            )
            for place, some in enumerate(dialogues)
        ],
    )


@pytest.fixture(scope="module")
def served(café: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the page is."""
    log = tmp_path_factory.mktemp("served") / "log"
    learned(15, 30, 60).write(café / "curve.json")
    options = {
        "store": "memory:",
        "corpus": [café / "test.jsonl"],
        "curve": café / "curve.json",
    }
    with Served(café / "policy", log, **options) as server:
        yield server.url
