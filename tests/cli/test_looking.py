"""`cueline explain` shows the dialogue that was asked for, and what each decision rests on."""

from __future__ import annotations

from pathlib import Path

import pytest

from cueline.cli.looking import MAX_INFLUENCES, MIN_CHANGE
from cueline.corpus.formats.jsonl import write
from cueline.dialogue import Dialogue, Turn
from cueline.policy.explain import explain
from cueline.settings import NetworkSettings
from tests.cli.commands import run
from tests.policies import ACTIONS, WORDS, random_policy
from tests.web.test_words_view import talking

POLICY = random_policy(NetworkSettings(embedding=5, units=7), seed=3)
LONG = Dialogue(
    "long", tuple(Turn(word, actions=(ACTIONS[n % 4],)) for n, word in enumerate(WORDS))
)
SHORT = Dialogue("short", (Turn(None, actions=()), Turn("x" * 300, actions=("ask",))))


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    POLICY.save(tmp_path / "policy")
    write(tmp_path / "corpus.jsonl", [LONG, SHORT])
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("place")
def test_each_turn_shows_its_strongest_influences_and_where_the_corpus_differs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run("explain", "policy", "corpus.jsonl") == 0
    lines, differing = iter(capsys.readouterr().out.splitlines()), 0
    for number, explanation in enumerate(explain(POLICY, LONG)):
        decided = " + ".join(explanation.decision.actions) or "(nothing)"
        assert next(lines).split() == [str(number), WORDS[number]]
        verdict = next(lines)
        assert verdict.strip().startswith(f"-> {decided}  {explanation.decision.confidence:.2f}")
        right = set(explanation.decision.actions) == set(LONG.turns[number].actions or ())
        assert ("(the corpus: " in verdict) is not right
        matter = [one for one in explanation.influences if abs(one.change) >= MIN_CHANGE]
        for influence in matter[:MAX_INFLUENCES]:
            shown = next(lines)
            assert shown.strip().startswith(f"turn {influence.turn} {influence.change:+.2f}")
            changed = influence.without != explanation.decision.actions
            assert ("without it: " in shown) is changed
            differing += changed
    assert differing, "no influence changes a decision: the test sees too little"
    assert next(lines, None) is None


@pytest.mark.usefixtures("place")
def test_a_dialogue_is_found_by_its_id(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("explain", "policy", "corpus.jsonl", "--dialogue", "short") == 0
    shown = [line for line in capsys.readouterr().out.splitlines() if line[2].isdigit()]
    assert shown == ["  0  (the user is silent)", f"  1  {'x' * 200}"]
    assert run("explain", "policy", "corpus.jsonl", "--dialogue", "absent") == 2
    assert "corpus.jsonl: no dialogue with the id 'absent'" in capsys.readouterr().err


def test_what_was_heard_and_called_stands_beside_the_corpus(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    policy = talking(1)
    right = {"find": ({"where": "nowhere"},)}
    turns = [Turn(f"{word} in paris", actions=("find",), arguments=right) for word in WORDS]
    dialogue = Dialogue("d", tuple(turns))
    policy.save(tmp_path / "policy")
    write(tmp_path / "corpus.jsonl", [dialogue])
    assert run("explain", tmp_path / "policy", tmp_path / "corpus.jsonl") == 0
    shown, decisions = capsys.readouterr().out, policy.decide(dialogue)
    assert any(decision.arguments for decision in decisions)
    assert shown.count("heard ") == sum(bool(decision.spans) for decision in decisions) > 0
    assert shown.count("(the corpus: find(where='nowhere'))") == len(turns)
    for decision in decisions:
        for action, (call,) in decision.arguments.items():
            for name, value in call.items():
                source = decision.copied[action][0][name].source
                assert f"{name}={value!r} ({source})" in shown
