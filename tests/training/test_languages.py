"""The same dialogues in six languages and five scripts: a policy learns them in any."""

from __future__ import annotations

import csv
import importlib
import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import cueline
from cueline.settings import Settings, TrainingSettings
from cueline.tokenizer import words

LANGUAGES = ("English", "Turkish", "Hindi", "Arabic", "Thai", "Chinese")
BEHIND = 0.05
"""Share of turns by which a language may be worse than English."""

Corpus = dict[str, list[dict[str, Any]]]


def phrases() -> list[dict[str, str]]:
    """What customers say: the table of `examples/wordings.py`, and a column a language."""
    path = Path(__file__).with_name("phrases_in_six_languages.tsv")
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def wordings(language: str) -> dict[str, Any]:
    """The phrase tables in one language, under their names."""
    found: dict[str, Any] = defaultdict(dict)
    for row in phrases():
        name, _, act = row["table"].partition(".")
        if act:
            found[name].setdefault(act, []).append(row[language])
        else:
            found[name][row[language]] = "I am a program."
    acts, flat = ("GOALS", "SAYS"), ("ANSWERS", "MISSPELT")
    plain = {name: list(table) for name, table in found.items() if name not in (*acts, *flat)}
    return {**found, **plain, "MISSPELT": {}}


@pytest.fixture(scope="module")
def corpora(examples: Path) -> Iterator[dict[str, Corpus]]:
    """Dialogues to learn from and to judge by, which differ from language to language in words."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(examples)
        tables, make_corpus = map(importlib.import_module, ("wordings", "make_corpus"))
        found = {}
        for language in LANGUAGES:
            for name, table in wordings(language).items():
                patch.setattr(tables, name, table)
            sizes = {"train": 150, "test": 80}
            found[language] = {
                split: list(make_corpus.dialogues(split, size)) for split, size in sizes.items()
            }
        yield found


def test_dialogues_differ_in_words_alone(corpora: dict[str, Corpus]) -> None:
    def done(language: str) -> list[Any]:
        return [[turn["actions"] for turn in one["turns"]] for one in corpora[language]["train"]]

    def said(language: str) -> str:
        return json.dumps([one["turns"][0]["user"] for one in corpora[language]["train"]])

    assert all(done(language) == done("English") for language in LANGUAGES)
    assert len({said(language) for language in LANGUAGES}) == len(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES[:4])
def test_a_phrase_has_the_words_between_its_spaces(language: str) -> None:
    for row in phrases():
        text = "".join(character for character in row[language] if character not in "{},?،؟.")
        assert len(words(text, 100)) == len(text.split())


@pytest.mark.slow
def test_no_language_is_far_behind_english(corpora: dict[str, Corpus]) -> None:
    config = Settings(training=TrainingSettings(epochs=40))
    exact = {
        language: cueline.evaluate(
            cueline.train(corpus["train"], config=config), corpus["test"]
        ).exact
        for language, corpus in corpora.items()
    }
    print(exact)
    assert exact["English"] > 0.8, exact
    assert min(exact.values()) > exact["English"] - BEHIND, exact
