"""One file has all of the page in it, and nothing that a user said gets out of its place."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from pathlib import Path

import pytest

from cueline.cli.learning import evaluate
from cueline.corpus.formats import jsonl
from cueline.dialogue import Dialogue, Turn
from cueline.evaluation.report import report_on
from cueline.evaluation.scored_corpus import ScoredCorpus
from cueline.settings import NetworkSettings
from cueline.web import html_file as file
from tests.policies import random_policy
from tests.web.conftest import learned

SAID = "</script><script>alert(1)</script><!-- 🙂 مرحبا"
POLICY = random_policy(NetworkSettings(embedding=5, units=7, decisions="multi"))
CORPUS = [
    Dialogue(f"{SAID}{n}", (Turn(SAID, {SAID: SAID}, actions=(("fly", "ask")[n % 2],)),))
    for n in range(6)
]


def parts(html: str) -> dict[str, str]:
    """The content of each script element by its type."""
    found = re.findall(r'<script type="([a-z/]+)"[^>]*>(.*?)</script>', html, re.DOTALL)
    assert len(found) == html.count("<script") == html.count("</script>") == 3
    return dict(found)


def html(scored: ScoredCorpus) -> str:
    return file.html(scored, report_on(scored))


def test_what_is_said_stays_in_its_element() -> None:
    held = json.loads(parts(html(ScoredCorpus.of(POLICY, CORPUS)))["application/json"])
    assert held[f"/v1/browse/corpus/dialogue?id={CORPUS[0].id}"]["turns"][0]["user"] == SAID


def test_every_module_that_is_imported_is_there() -> None:
    found = parts(html(ScoredCorpus.of(POLICY, CORPUS)))
    modules = json.loads(found["importmap"])["imports"]
    texts = [b64decode(url.partition(",")[2]).decode() for url in modules.values()]
    imported = re.findall(r'(?:from|import) "([^"]+)";', "\n".join([*texts, found["module"]]))
    assert set(imported) <= set(modules)
    assert "main" in imported


def test_where_not_all_fit_the_wrong_ones_do(monkeypatch: pytest.MonkeyPatch) -> None:
    scored = ScoredCorpus.of(POLICY, CORPUS)
    monkeypatch.setattr(file, "MAX_DIALOGUES", 4)
    held = json.loads(parts(html(scored))["application/json"])
    ids = [row["id"] for row in held["/v1/browse/corpus/dialogues"]["rows"]]
    assert len(ids) == 4
    assert {CORPUS[n].id for n in (0, 2, 4)} <= set(
        ids
    )  # no decision can match an action that is unknown
    assert held["/v1/browse/corpus"]["dialogues"] == 6
    assert all(f"/v1/browse/corpus/dialogue?id={id}" in held for id in ids)


def test_an_evaluation_writes_it(tmp_path: Path) -> None:
    POLICY.save(tmp_path / "policy")
    jsonl.write(tmp_path / "test.jsonl", CORPUS)
    learned(5, 10).write(tmp_path / "curve.json")
    evaluate(
        tmp_path / "policy",
        tmp_path / "test.jsonl",
        html=tmp_path / "report.html",
        json=tmp_path / "report.json",
        curve=tmp_path / "curve.json",
    )
    held = json.loads(parts((tmp_path / "report.html").read_text("utf-8"))["application/json"])
    told = json.loads((tmp_path / "report.json").read_text("utf-8"))
    assert told.pop("failures")
    assert held["/v1/judge/corpus"]["confusion"] == told.pop("confusion_matrix")
    assert held["/v1/judge/corpus"]["report"] == told
    assert [point["dialogues"] for point in held["/v1/judge/corpus"]["curve"]] == [5, 10]
