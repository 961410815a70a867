"""`cueline demo` is one command from nothing to a policy on a page; `--set` changes a setting."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen
from zipfile import ZipFile

import pytest

from cueline.errors import SettingsError
from cueline.policy import Policy
from cueline.settings import Settings, changed

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    "change, what",
    [
        ("training.epoch=5", r"\$\.training: .*unknown field `epoch`"),
        ("training.epochs=x", r"\$\.training\.epochs: Expected `int`"),
        ("training.epochs=0", r"\$\.training\.epochs: Expected `int` >= 1"),
        ("epochs", "expected NAME=VALUE"),
        ("=3", "expected NAME=VALUE"),
        ("a b=3", "--set a b=3"),
    ],
)
def test_a_change_that_fits_no_setting_is_told_so(change: str, what: str) -> None:
    with pytest.raises(SettingsError, match=what):
        changed(Settings(), ["seed=3", change])


def test_later_changes_go_before_earlier_ones_and_leave_the_rest() -> None:
    changes = ["training.epochs=5", "network.memory=gru", "training.epochs=6", "seed=9"]
    found = changed(Settings(), changes)
    assert (found.training.epochs, found.network.memory, found.seed) == (6, "gru", 9)
    assert found.features == Settings().features
    assert found.training.batch == Settings().training.batch


@pytest.mark.slow
def test_the_demo_trains_judges_and_opens_the_page(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "cueline", "demo", "--port", str(port)]
    # A browser that opens nothing, and writes down what it should have opened.
    browser = {"BROWSER": f"{sys.executable} -c \"open('opened', 'w').write('%s')\""}
    process = subprocess.Popen(command, cwd=tmp_path, env=os.environ | browser)
    try:
        until = time.monotonic() + 300
        while not (tmp_path / "opened").exists() and time.monotonic() < until:
            assert process.poll() is None
            time.sleep(0.2)
        assert (tmp_path / "opened").read_text() == f"http://127.0.0.1:{port}/"
        with urlopen(f"http://127.0.0.1:{port}/", timeout=10) as page:
            assert b"<html" in page.read()
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)
    assert Policy.load(tmp_path / "cueline-demo").training["held_out"]["exact"] > 0.5


@pytest.mark.slow
def test_the_wheel_carries_the_corpus_of_the_demo(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with ZipFile(wheel) as file:
        for part in ("train", "valid", "test"):
            name = f"cueline/example/{part}.jsonl"
            assert file.read(name) == (ROOT / "examples" / f"{part}.jsonl").read_bytes()
