"""Every command that the README or a page of the docs shows is one that Cueline takes."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from cyclopts import CycloptsError

from cueline.cli import app
from cueline.corpus.registry import FORMATS
from tests.journeys.machine import ROOT

PAGES = sorted([ROOT / "README.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/*.md")])
LINE = re.compile(r"^(?: {4}|)(?:[A-Z_]+=\S+ )*(?:\.venv/bin/)?(cueline .*)$")
NO_DRIVER = re.compile(r"://\S+: Install \w+ to access")
"""The command is right, but the package that reads such URLs is not here."""
CODE = re.compile(r"^```(?:sh|bash)?\n(.*?)^```$|((?:^ {4}.*\n)+)", re.DOTALL | re.MULTILINE)


def commands(text: str) -> Iterator[str]:
    """The lines of code that call `cueline`, each until a pipe, a comment or the next column."""
    for fenced, indented in CODE.findall(text):
        for line in (fenced or indented).replace("\\\n", " ").splitlines():
            for part in re.split(r" && | \| |;", line.split("  #")[0]):
                if found := LINE.match(part.strip() and f"    {part.strip()}"):
                    yield re.split(r" {3,}| > ", found[1])[0]


def taken(command: str) -> str:
    """What is wrong with a command; nothing where it can be called as written."""
    words = shlex.split(command)[1:]
    synopsis = any(word.startswith("[") or word.endswith(("...", "|")) for word in words)
    if synopsis or not words or words[0].isupper():
        return ""
    try:
        app.parse_args(words, exit_on_error=False, print_error=False)
    except CycloptsError as error:
        why = " ".join(str(error).split())
        return "" if NO_DRIVER.search(why) else why
    return ""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_can_be_called_as_they_are_written(page: Path) -> None:
    wrong = {one: why for one in commands(page.read_text("utf-8")) if (why := taken(one))}
    assert wrong == {}


def test_the_readme_counts_the_formats_that_are_read() -> None:
    said = re.search(r"(\d+) formats", (ROOT / "README.md").read_text("utf-8"))
    assert said and int(said[1]) == len(FORMATS)


def test_a_command_that_is_wrong_is_found() -> None:
    text = "    cueline train a.jsonl --out p\n    cueline train a.jsonl --output p   learn\n"
    assert [bool(taken(one)) for one in commands(text)] == [False, True]
    assert [*commands("Words, cueline train.\n\n```sh\ncueline demo\n```\n")] == ["cueline demo"]
