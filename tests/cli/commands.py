"""A command run as a person runs it, but for the process."""

from __future__ import annotations

import io
import sys

import pytest

from cueline.cli import main


def run(*arguments: object, stdin: bytes = b"") -> int:
    """The exit code of `cueline ARGUMENTS...`."""
    with pytest.MonkeyPatch.context() as patch, pytest.raises(SystemExit) as stopped:
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), "utf-8"))
        main(list(map(str, arguments)))
    return int(str(stopped.value.code))
