"""The documentation as a site: pages, notebooks that are run, and a reference from the docstrings.

    python -m tools.site [--notebooks NAME ...]

Fills `.site/pages`, builds `.site/html` with Zensical, and exits with 1 where a link leads nowhere
or a page would load something from elsewhere: the site works from a folder, without a network.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import cueline
import cueline.layers

ROOT = Path(__file__).parent.parent
SITE = ROOT / ".site"
NOTEBOOKS = sorted(path.stem for path in (ROOT / "docs" / "notebooks").glob("*.ipynb"))
WORKER = re.compile(r'<script src="https://unpkg\.com/iframe-worker/shim"[^>]*></script>')
"""What Zensical has searches in a folder load from elsewhere; the same stands in `node_modules`."""
SHIM = ROOT / "node_modules" / "iframe-worker" / "shim" / "index.js"
TIMEOUT = 900
"""Seconds that a cell may take."""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--notebooks", nargs="*", default=NOTEBOOKS, help="those to run; default all"
    )
    given = parser.parse_args()
    shutil.rmtree(SITE, ignore_errors=True)
    pages(SITE / "pages")
    for name in NOTEBOOKS:
        run = name in given.notebooks
        notebook(ROOT / "docs" / "notebooks" / f"{name}.ipynb", SITE / "pages" / "notebooks", run)
    subprocess.run([Path(sys.executable).with_name("zensical"), "build"], cwd=ROOT, check=True)
    without_network(SITE / "html")
    found = list(faults(SITE / "html"))
    print("\n".join(found) or f"{SITE / 'html' / 'index.html'}")
    sys.exit(bool(found))


def pages(folder: Path) -> None:
    """Write the pages: those of `docs`, the README as the first, and the reference."""
    shutil.copytree(ROOT / "docs", folder, ignore=shutil.ignore_patterns("*.ipynb"))
    for source in ROOT.glob("*.md"):
        name = "index.md" if source.stem == "README" else source.name
        text = (
            source.read_text("utf-8").replace("](docs/", "](").replace("](README.md", "](index.md")
        )
        (folder / name).write_text(text, "utf-8")
    (folder / "reference.md").write_text(reference(), "utf-8")
    for page in folder.rglob("*.md"):
        up = "../" * (len(page.relative_to(folder).parts) - 1)
        text = page.read_text("utf-8")
        for source in ROOT.glob("*.md"):
            name = "index" if source.stem == "README" else source.stem
            text = text.replace(f"](../{up}{source.name}", f"]({up}{name}.md")
        page.write_text(re.sub(r"(\]\(\S*/notebooks/\w+)\.ipynb", r"\1.md", text), "utf-8")


def reference() -> str:
    """Directives that Zensical fills from the docstrings of what is public."""
    names = [f"{cueline._ROOMS[name]}.{name}" for name in cueline.__all__]
    layers = [f"cueline.layers.{name}" for name in cueline.layers.__all__]
    parts = [f"::: {name}" for name in (*names, *layers)]
    return "\n\n".join(
        ["# Reference", "What `import cueline` and `cueline.layers` give.", *parts, ""]
    )


def notebook(source: Path, folder: Path, run: bool) -> None:
    """Run a notebook in a folder of its own, and write it as a page beside the notebook itself."""
    import nbformat
    from nbclient import NotebookClient
    from nbconvert import MarkdownExporter

    book = nbformat.read(source, as_version=4)
    folder.mkdir(exist_ok=True)
    if run:
        with tempfile.TemporaryDirectory() as place:
            resources = {"metadata": {"path": place}}
            NotebookClient(
                book, timeout=TIMEOUT, kernel_name="python3", resources=resources
            ).execute()
    nbformat.write(book, folder / source.name)
    for cell in book.cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if "text/html" in data:  # a block, so that Markdown leaves it alone
                data["text/html"] = f"<div>{''.join(data['text/html'])}</div>"
    text, parts = MarkdownExporter().from_notebook_node(book)
    for name, content in parts["outputs"].items():
        (folder / f"{source.stem}_{name}").write_bytes(content)
        text = text.replace(f"({name})", f"({source.stem}_{name})")
    (folder / f"{source.stem}.md").write_text(f"{text}\n[The notebook]({source.name})\n", "utf-8")


def without_network(html: Path) -> None:
    """Have pages load from the site what Zensical has them load from elsewhere."""
    if SHIM.exists():
        shutil.copy(SHIM, html / "assets" / "iframe-worker.js")
    for page in html.rglob("*.html"):
        up = "../" * (len(page.relative_to(html).parts) - 1)
        local = f'<script src="{up}assets/iframe-worker.js"></script>' if SHIM.exists() else ""
        page.write_text(WORKER.sub(local, page.read_text("utf-8")), "utf-8")


class Links(HTMLParser):
    """What a page loads, where it links to, and the places in it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.loads, self.links, self.places = list[str](), list[str](), set[str]()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value for name, value in attrs if value is not None}
        self.places |= {has[name] for name in ("id", "name") if name in has}
        if "src" in has:
            self.loads.append(has["src"])
        if tag == "link" and has.get("rel") in ("stylesheet", "icon", "preload"):
            self.loads.append(has["href"])
        if tag == "a" and "href" in has:
            self.links.append(has["href"])


def faults(html: Path) -> Iterator[str]:
    """Links that lead nowhere, and what would be loaded from elsewhere."""
    found = {path: Links(path.read_text("utf-8")) for path in sorted(html.rglob("*.html"))}

    def places(page: Path) -> set[str]:
        return found[page].places | {"__top"}

    for path, page in found.items():
        name = path.relative_to(html)
        for target in page.loads:
            if urlsplit(target).netloc:
                yield f"{name}: loads {target}"
        for target in page.links + [one for one in page.loads if not urlsplit(one).netloc]:
            parts = urlsplit(target)
            if parts.scheme or parts.netloc or (name.name == "404.html"):
                continue
            there = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            there = there / "index.html" if there.is_dir() else there
            if not there.exists():
                yield f"{name}: {target} is not there"
            elif parts.fragment and there in found and unquote(parts.fragment) not in places(there):
                yield f"{name}: {target} has no such place"


if __name__ == "__main__":
    main()
