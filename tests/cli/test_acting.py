"""`cueline act` and `cueline chat` decide as the policy does, dialogue by dialogue."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from cueline.cli.decision_text import SHOWN, describe
from cueline.dialogue import Span, Turn
from cueline.policy import Candidate, Decision, Policy
from cueline.settings import NetworkSettings
from tests.cli.commands import run
from tests.policies import random_policy, turns

POLICY = random_policy(NetworkSettings(embedding=5, units=7))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("acting") / "policy"
    POLICY.save(folder)
    return folder


def decided(policy: Policy, dialogue: list[Turn]) -> list[Decision]:
    state, found = policy.start(), []
    for turn in dialogue:
        decision, state = policy.act(turn, state)
        found.append(decision)
    return found


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(turns, max_size=4), min_size=1, max_size=3))
def test_act_answers_every_turn_and_starts_over_when_asked(
    folder: Path, capfdbinary: pytest.CaptureFixture[bytes], dialogues: list[list[Turn]]
) -> None:
    lines = [b"\n".join(map(msgspec.json.encode, dialogue)) for dialogue in dialogues]
    assert run("act", folder, stdin=b'\n{"reset": true}\n\n'.join(lines)) == 0
    answers = [decision for dialogue in dialogues for decision in decided(POLICY, dialogue)]
    said = capfdbinary.readouterr().out.splitlines()
    assert said == [msgspec.json.encode(answer) for answer in answers]


def test_a_vector_of_another_length_is_refused_with_its_line(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    lines = b'{"user": "hi"}\n{"user": "hi", "features": {"meaning": [1, 2]}}'
    assert run("act", folder, stdin=lines) == 2
    assert "<stdin>:2: the feature 'meaning' has 2 numbers" in capfd.readouterr().err


def test_the_word_reset_in_a_turn_resets_nothing(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    turns = [Turn("find a table"), Turn('say "reset"', {"reset": True}), Turn("yes")]
    assert run("act", folder, stdin=b"\n".join(map(msgspec.json.encode, turns))) == 0
    said = capfd.readouterr().out.splitlines()
    assert [json.loads(line)["actions"] for line in said] == [
        list(decision.actions) for decision in decided(POLICY, turns)
    ]
    assert run("act", folder, stdin=b'{"reset": false}') == 2
    assert "<stdin>:1: " in capfd.readouterr().err


def test_the_risk_and_coverage_asked_for_are_those_decided_by(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run("act", folder, "--risk", 0.2, "--coverage", 0.7, stdin=b'{"user": "hi"}') == 0
    decision = json.loads(capfd.readouterr().out)
    assert (decision["risk"], decision["coverage"]) == (0.2, 0.7)


def test_a_chat_hears_features_silence_what_was_done_and_resets(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = """find a table
/features {"city": "paris", "count": 3}

/features {"city": nowhere}
/took ask find
yes
/took dance
/reset
/took ask
/features {"open": true}
/features
thanks"""
    assert run("chat", folder, stdin=script.encode()) == 0
    said = capsys.readouterr()
    assert said.err == ""
    known = {"city": "paris", "count": 3}
    first, state = POLICY.act(Turn("find a table"), POLICY.start())
    silent, state = POLICY.act(Turn(None, known), state)
    third, _ = POLICY.act(Turn("yes", known), POLICY.took(state, ["ask", "find"]))
    last, _ = POLICY.act(Turn("thanks", {"open": True}), POLICY.start())
    assert said.out.split("> ") == [
        "4 actions; /features, /took, /reset, /quit; empty line: go on\n",
        describe(first, "find a table") + "\n",
        "",
        describe(silent, "") + "\n",
        "  /features:1: JSON is malformed: invalid character (byte 13)\n",
        "",
        describe(third, "yes") + "\n",
        "  the policy has no action 'dance'; it has ask, book, close, find\n",
        "",
        "  the dialogue has no turn yet; act first, then say what was done\n",
        "",
        "",
        describe(last, "thanks") + "\n",
        "",
    ]


def test_quit_ends_a_chat(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("chat", folder, stdin=b"/quit\nfind a table\n") == 0
    assert capsys.readouterr().out.endswith("go on\n> ")


@pytest.mark.parametrize("cut", [False, True])
@pytest.mark.parametrize("others", [0, 1, SHOWN, SHOWN + 1, SHOWN + 3])
def test_a_person_reads_the_decision_and_the_likeliest_others(others: int, cut: bool) -> None:
    candidates = tuple(Candidate((f"a{n}",), 0.5 / (n + 1)) for n in range(others))
    decision = Decision(
        (), {}, False, "ambiguous", 0.5, (), {}, (Candidate((), 0.5), *candidates), cut, 0.05, 0.9
    )
    first, *rest = describe(decision, "").splitlines()
    assert first == "  (nothing)  50%, not sure: others are about as likely"
    shown = [f"    or a{n}  {0.5 / (n + 1):.0%}" for n in range(min(others, SHOWN))]
    assert rest[: len(shown)] == shown
    more = [f"    or one of {'at least ' if cut else ''}{others - SHOWN} more"]
    assert rest[len(shown) :] == (more if others > SHOWN else [])


def test_a_person_sees_what_was_heard_and_what_it_stands_for() -> None:
    decision, _ = POLICY.act("six in Rome", POLICY.start())
    spans = (Span(0, 3, "people", 6), Span(7, 11, "city"))
    lines = describe(replace(decision, spans=spans), "six in Rome").splitlines()
    assert lines[1] == "    heard people 'six' = 6, city 'Rome'"
    assert not any("heard" in line for line in describe(decision, "six in Rome").splitlines())


def test_act_explains_itself_to_a_person_only(folder: Path) -> None:
    pty = pytest.importorskip("pty")
    command = [sys.executable, "-m", "cueline", "act", str(folder)]

    def said(stdin: int) -> tuple[bytes, bytes]:
        done = subprocess.run(command, stdin=stdin, capture_output=True, check=True, timeout=60)
        return done.stdout, done.stderr

    keyboard, terminal = pty.openpty()
    os.write(keyboard, b"\x04")
    out, explained = said(terminal)
    assert out == b""
    assert b"cueline chat" in explained
    assert said(subprocess.DEVNULL) == (b"", b"")
