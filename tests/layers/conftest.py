"""The marker that Keras's own tests bear, which are run here too."""

from __future__ import annotations

import pytest


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "requires_trainable_backend: set by Keras's own tests")
