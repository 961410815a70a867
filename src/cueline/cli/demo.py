"""`cueline demo`: from nothing to a policy on a page."""

from __future__ import annotations

import time
import webbrowser
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from urllib.error import URLError
from urllib.request import urlopen

from cueline.errors import CuelineError, SettingsError

PORT = 8000
WAIT = 30.0
"""Seconds that the page may take to come up."""


def demo(
    *, out: Path = Path("cueline-demo"), page: bool = True, port: int | None = None, seed: int = 0
) -> None:
    """Train on a corpus that comes with Cueline, judge the policy, and open its page.

    Parameters
    ----------
    out
        The policy's folder.
    page
        Serve the page and open it in a browser; Ctrl-C ends it.
    port
        The page's port: 8000, or one that is free where that is taken.
    seed
        Of all that is random.
    """
    if page and not find_spec("uvicorn"):
        raise CuelineError("the page needs `pip install 'cueline[serve]'`; or say --no-page")
    port = free_port(port) if page else PORT
    from cueline.corpus.example import example_folder
    from cueline.evaluation import evaluate, show
    from cueline.training.trainer import train

    corpus = example_folder()
    print(f"learning from {corpus / 'train.jsonl'}")
    policy = train(corpus / "train.jsonl", out, valid=corpus / "valid.jsonl", seed=seed)
    print(f"judging it on {corpus / 'test.jsonl'}")
    show(evaluate(policy, corpus / "test.jsonl"))
    print(f"chat with it: cueline chat {out}")
    if page:
        from cueline.server.command import serve

        address = f"http://127.0.0.1:{port}/"
        Thread(target=_open, args=(address,), daemon=True).start()
        serve(out, store="memory:", port=port, corpus=[corpus / "test.jsonl"])


def free_port(port: int | None) -> int:
    """The port that was asked for, else `PORT`, else any: known before a minute of training."""
    from cueline.server.http_server import bind

    try:
        bound = bind("127.0.0.1", PORT if port is None else port)
    except SettingsError:
        if port is not None:
            raise
        bound = bind("127.0.0.1", 0)
    with bound:
        return int(bound.getsockname()[1])


def _open(address: str) -> None:
    """Open the page once it is there."""
    until = time.monotonic() + WAIT
    while time.monotonic() < until:
        try:
            with urlopen(f"{address}healthz", timeout=1):
                webbrowser.open(address)
                return
        except (URLError, TimeoutError):
            time.sleep(0.1)
