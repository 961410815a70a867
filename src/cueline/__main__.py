"""`python -m cueline`."""

from cueline.cli import main

main()
