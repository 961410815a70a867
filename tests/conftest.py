"""Shared by all tests: the backend, and where real corpora are found."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "jax")

import pytest  # noqa: E402
from hypothesis import Phase, settings  # noqa: E402

settings.register_profile("cueline", deadline=None, max_examples=50, derandomize=True)
# A mutant is killed by any failure: the smallest one is not looked for.
settings.register_profile(
    "mutants", settings.get_profile("cueline"), phases=[Phase.explicit, Phase.generate]
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "cueline"))

ROOT = Path(__file__).parent.parent
CORPORA = ROOT.parent / "shared" / "corpora"


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder where training caches: no test writes to a home."""
    place = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CUELINE_CACHE", str(place))
        yield place


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
