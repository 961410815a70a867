"""`cueline mcp`: a policy as tools of the Model Context Protocol."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from cueline.errors import CuelineError


def mcp(policy: Path, *, risk: float | None = None, coverage: float | None = None) -> None:
    """Serve a policy over stdin and stdout to a client of the Model Context Protocol.

    Its tools are decide, correct and explain; a session is a dialogue.

    Parameters
    ----------
    policy
        The policy's folder.
    risk
        The share of wrong ones that is bearable among sure decisions (0.05 unless chosen).
    coverage
        The share of turns at which candidates should hold the right set (0.9 unless chosen).
    """
    if not find_spec("mcp"):
        raise CuelineError("this needs one package more; pip install 'cueline[mcp]'")
    from cueline.policy import Policy
    from cueline.server.mcp_server import policy_server

    policy_server(Policy.load(policy).at(risk=risk, coverage=coverage)).run("stdio")
