"""The terminal: everything that matters, in 80 columns."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO

from rich.console import Console

from cueline.dialogue import Dialogue
from cueline.evaluation import Failure, Report, evaluate_dialogues, show
from cueline.policy import Policy


def shown(report: Report) -> str:
    console = Console(file=StringIO(), width=80)
    show(report, console)
    text: str = console.file.getvalue()  # type: ignore[attr-defined]
    return text


def test_the_policy_stands_beside_its_baselines_in_80_columns(
    policy: Policy, unseen: list[Dialogue]
) -> None:
    report = evaluate_dialogues(policy, unseen)
    text = shown(report)
    assert all(len(line.rstrip()) <= 80 for line in text.splitlines())
    for word in ("policy", "95 %", *report.baselines, f"{report.exact:.3f}", "wave (unknown)"):
        assert word in text
    assert f"{report.failures[0].dialogue}, turn {report.failures[0].turn}" in text
    assert "…" not in text.split("most mistaken")[0]
    assert f"\n{report.lead}\n" in text
    for row in ("free-running  ", "\nwith an unknown action  ", "left out", "first wrong turn"):
        assert row in text


def test_another_policy_stands_beside_it_in_80_columns(
    policy: Policy, unseen: list[Dialogue]
) -> None:
    other = Policy(
        policy.settings,
        policy.actions,
        policy.featurizer,
        policy.decision_model,
        {name: -array for name, array in policy.weights.items()},
    )
    comparison = evaluate_dialogues(other, unseen, policy).against
    assert comparison is not None
    report = replace(evaluate_dialogues(policy, unseen), against=comparison)
    text = shown(report).split("against policy")[1]
    assert all(len(line.rstrip()) <= 80 for line in text.splitlines())
    one = comparison.figures["exact"]
    assert f"{one.other + one.difference:.3f}  {one.other:.3f}      {one.difference:+.3f}" in text
    first = comparison.broken[0]
    assert f"{first.dialogue}, turn {first.turn}" in text


def test_what_people_said_is_shown_as_they_said_it(policy: Policy, unseen: list[Dialogue]) -> None:
    failure = Failure(
        dialogue="[red]1[/]",
        turn=0,
        user="[bold]hello[/bold]\n\n" + "very " * 100,
        expected=("[a]",),
        decided=(),
        confidence=0.5,
    )
    report = evaluate_dialogues(policy, unseen)
    actions = {"[red]b[/]": report.actions["wave"]}
    lines = shown(replace(report, failures=(failure,), actions=actions)).splitlines()
    assert any(line.startswith("[red]b[/] (unknown)") for line in lines)
    assert lines[-4:-2] == ["[red]1[/], turn 0", lines[-3]]
    assert lines[-3].startswith("  user     [bold]hello[/bold] very very")
    assert lines[-3].endswith("…")
    assert len(lines[-3]) == 80
    assert lines[-2:] == ["  right    [a]", "  decided  (nothing)  0.50"]
