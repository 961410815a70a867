"""The documentation as a site: everything is in it, and what is wrong in it is found."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from tools import site

import cueline

ROOT = Path(__file__).parents[1]


def named(nav: list[Any]) -> set[str]:
    """The pages of a table of contents."""
    found = set()
    for entry in nav:
        for target in entry.values():
            found |= {target} if isinstance(target, str) else named(target)
    return found


def test_every_page_is_in_the_contents_or_linked_from_one(tmp_path: Path) -> None:
    folder = tmp_path.resolve() / "pages"
    site.pages(folder)
    pages = {str(one.relative_to(folder)) for one in folder.rglob("*.md")}
    pages |= {f"notebooks/{name}.md" for name in site.NOTEBOOKS}
    nav = named(tomllib.loads((ROOT / "zensical.toml").read_text())["project"]["nav"])
    assert nav <= pages
    texts = {page: one.read_text("utf-8") for page in pages if (one := folder / page).exists()}
    linked = {
        str((folder / page).parent.joinpath(target).resolve().relative_to(folder))
        for page, text in texts.items()
        for target in re.findall(r"\]\((?!\w+:|[./]*#)([^)#\s]+\.md)", text)
    }
    assert linked <= pages
    alone = {"RELEASING.md"}  # for whoever makes a release
    assert pages - nav - linked <= alone


def test_the_reference_has_all_that_is_public() -> None:
    text = site.reference()
    assert all(f".{name}\n" in text for name in cueline.__all__)


@pytest.mark.parametrize("name", site.NOTEBOOKS)
def test_a_notebook_is_kept_without_what_it_printed(name: str) -> None:
    book = json.loads((ROOT / "docs" / "notebooks" / f"{name}.ipynb").read_text("utf-8"))
    code = [cell for cell in book["cells"] if cell["cell_type"] == "code"]
    assert code
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)


def test_faults_of_a_site_are_found(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b.html").write_text('<h2 id="here">x</h2><a href="../c.html#there">c</a>')
    (tmp_path / "c.html").write_text(
        '<script src="https://elsewhere.example/x.js"></script><a href="a/b.html#here">b</a>'
        '<a href="#nowhere">n</a><a href="gone.html">g</a><a href="https://fine.example">f</a>'
        '<img src="gone.png">'
    )
    assert list(site.faults(tmp_path)) == [
        "a/b.html: ../c.html#there has no such place",
        "c.html: loads https://elsewhere.example/x.js",
        "c.html: #nowhere has no such place",
        "c.html: gone.html is not there",
        "c.html: gone.png is not there",
    ]
