"""Help names only what someone who installed Cueline can reach."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import cueline
from cueline.cli import app
from tests.cli.commands import run

ROOT = Path(__file__).parents[2]
REPOSITORY = "https://github.com/cueline/cueline/blob/main/"


@pytest.mark.parametrize("command", [name for name in app if not name.startswith("-")])
def test_pages_are_named_by_an_address_that_is_one(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    assert run(command, "--help") == 0
    said = capsys.readouterr().out
    assert command in said
    pages = re.findall(r"(\S*?)((?:docs|examples)/\S+?\.\w+)", said)
    assert [page for before, page in pages if before != REPOSITORY] == []
    assert [page for _, page in pages if not (ROOT / page).exists()] == []


def test_the_version_is_the_packages(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--version") == 0
    assert capsys.readouterr().out.strip() == cueline.__version__


def test_help_waits_for_nothing_that_computes() -> None:
    look = "import cueline.cli, sys; print(*{'numpy', 'keras', 'uvicorn'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
