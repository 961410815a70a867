"""One file with the page in it, to be kept or sent on: no service, nothing loaded from anywhere.

The modules of the page go in as they are, by an import map; what they would ask the service for
stands beside them by its path.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from cueline.evaluation.curve import CurvePoint
from cueline.evaluation.report import Report
from cueline.evaluation.scored_corpus import ScoredCorpus
from cueline.io import replacing
from cueline.web import STATIC
from cueline.web.corpus_view import CorpusView
from cueline.web.dialogue_view import read
from cueline.web.evaluation_view import evaluation_answer
from cueline.web.schemas.lists import RowsAnswer

MAX_DIALOGUES = 200
"""Dialogues in the file, those with a wrong turn first."""
_IMPORT = re.compile(r'(from|import) "\./([a-z_]+)\.js"')
_LINKS = re.compile(r'\n *<(link|script)[^>]*"/page/[^>]*>(</script>)?')
_STYLE = re.compile(r'"/page/([a-z]+\.css)"')


def write(
    path: Path, scored: ScoredCorpus, report: Report, curve: Sequence[CurvePoint] = ()
) -> None:
    """Write the file; it takes its name only once it is whole."""
    with replacing(path) as file:
        file.write(html(scored, report, curve).encode())


def html(scored: ScoredCorpus, report: Report, curve: Sequence[CurvePoint] = ()) -> str:
    """The page with all that it needs."""
    index = (STATIC / "index.html").read_text("utf-8")
    style = "".join((STATIC / name).read_text("utf-8") for name in _STYLE.findall(index))
    modules = {path.stem: _data("text/javascript", _module(path)) for path in STATIC.glob("*.js")}
    imports = _json({"imports": dict(sorted(modules.items()))})
    start = 'import "main";'
    icon = _data("image/svg+xml", (STATIC / "icon.svg").read_text("utf-8"))
    hashes = " ".join(map(_hash, (imports, start)))
    policy = (
        f"default-src 'none'; img-src data:; style-src {_hash(style)}; script-src data: {hashes}"
    )
    held = _json(dict(_answers(scored, report, curve)))
    head = f"""
    <meta http-equiv="Content-Security-Policy" content="{policy}">
    <link rel="icon" href="{icon}">
    <style>{style}</style>
    <script type="application/json" id="held">{held}</script>
    <script type="importmap">{imports}</script>
    <script type="module">{start}</script>"""
    return _LINKS.sub("", index).replace("\n  </head>", head + "\n  </head>")


def _answers(
    scored: ScoredCorpus, report: Report, curve: Sequence[CurvePoint]
) -> Iterator[tuple[str, Any]]:
    """What the service would answer, by path."""
    view = CorpusView(scored)
    rows = view.rows(limit=len(scored.dialogues)).rows
    order = np.argsort([row.first_wrong is None for row in rows], kind="stable")[:MAX_DIALOGUES]
    places = sorted(order.tolist())
    kept = [rows[place] for place in places]
    yield "/v1/browse/corpus", view.answer()
    yield "/v1/browse/corpus/dialogues", RowsAnswer(len(kept), kept)
    for place in places:
        yield f"/v1/browse/corpus/dialogue?id={view.ids[place]}", read(view, place)
    yield "/v1/judge/corpus", evaluation_answer(view, report, curve)


def _module(path: Path) -> str:
    return _IMPORT.sub(r'\1 "\2"', path.read_text("utf-8"))


def _json(content: Any) -> str:
    """JSON that cannot end the element it stands in, whatever a user said."""
    return msgspec.json.encode(content).decode().replace("<", "\\u003c")


def _data(type: str, content: str) -> str:
    return f"data:{type};base64,{b64encode(content.encode()).decode()}"


def _hash(content: str) -> str:
    """What a Content-Security-Policy knows an element by."""
    return f"'sha256-{b64encode(sha256(content.encode()).digest()).decode()}'"
