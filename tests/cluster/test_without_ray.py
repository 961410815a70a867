"""Without `--ray` Ray is not imported."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from cueline.cluster import ray_map
from cueline.corpus.formats import jsonl
from cueline.errors import ClusterError
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
assert not {"ray", "fsspec", "upath"} & set(sys.modules)
"""


def test_no_command_loads_it(tmp_path: Path) -> None:
    jsonl.write(tmp_path / "in.jsonl", dialogues(30))
    done = subprocess.run([sys.executable, "-c", COMMANDS], cwd=tmp_path, capture_output=True)
    assert done.returncode == 0, done.stderr


def test_where_it_is_not_installed_one_line_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)  # as Python has it: an import fails
    with pytest.raises(ClusterError, match=r"pip install 'cueline\[ray\]'"), ray_map("local"):
        pass


def test_where_there_is_no_cluster_one_line_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("ray", reason="Ray is not installed")
    with pytest.raises(ClusterError, match="no cluster there"), ray_map("nonsense://here"):
        pass
