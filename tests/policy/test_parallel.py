"""Spread over the cores, what comes back stands in the order it was given."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest
from threadpoolctl import threadpool_info

from cueline.policy import parallel as cores
from cueline.policy.parallel import on_all_cores


def test_what_comes_back_is_in_order() -> None:
    for count in (0, 1, 100):
        assert on_all_cores(lambda n: n * n, range(count)) == [n * n for n in range(count)]


def test_work_within_work_is_done_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cores, "cores", lambda: 2)
    found = on_all_cores(lambda n: on_all_cores(lambda m: n * m, range(3)), range(3))
    assert found == [[0, 0, 0], [0, 1, 2], [0, 2, 4]]


def test_products_take_one_core_each_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cores, "cores", lambda: 2)
    before = _threads()
    assert on_all_cores(_threads, range(2)) == [[1] * len(before)] * 2
    assert _threads() == before


@pytest.mark.parametrize("items", [1, 2])
def test_however_few_the_items_products_take_one_core(
    items: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cores, "cores", lambda: 1)
    before = _threads()
    assert on_all_cores(_threads, range(items)) == [[1] * len(before)] * items


def test_scores_do_not_depend_on_how_many_cores_there_are() -> None:
    """The products of a processor on which the number of threads shows in the last bit."""
    found = {
        subprocess.run(
            [sys.executable, "-c", _SCORES],
            env=os.environ | {"OPENBLAS_CORETYPE": "Haswell", "OMP_NUM_THREADS": threads},
            check=True,
            capture_output=True,
        ).stdout
        for threads in ("1", "2")
    }
    assert len(found) == 1


_SCORES = """
from cueline.evaluation.scored_corpus import ScoredCorpus
from cueline.settings import NetworkSettings
from tests.policies import random_policy
from tests.training.test_trainer import dialogues

scored = ScoredCorpus.of(random_policy(NetworkSettings()), dialogues(20))
print(scored.logits.tobytes().hex())
"""


def test_after_a_failure_work_is_spread_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cores, "cores", lambda: 2)
    before = _threads()
    with pytest.raises(ZeroDivisionError):
        on_all_cores(lambda n: 1 / n, range(2))
    assert _threads() == before
    assert on_all_cores(_threads, range(2)) == [[1] * len(before)] * 2


def _threads(_: Any = None) -> list[int]:
    """Those of each library of products."""
    return [one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"]
