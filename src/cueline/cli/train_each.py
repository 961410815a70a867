"""The command that learns a policy for each customer, site or other group."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import quantiles
from typing import TYPE_CHECKING

from cueline.cli.learning import some_corpus
from cueline.cli.many_trainings import ended_by_ctrl_c
from cueline.cli.reading import DEFAULT, CorpusPath, Reading, spread

if TYPE_CHECKING:
    from cueline.evaluation.each_group import GroupReport, GroupResult

REPORT = "report.json"
WITHOUT_A_POLICY = 1
"""Exit code where a group could not be learned from."""
SHOWN = 10
"""Groups of the lowest figures that are shown; the file has all."""


def train_each(
    *corpus: CorpusPath,
    by: str,
    out: Path,
    config: Path | None = None,
    seed: int | None = None,
    ray: str | None = None,
    reading: Reading = DEFAULT,
) -> int:
    """Learn a policy for each customer, site or other group of dialogues, from its own alone.

    Each is scored on a tenth of its dialogues; OUT/report.json has all figures, and the lowest are
    shown. Stopped and started again alike, it goes on where it stood. Exit code 1 where a group
    could not be learned from.

    Parameters
    ----------
    corpus
        Files or folders of dialogues.
    by
        The key of `meta` that says which group a dialogue is of.
    out
        The folder for the policies, each in a folder of its group's name.
    config
        Settings in TOML, for all of them.
    seed
        Of all that is random; goes before the one in the settings.
    ray
        Learn from each as a task on the Ray cluster at that address; `local` starts one here, with
        a process a core.
    """
    some_corpus(corpus)
    from cueline.corpus import read_all
    from cueline.corpus.account import Account
    from cueline.evaluation.each_group import GroupReport, folder, grouped, learn
    from cueline.evaluation.run_file import run_of
    from cueline.policy.serialization import check_place
    from cueline.training.trainer import settings_of

    settings = settings_of(config, seed)
    dialogues = read_all(corpus, account=Account(reading.options()))
    groups = grouped(dialogues, by)
    for name in groups:
        check_place(folder(out, name))
    done = GroupReport.read(out / REPORT, run_of(settings, by, dialogues))
    for result in done.results:
        groups.pop(result.group)
    print(f"{len(groups)} groups to learn from, {len(done.results)} done before")
    with ended_by_ctrl_c(), spread(ray) as mapped:
        for result, policy in learn(groups, settings, out, mapped):
            if policy is not None:
                policy.save(folder(out, result.group))
            done = done.plus(result)
            done.write(out / REPORT)
            print(_row(result), flush=True)
    print(*_summary(done), sep="\n")
    return WITHOUT_A_POLICY if any(one.why for one in done.results) else 0


def _row(result: GroupResult) -> str:
    figure = "  -   " if result.exact is None else f"{result.exact:.4f}"
    why = "" if result.why is None else f": {result.why}"
    return f"{figure}  {result.dialogues:>9,}  {result.group}{why}"


def _summary(report: GroupReport) -> Iterator[str]:
    ranked = report.ranked()
    without = sum(one.why is not None for one in report.results)
    yield f"{len(ranked)} policies, {without} groups without"
    if len(ranked) > 1:
        tenths = quantiles([one.exact or 0.0 for one in ranked], n=10, method="inclusive")
        low, middle, high = tenths[0], tenths[4], tenths[8]
        yield f"right: {middle:.4f} in the middle, and {low:.4f} to {high:.4f} for eight in ten"
    yield "right   dialogues  of the lowest"
    yield from map(_row, _lowest(ranked))


def _lowest(ranked: Sequence[GroupResult]) -> Sequence[GroupResult]:
    return ranked[::-1][:SHOWN]
