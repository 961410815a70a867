"""`cueline serve` with other times than usual, or broken in a way that a campaign must find out."""

from __future__ import annotations

import os

from cueline.server.stores import base

DEADLINE, SWEEP, MUTANT = "CUELINE_TEST_DEADLINE", "CUELINE_TEST_SWEEP", "CUELINE_TEST_MUTANT"


def main() -> None:
    base.DEADLINE = float(os.environ.get(DEADLINE, base.DEADLINE))  # before a store reads it
    from cueline.cli import main as serve
    from cueline.server import app

    app.SWEEP = float(os.environ.get(SWEEP, app.SWEEP))
    if mutant := os.environ.get(MUTANT):
        from tests.server.faults import mutants

        getattr(mutants, mutant)()
    serve()


if __name__ == "__main__":
    main()
