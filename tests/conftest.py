"""Shared by all tests: the backend, and where real corpora are found."""

from __future__ import annotations

import os
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "jax")

import pytest  # noqa: E402
from hypothesis import settings  # noqa: E402

settings.register_profile("cueline", deadline=None, max_examples=50, derandomize=True)
settings.load_profile("cueline")

ROOT = Path(__file__).parent.parent
CORPORA = ROOT.parent / "shared" / "corpora"


@pytest.fixture(scope="session")
def corpora() -> Path:
    """The folder of real corpora; a test that needs it is skipped where it is absent."""
    if not CORPORA.is_dir():
        pytest.skip("no real corpora beside the checkout (../shared/corpora)")
    return CORPORA


@pytest.fixture(scope="session")
def examples() -> Path:
    """The example corpus of the repository."""
    return ROOT / "examples"
