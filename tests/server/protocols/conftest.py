from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.server.protocols.agents import Agents


@pytest.fixture(scope="session")
def agents(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Agents]:
    with Agents(tmp_path_factory.mktemp("agents")) as agents:
        yield agents
