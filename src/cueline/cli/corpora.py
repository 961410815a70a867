"""Commands about corpora: from any format to Cueline's own, and what may be wrong with one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec

from cueline.cli.reading import DEFAULT, CorpusPath, Many, Reading, spread
from cueline.errors import CuelineError

if TYPE_CHECKING:
    from cueline.corpus.checks import CheckReport
    from cueline.dialogue import Dialogue

UNSOUND = 1
"""Exit code where a check finds an error."""
_MARKS = {"error": "ERROR  ", "warning": "warning", "note": "note   "}


def convert(
    *paths: CorpusPath,
    steps: bool = False,
    scrub: bool = False,
    pattern: Annotated[list[str] | None, Many] = None,
    ray: str | None = None,
    reading: Reading = DEFAULT,
) -> None:
    """Convert corpora into one in Cueline's own format.

    Parameters
    ----------
    paths
        Files or folders of dialogues, then the file to write, which ends in .jsonl.
    steps
        One action a turn: the further ones become turns in which the user is silent.
    scrub
        Replace e-mail addresses, phone, card and account numbers by placeholders.
    pattern
        Something else to scrub, NAME=REGEX.
    ray
        Read the files on the Ray cluster at that address; `local` starts one here.
    """
    if len(paths) < 2 or paths[-1].suffix != ".jsonl":
        raise CuelineError("name at least one corpus, then the file to write, OUT.jsonl")
    from cueline.corpus import read
    from cueline.corpus.account import Account
    from cueline.corpus.formats import jsonl
    from cueline.corpus.transforms.one_action import steps as in_steps
    from cueline.corpus.transforms.scrub import scrub as scrubbed

    *corpora, out = paths
    if not isinstance(out, Path):
        raise CuelineError(f"{out}: name a file to write that is here")
    account = Account(reading.options())
    counts = [0, 0]
    with spread(ray) as mapped:
        dialogues = read(corpora, account=account, mapped=mapped)
        if steps:
            dialogues = in_steps(dialogues)
        if scrub or pattern:
            dialogues = scrubbed(dialogues, _patterns(pattern or ()))
        jsonl.write(out, _counted(dialogues, counts))
    print(*account.lines(), sep="\n")
    print(f"{out}: {counts[0]} dialogues, {counts[1]} turns")


def check(
    *corpora: CorpusPath,
    json: Path | None = None,
    actions: Path | None = None,
    rules: Path | None = None,
    ray: str | None = None,
    reading: Reading = DEFAULT,
) -> int:
    """Look for what may be wrong with corpora; exit code 1 where something surely is.

    Parameters
    ----------
    corpora
        Files or folders of dialogues; several are taken for splits, the one to train on first.
    json
        Also write the findings there.
    actions
        JSON schemas of what actions are called with, in TOML; they go before the corpus's own.
    rules
        Also write there the preconditions that the first corpus keeps, for `train --rules`.
    ray
        Read the files on the Ray cluster at that address; `local` starts one here.
    """
    if not corpora:
        raise CuelineError("name at least one corpus: a file or a folder of dialogues")
    from cueline.corpus.checks import check
    from cueline.corpus.checks.mined_rules import write_rules
    from cueline.json_schemas import read_schemas

    schemas = None if actions is None else read_schemas(actions)
    with spread(ray) as mapped:
        report = check(corpora, reading.options(), mapped, schemas)
    for line in _lines(report):
        print(line)
    if json is not None:
        json.write_bytes(msgspec.json.format(msgspec.json.encode(report.as_json())) + b"\n")
    if rules is not None:
        write_rules(rules, report.preconditions)
    return 0 if report.sound else UNSOUND


def formats() -> None:
    """List every format and dialect that is read, by the name that --format takes."""
    from cueline.corpus.registry import DIALECTS, VIEWS

    width = max(map(len, VIEWS))
    for name, format in sorted(VIEWS.items()):
        described = DIALECTS.get(name, format).__doc__ or ""
        print(f"{name:<{width}}  {described.splitlines()[0].rstrip('.:')}")


def _patterns(given: Iterable[str]) -> dict[str, str]:
    pairs = [item.partition("=") for item in given]
    if not all(name and equals for name, equals, _ in pairs):
        raise CuelineError("--pattern takes NAME=REGEX, such as 'order=[A-Z]{2}[0-9]{6}'")
    return {name: regex for name, _, regex in pairs}


def _counted(dialogues: Iterable[Dialogue], counts: list[int]) -> Iterator[Dialogue]:
    for dialogue in dialogues:
        counts[0] += 1
        counts[1] += len(dialogue.turns)
        yield dialogue


def _lines(report: CheckReport) -> Iterator[str]:
    for size in report.sizes:
        yield (
            f"{size.corpus}: {size.dialogues} dialogues, {size.turns} turns, "
            f"{size.actions} actions in {size.sets} sets"
        )
        yield from (f"  {line}" for line in size.account.lines())
    for finding in report.findings:
        yield f"{_MARKS[finding.level]} {finding.message}  [{finding.kind}]"
        yield from (f"          {example}" for example in finding.examples)
    if not report.findings:
        yield "nothing found"
