"""What the user of Claude Code said, without what the program wrote in the user's name."""

from __future__ import annotations

import re
from typing import Any

from cueline.corpus.account import Account
from cueline.corpus.transcripts.closed_world import inner
from cueline.errors import Place

_REMINDER = re.compile(r"<system-reminder>.*?</system-reminder>\s*", re.DOTALL)
_WRITTEN = (
    "<local-command-stdout>",
    "<local-command-stderr>",
    "<local-command-caveat>",
    "<bash-stdout>",
    "<bash-stderr>",
    "<task-notification>",
    "[Request interrupted by user",
)
_COMMAND = re.compile(r"<command-name>\s*(.*?)\s*</command-name>", re.DOTALL)
_ARGUMENTS = re.compile(r"<command-args>\s*(.*?)\s*</command-args>", re.DOTALL)
_SHELL = re.compile(r"\A\s*<bash-input>(.*?)</bash-input>\s*\Z", re.DOTALL)


def said_by_user(content: Any, place: Place, account: Account) -> Any:
    """The content of a message without what the program wrote; empty if that was all.

    A command comes out as it was typed: `/review 7`.
    """
    if isinstance(content, str):
        return _said(content, place, account)
    if not isinstance(content, list):
        return content
    found = []
    for number, part in enumerate(content):
        if isinstance(part, dict) and isinstance(part.get("text"), str):
            text = _said(part["text"], inner(inner(place, "content"), number), account)
            if part["text"] and not text:
                continue
            part = part | {"text": text}
        found.append(part)
    return found


def _said(text: str, place: Place, account: Account) -> str:
    said = _REMINDER.sub("", text)
    if said != text:
        account.ignore("reminder to the model", place)
    if said.lstrip().startswith(_WRITTEN):
        account.ignore("text of the program", place)
        return ""
    if shell := _SHELL.match(said):
        return f"!{shell[1]}"
    if command := _COMMAND.search(said):
        arguments = _ARGUMENTS.search(said)
        return f"{command[1]} {arguments[1] if arguments else ''}".strip()
    return said
