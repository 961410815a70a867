"""`docs/sequences.md` is true: each snippet is run, and prints what stands below it.

The whole answer, which stands first, is run by `test_keras_only`.
"""

from __future__ import annotations

import io
import re
from contextlib import redirect_stdout
from pathlib import Path

import pytest

TEXT = (Path(__file__).parent.parent / "docs" / "sequences.md").read_text()
SECTION = re.compile(r"^##+ (.*?)$(.*?)(?=^#|\Z)", re.MULTILINE | re.DOTALL)
"""A heading, and what stands below it; the snippets have no line that begins with `#`."""
SNIPPET = re.compile(r"```python\n(.*?)```\n\n```text\n(.*?)```", re.DOTALL)
SNIPPETS = {
    title: snippet.groups()
    for title, body in SECTION.findall(TEXT)
    if (snippet := SNIPPET.search(body))
}


def printed(code: str) -> str:
    """What `code`, run on its own, prints; shapes as JAX and NumPy write them."""
    told = io.StringIO()
    with redirect_stdout(told):
        exec(compile(code, "docs/sequences.md", "exec"), {"__name__": "__main__"})
    return re.sub(r"torch\.Size\(\[(.*?)\]\)", r"(\1)", told.getvalue())


@pytest.mark.parametrize("title", SNIPPETS)
def test_a_lesson_prints_what_it_says(title: str) -> None:
    code, output = SNIPPETS[title]
    assert output.strip()
    assert printed(code) == output


def test_there_are_ten_lessons_and_only_the_script_is_run_elsewhere() -> None:
    numbered = [int(title.split(".")[0]) for title in SNIPPETS if title[0].isdigit()]
    assert numbered == list(range(1, 11))
    assert sum(title.startswith('"') for title in SNIPPETS) == 3  # the common wrong answers
    assert TEXT.count("```python") - 1 == len(SNIPPETS) == TEXT.count("```text")
