"""The Makefile where there is no make, as on Windows: `pip install nox`, then `nox -s test`.

Each session has an environment of its own. `nox -s test-3.13` is the tests on that Python.
"""

import nox

ENVIRONMENT = {"KERAS_BACKEND": "jax", "OMP_NUM_THREADS": "1"}
nox.options.sessions = ["check", "test"]


def installed(session: nox.Session, extras: str = "test,check") -> None:
    """What the Makefile installs."""
    session.install("--constraint", "constraints.txt", "--editable", f".[{extras}]")


@nox.session(python=["3.11", "3.12", "3.13"])
def test(session: nox.Session) -> None:
    """The default tests, on all cores."""
    installed(session)
    session.run("python", "-m", "pytest", "-n", "auto", "--dist", "worksteal", env=ENVIRONMENT)


@nox.session
def slow(session: nox.Session) -> None:
    """The tests that take longer, those of a file one after the other."""
    installed(session)
    by_file = ("-n", "auto", "--dist", "loadfile")
    session.run("python", "-m", "pytest", "-m", "slow", *by_file, env=ENVIRONMENT)


@nox.session
def check(session: nox.Session) -> None:
    """Style, types, the walls between rooms, and the vocabulary."""
    installed(session)
    session.run("ruff", "format", "--check", ".")
    session.run("ruff", "check", ".")
    session.run("mypy")
    session.run("mypy", "--platform", "win32", "--cache-dir", ".mypy_cache/win32")
    session.run("lint-imports", "--no-logo")
    session.run("python", "-m", "tools.vocabulary")


@nox.session
def demo(session: nox.Session) -> None:
    """Train on the example corpus, judge it, explain a dialogue."""
    installed(session)
    valid = "examples/valid.jsonl"
    train = ("cueline", "train", "examples/train.jsonl", "--valid", valid, "--out", "policy")
    session.run(*train, env=ENVIRONMENT)
    session.run("cueline", "evaluate", "policy", "examples/test.jsonl")
    session.run("cueline", "explain", "policy", "examples/test.jsonl")
