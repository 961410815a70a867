"""`cueline completion SHELL` is a script that the shell takes, and it completes every command."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from cueline.cli import app
from tests.cli.commands import run

COMMANDS = {name for name in app if not name.startswith("-")}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_command_is_in_the_script(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("completion", shell) == 0
    script = capsys.readouterr().out
    assert {"train", "serve", "completion"} <= COMMANDS
    assert {name for name in COMMANDS if name not in script} == set()
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=script, text=True, check=True)


def test_bash_completes_commands_and_options(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("completion", "bash") == 0
    script = capsys.readouterr().out

    def offered(*words: str) -> set[str]:
        ask = f"""
        COMP_WORDS=({" ".join(repr(word) for word in words)}) COMP_CWORD={len(words) - 1}
        $(complete -p cueline | sed -E 's/.*-F ([^ ]+).*/\\1/') cueline {words[-1]!r} {words[-2]!r}
        printf '%s\\n' "${{COMPREPLY[@]}}"
        """
        done = subprocess.run(
            ["bash", "-c", script + ask], capture_output=True, text=True, check=True
        )
        return set(done.stdout.split())

    assert {name for name in COMMANDS if name.startswith("c")} == offered("cueline", "c")
    assert "--risk" in offered("cueline", "act", "--r")


def test_an_unknown_shell_is_bad_input(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("completion", "tcsh") == 2
    assert "bash" in capsys.readouterr().err
