"""Without `--ray` Ray is not imported."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from cueline.corpus.formats import jsonl
from tests.training.test_trainer import dialogues

COMMANDS = """
import sys
from cueline.cli import main
for command in (["convert", "in.jsonl", "out.jsonl"], ["check", "out.jsonl"]):
    try:
        main(command)
    except SystemExit as ended:
        assert not ended.code
import cueline.training.trainer, cueline.evaluation.scored_corpus, cueline.cluster
assert not {"ray", "fsspec"} & set(sys.modules)
"""


def test_no_command_loads_it(tmp_path: Path) -> None:
    jsonl.write(tmp_path / "in.jsonl", dialogues(30))
    done = subprocess.run([sys.executable, "-c", COMMANDS], cwd=tmp_path, capture_output=True)
    assert done.returncode == 0, done.stderr
