"""The command line: `cueline COMMAND`.

Each command is a plain function in a module of this room, and imports what it needs when it is
called, so that `cueline act` never waits for what only training needs.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from cyclopts import App, CycloptsError

import cueline
from cueline.cli import (
    acting,
    cascade,
    corpora,
    curve,
    demo,
    improving,
    learning,
    lessons,
    looking,
    mcp,
    serving,
    sweep,
    train_each,
)
from cueline.errors import CuelineError, CuelineWarning

DONE, GATE_FAILED, BAD_INPUT = 0, 1, 2
"""Exit codes."""

app = App(
    name="cueline",
    help="Learn from a corpus of dialogues what the system does next, and act.",
    version=cueline.__version__,
    result_action="return_value",
)
for command in (
    demo.demo,
    learning.train,
    learning.evaluate,
    curve.curve,
    sweep.sweep,
    train_each.train_each,
    cascade.cascade,
    acting.act,
    acting.chat,
    looking.explain,
    lessons.shapes,
    corpora.convert,
    corpora.check,
    corpora.formats,
    learning.export,
    serving.serve,
    mcp.mcp,
    serving.replay,
    serving.collect,
    improving.improve,
    serving.key,
):
    app.command(command)


@app.command
def completion(shell: Literal["bash", "zsh", "fish"]) -> None:
    """Print what completes commands and options in a shell.

    For bash, add `eval "$(cueline completion bash)"` to ~/.bashrc; for zsh, write it to a file
    `_cueline` in a folder of `$fpath`; for fish, to ~/.config/fish/completions/cueline.fish.

    Parameters
    ----------
    shell
        The shell.
    """
    print(app.generate_completion(shell=shell), end="")


def main(arguments: list[str] | None = None) -> None:
    """Run a command and exit: 0 done, 1 a gate failed, 2 bad usage or bad input."""
    try:
        with _warnings_in_a_line():
            sys.exit(app(arguments, exit_on_error=False, print_error=False) or DONE)
    except CuelineError as error:
        _fail(str(error))
    except CycloptsError as error:
        _fail(f"{str(error).strip()} Try `cueline --help`.")
    except OSError as error:
        _fail(f"{error.filename}: {error.strerror}" if error.filename else str(error))
    except KeyboardInterrupt:
        sys.exit(130)


@contextmanager
def _warnings_in_a_line() -> Iterator[None]:
    """Cueline's own warnings as its errors are: a line on stderr, without a place in its code."""
    show = warnings.showwarning

    def shown(message: Warning | str, category: type[Warning], *place: Any, **more: Any) -> None:
        if issubclass(category, CuelineWarning):
            print("cueline: warning:", message, file=sys.stderr)
        else:
            show(message, category, *place, **more)

    with warnings.catch_warnings():
        warnings.simplefilter("always", CuelineWarning)
        warnings.showwarning = shown
        yield


def _fail(message: str) -> None:
    print("cueline:", " ".join(message.split()), file=sys.stderr)
    sys.exit(BAD_INPUT)
