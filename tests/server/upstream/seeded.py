"""`cueline serve` that draws the same audits at each run: tests fail for their code alone."""

from __future__ import annotations

from functools import partial

from cueline.cli import main as serve
from cueline.server.upstream import cascade
from cueline.server.upstream.audits import Audits


def main() -> None:
    cascade.Audits = partial(Audits, seed=b"the same at each run")  # type: ignore[misc, assignment]
    serve()


if __name__ == "__main__":
    main()
