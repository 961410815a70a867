"""A policy for each group of dialogues, a customer or a site, and how good each is.

Groups are learned from apart, each as one piece of work, so that thousands of small policies are
made on as many cores as there are. Each is scored on its own held-out dialogues.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import starmap
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from msgspec import Struct
from msgspec.structs import replace

from cueline.corpus.transforms.split import group_of
from cueline.dialogue import Dialogue
from cueline.errors import CuelineError
from cueline.evaluation.run_file import RunFile
from cueline.policy import Policy
from cueline.settings import Settings
from cueline.training import checkpoint
from cueline.training.trainer import fit_policy, hold_out
from cueline.types import Map


class GroupResult(Struct, frozen=True, kw_only=True):
    """What became of a group."""

    group: str
    dialogues: int
    exact: float | None = None
    """Share of its held-out turns that are right; None where there is no policy."""
    nll: float | None = None
    """That of its held-out turns, in nats."""
    why: str | None = None
    """Why there is no policy."""


class GroupReport(RunFile, frozen=True, kw_only=True):
    """The groups done so far."""

    results: list[GroupResult] = []

    def plus(self, result: GroupResult) -> GroupReport:
        """The report with one more."""
        return replace(self, results=[*self.results, result])

    def ranked(self) -> list[GroupResult]:
        """Those that have a policy, the best first: by right turns, then by likelihood."""
        made = [one for one in self.results if one.exact is not None]
        return sorted(made, key=lambda one: (-(one.exact or 0.0), one.nll))


class Made(NamedTuple):
    """A group's result, and its policy where there is one."""

    result: GroupResult
    policy: Policy | None


class Group(NamedTuple):
    """Dialogues that are learned from apart."""

    name: str
    dialogues: Sequence[Dialogue]

    def __str__(self) -> str:
        return self.name


def grouped(dialogues: Sequence[Dialogue], by: str) -> dict[str, list[Dialogue]]:
    """The dialogues by `meta[by]`. Raises `CorpusError` at the first that does not have it."""
    found: dict[str, list[Dialogue]] = {}
    for dialogue in dialogues:
        found.setdefault(group_of(dialogue, by), []).append(dialogue)
    return found


def learn(
    groups: Mapping[str, Sequence[Dialogue]], settings: Settings, out: Path, mapped: Map = map
) -> Iterator[Made]:
    """Learn from each group by `mapped`; checkpoints go beside its folder in `out`.

    A group that cannot be learned from stops no other: its result says why.
    """
    return mapped(partial(_learned, settings, out), starmap(Group, groups.items()))


def folder(out: Path, group: str) -> Path:
    """Where the policy of a group goes, whatever stands in its name."""
    name = quote(group, safe="") or "%"
    return out / (name if name.strip(".") else name.replace(".", "%2E"))


def _learned(settings: Settings, out: Path, group: Group) -> Made:
    name, dialogues = group
    place = folder(out, name)
    try:
        given, held_out = hold_out(dialogues, settings)
        policy = fit_policy(given, held_out, settings, place)
    except CuelineError as error:
        return Made(GroupResult(group=name, dialogues=len(dialogues), why=str(error)), None)
    checkpoint.path_of(place).unlink(missing_ok=True)
    found = policy.training["held_out"]
    figures = {"exact": found["exact"], "nll": -found["gain"]} if found else {}
    return Made(GroupResult(group=name, dialogues=len(dialogues), **figures), policy)
