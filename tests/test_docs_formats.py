"""The example on the page of each format is one that it reads."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cueline.corpus import FORMATS, read_all
from cueline.corpus.registry import DIALECTS

PAGES = Path(__file__).parent.parent / "docs" / "formats"
BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)
ENDINGS = {"json": "json", "text": "txt", "csv": "csv", "yaml": "yml", "markdown": "md"}
PAGE = {"csv": "tables", "parquet": "tables", "xlsx": "tables"}


def written(format: str, folder: Path) -> list[Path]:
    """The examples of the page, as files."""
    page = (PAGES / f"{PAGE.get(format, format)}.md").read_text()
    paths = []
    for number, (kind, text) in enumerate(BLOCK.findall(page)):
        paths.append(folder / f"{number}.{ENDINGS[kind]}")
        paths[-1].write_text(text)
    return paths


@pytest.mark.parametrize("format", [name for name in FORMATS if name not in ("parquet", "xlsx")])
def test_the_example_of_a_page_is_recognised_and_read(format: str, tmp_path: Path) -> None:
    examples = written(format, tmp_path)
    if format == "multiwoz":
        examples.pop().rename(tmp_path / "dialog_acts.json")
    assert examples
    for path in examples:
        dialogues = read_all([path])
        assert dialogues == read_all([path], format)
        assert any(turn.actions for dialogue in dialogues for turn in dialogue.turns)


@pytest.mark.parametrize("format", FORMATS)
def test_a_page_says_what_is_kept_and_what_is_lost(format: str) -> None:
    page = (PAGES / f"{PAGE.get(format, format)}.md").read_text()
    assert "**Kept:**" in page
    assert "**Lost:**" in page
    assert "**Refused:**" in page or format not in DIALECTS
