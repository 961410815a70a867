"""Commands that act: for a program, and for a person."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from cueline.cli.decision_text import describe
from cueline.dialogue import Feature, Turn
from cueline.errors import CorpusError, CuelineError, Place, corpus_error
from cueline.io import decode

if TYPE_CHECKING:
    from cueline.policy import Policy, State

EXPLAINED = """\
A turn a line, in JSON: {"user": "where is my parcel?"}; {"reset": true} starts over, Ctrl-D ends.
`cueline chat` takes plain words."""
"""What `cueline act` says to a person, who sees nothing else to start with."""


class _Reset(msgspec.Struct, forbid_unknown_fields=True):
    reset: bool


def act(policy: Path, *, risk: float | None = None, coverage: float | None = None) -> None:
    """Decide at each turn read from stdin.

    A turn a line in JSON, `{"user": "...", "features": {...}}`, and a decision a line in answer.
    `{"reset": true}` starts a new dialogue. `actions` on a turn are what the system really did.

    Parameters
    ----------
    policy
        The policy's folder.
    risk
        The share of wrong ones that is bearable among sure decisions (0.05 unless chosen).
    coverage
        The share of turns at which candidates should hold the right set (0.9 unless chosen).
    """
    from cueline.corpus.formats.jsonl import read_turn
    from cueline.policy import Policy

    acting = Policy.load(policy).at(risk=risk, coverage=coverage)
    state = acting.start()
    if sys.stdin.isatty():
        print(EXPLAINED, file=sys.stderr)
    for number, line in enumerate(sys.stdin.buffer, start=1):
        if not line.strip():
            continue
        if _resets(line):
            state = acting.start()
            continue
        place = Place("<stdin>", number)
        turn = read_turn(line, place)
        try:
            decision, state = acting.act(turn, state)
        except CorpusError as error:
            raise corpus_error(place, str(error)) from None
        sys.stdout.buffer.write(msgspec.json.encode(decision) + b"\n")
        sys.stdout.buffer.flush()


def chat(policy: Path, *, risk: float | None = None, coverage: float | None = None) -> None:
    """Talk with a policy, turn by turn.

    An empty line lets the system act again without hearing you. `/features {"city": "Rome"}` sets
    what it knows, `/took ACTION...` says what was really done, `/reset` starts over, `/quit` ends.

    Parameters
    ----------
    policy
        The policy's folder.
    risk
        The share of wrong ones that is bearable among sure decisions (0.05 unless chosen).
    coverage
        The share of turns at which candidates should hold the right set (0.9 unless chosen).
    """
    from cueline.policy import Policy

    acting = Policy.load(policy).at(risk=risk, coverage=coverage)
    print(f"{len(acting.actions)} actions; /features, /took, /reset, /quit; empty line: go on")
    state, features = acting.start(), dict[str, Feature]()
    while (line := _ask()) is not None:
        command, _, rest = line.partition(" ")
        if command == "/quit":
            return
        if command == "/reset":
            state, features = acting.start(), {}
        elif command == "/features":
            features = _features(rest, features)
        elif command == "/took":
            state = _took(acting, rest.split(), state)
        else:
            try:
                decision, state = acting.act(Turn(line or None, features), state)
            except CorpusError as error:
                print(f"  {error}")
            else:
                print(describe(decision, line))


def _resets(line: bytes) -> bool:
    if b'"reset"' not in line:
        return False
    try:
        return msgspec.json.decode(line, type=_Reset).reset
    except msgspec.DecodeError:
        return False  # a turn that has the word in it, or an error that the turn's reader reports


def _ask() -> str | None:
    try:
        return input("> ").strip()
    except EOFError:
        return None


def _features(text: str, before: dict[str, Feature]) -> dict[str, Feature]:
    try:
        given = decode(text.encode() or b"{}", dict[str, Feature], Place("/features"))
        return {**before, **Turn(None, given).features}
    except CorpusError as error:
        print(f"  {error}")
        return before


def _took(policy: Policy, actions: list[str], before: State) -> State:
    try:
        return policy.took(before, actions)
    except CuelineError as error:
        print(f"  {error}")
        return before
