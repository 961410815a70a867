"""`docs/sequences.md` is true: each snippet is run, and prints what stands below it."""

from __future__ import annotations

import io
import re
from contextlib import redirect_stdout
from pathlib import Path

import pytest

TEXT = (Path(__file__).parent.parent / "docs" / "sequences.md").read_text()
LESSON = re.compile(r"^## (.*?)$(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
SNIPPET = re.compile(r"```python\n(.*?)```\n\n```text\n(.*?)```", re.DOTALL)
LESSONS = dict(LESSON.findall(TEXT))
SNIPPETS = {title: SNIPPET.search(body) for title, body in LESSONS.items()}


def printed(code: str) -> str:
    """What `code`, run on its own, prints; shapes as JAX and NumPy write them."""
    told = io.StringIO()
    with redirect_stdout(told):
        exec(compile(code, "docs/sequences.md", "exec"), {"__name__": "__main__"})
    return re.sub(r"torch\.Size\(\[(.*?)\]\)", r"(\1)", told.getvalue())


@pytest.mark.parametrize("title", SNIPPETS)
def test_a_lesson_prints_what_it_says(title: str) -> None:
    snippet = SNIPPETS[title]
    assert snippet, "a lesson has a snippet, and its output below it"
    code, output = snippet.groups()
    assert output.strip()
    assert printed(code) == output


def test_there_are_ten_lessons_and_nothing_is_left_unrun() -> None:
    assert [int(title.split(".")[0]) for title in LESSONS if title[0].isdigit()] == list(
        range(1, 11)
    )
    assert TEXT.count("```python") == len(SNIPPETS) == TEXT.count("```text")
