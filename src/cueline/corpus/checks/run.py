"""All checks over all corpora, each dialogue read once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import msgspec

from cueline.corpus.account import Account
from cueline.corpus.checks.action_names import ActionNames
from cueline.corpus.checks.arguments import UnseenArguments
from cueline.corpus.checks.broken_schemas import BrokenSchemas
from cueline.corpus.checks.contradictions import Contradictions
from cueline.corpus.checks.counts import ActionCounts
from cueline.corpus.checks.echoes import Echoes
from cueline.corpus.checks.emptiness import Emptiness
from cueline.corpus.checks.finding import LEVELS, Check, Finding
from cueline.corpus.checks.integrity import Consistency
from cueline.corpus.checks.kinds import KindsOfDialogues
from cueline.corpus.checks.message_rows import MessageRows
from cueline.corpus.checks.mined_rules import MinedPreconditions
from cueline.corpus.checks.spans import Spans
from cueline.corpus.checks.split_leakage import SplitLeakage
from cueline.corpus.checks.story_conflicts import StoryConflicts
from cueline.corpus.checks.target_leakage import TargetLeakage
from cueline.corpus.options import ReadingOptions
from cueline.corpus.sources import read
from cueline.rules.mining import Mined
from cueline.types import Map


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is in a corpus."""

    corpus: str
    dialogues: int
    turns: int
    actions: int
    sets: int
    """Distinct sets of actions."""
    account: Account
    """What was read, left out and passed over."""


@dataclass(frozen=True, slots=True)
class CheckReport:
    """The sizes of the corpora, and what may be wrong with them, the worst first."""

    sizes: list[Size]
    findings: list[Finding]
    preconditions: list[Mined]
    """Those that the first corpus keeps, all but a few dialogues of it."""

    @property
    def sound(self) -> bool:
        """Whether there is no error."""
        return all(finding.level != "error" for finding in self.findings)

    def as_json(self) -> dict[str, Any]:
        """The report as plain data."""
        return {
            "sound": self.sound,
            "corpora": [msgspec.to_builtins(size) for size in self.sizes],
            "findings": [asdict(finding) for finding in self.findings],
        }


def check(
    corpora: Sequence[str | Path],
    options: str | ReadingOptions | None = None,
    mapped: Map = map,
    schemas: Mapping[str, Any] | None = None,
) -> CheckReport:
    """Look at each of `corpora`; several are taken for splits, the one to train on first.

    `schemas` are JSON schemas of what actions are called with, and go before the corpora's own.
    """
    mined = MinedPreconditions()
    histories: list[Check] = [Contradictions(), StoryConflicts()]
    dialogues: list[Check] = [Emptiness(), Consistency(), MessageRows(), *histories, Echoes()]
    checks = [*dialogues, ActionNames(), ActionCounts(), TargetLeakage(), SplitLeakage()]
    checks += [Spans(), UnseenArguments(), BrokenSchemas(schemas or {}), KindsOfDialogues(), mined]
    sizes: list[Size] = []
    for number, corpus in enumerate(corpora):
        account = Account(tables=sum(size.account.tables for size in sizes))
        sizes.append(_seen(number, corpus, options, checks, account, mapped))
    found = [finding for check in checks for finding in check.findings()]
    found.sort(key=lambda finding: LEVELS.index(finding.level))
    return CheckReport(sizes, found, mined.mined)


def _seen(
    number: int,
    corpus: str | Path,
    options: str | ReadingOptions | None,
    checks: list[Check],
    account: Account,
    mapped: Map,
) -> Size:
    sets: set[frozenset[str]] = set()
    for dialogue in read([corpus], options, account, mapped):
        sets.update(frozenset(turn.actions or ()) for turn in dialogue.turns)
        for check in checks:
            check.see(number, dialogue)
    actions = frozenset().union(*sets)
    return Size(str(corpus), account.dialogues, account.turns, len(actions), len(sets), account)
