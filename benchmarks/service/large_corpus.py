"""A page over ten thousand dialogues: its server, and a browser to look with."""

from __future__ import annotations

import argparse
import itertools
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec.structs import replace
from playwright.sync_api import Page, sync_playwright
from tests.server.serving import Served
from tests.web.conftest import QUIET

from cueline.corpus import read_all
from cueline.corpus.formats import jsonl

DIALOGUES = 10_000


@contextmanager
def served(description: str, durable: bool = False) -> Iterator[Served]:
    """A server of the policy and the corpus that the command line names, the corpus repeated."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("policy", type=Path)
    parser.add_argument("corpus", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        many = Path(folder, "many.jsonl")
        corpus = itertools.islice(itertools.cycle(read_all([given.corpus])), DIALOGUES)
        jsonl.write(many, (replace(d, id=f"{n}-{d.id}") for n, d in enumerate(corpus)))
        store = f"sqlite:{folder}/dialogues.db" if durable else "memory:"
        options = {"store": store, "corpus": [many]}
        with Served(given.policy, Path(folder, "log"), **options) as server:
            yield server


@contextmanager
def opened() -> Iterator[Page]:
    """An empty page of a browser."""
    with sync_playwright() as playwright:
        path = shutil.which("chromium")
        page = playwright.chromium.launch(executable_path=path, args=QUIET).new_page()
        page.set_default_timeout(600_000)
        yield page
