"""The command that asks which settings are best, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts.types import NonNegativeInt, PositiveInt

from cueline.cli.learning import some_corpus
from cueline.cli.many_trainings import ended_by_ctrl_c, given_and_held_out
from cueline.cli.reading import DEFAULT, CorpusPath, Many, Reading, spread
from cueline.errors import CuelineError

if TYPE_CHECKING:
    from cueline.evaluation.sweep import Standing


def sweep(
    *corpus: CorpusPath,
    out: Path,
    vary: list[str] | None = None,
    seeds: PositiveInt = 3,
    halvings: NonNegativeInt = 0,
    valid: Annotated[list[CorpusPath] | None, Many] = None,
    config: Path | None = None,
    ray: str | None = None,
    reading: Reading = DEFAULT,
) -> None:
    """Learn with each mix of settings, with several seeds, and rank them by dialogues held out.

    All are scored on the same ones, by which training stops too: judge what you choose on others,
    with `evaluate`. Stopped and started again alike, or with more to try, it goes on where it
    stood.

    Parameters
    ----------
    corpus
        Files or folders of dialogues.
    out
        The file to write the figures to, JSON.
    vary
        A setting and its values, network.units=64,128; may be given several times.
    seeds
        How many seeds each mix is learned with.
    halvings
        How often the dialogues are halved for the smallest size; each seed draws its own.
    valid
        Dialogues to stop and to rank by; without them a tenth of the corpus is held out, at most
        2,000 of them.
    config
        The settings that are not varied, in TOML.
    ray
        Learn each as a task on the Ray cluster at that address; `local` starts one here, with a
        process a core.
    """
    some_corpus(corpus)
    varied = dict(_values(text) for text in vary or ())
    from cueline.corpus.account import Account
    from cueline.evaluation.run_file import run_of
    from cueline.evaluation.sweep import Sweep, learn, trials
    from cueline.training.trainer import settings_of

    settings, account = settings_of(config, None), Account(reading.options())
    wanted = trials(
        varied,
        [0.5**halved for halved in range(halvings + 1)],
        range(settings.seed, settings.seed + seeds),
    )
    for trial in wanted:  # what is wrong with one is said before any is learned
        trial.settings(settings)
    dialogues, held_out = given_and_held_out(corpus, valid, settings, account)
    done = Sweep.read(out, run_of(settings, dialogues, held_out))
    missing = done.missing(wanted)
    print(f"{len(wanted)} to learn, {len(wanted) - len(missing)} of them done before")
    with ended_by_ctrl_c(), spread(ray) as mapped:
        for result in learn(dialogues, held_out, settings, missing, out, mapped):
            done = done.plus(result)
            done.write(out)
            print(f"{result.exact:.4f}  {result.trial}", flush=True)
    print(*_table(done.ranked(wanted)), sep="\n")


def _values(text: str) -> tuple[str, list[str]]:
    name, equals, values = text.partition("=")
    several = [value.strip() for value in values.split(",")]
    if not (equals and name.strip() and all(several)):
        raise CuelineError(f"--vary {text}: expected NAME=VALUE,VALUE, network.units=64,128 say")
    return name.strip(), several


def _table(ranked: Sequence[Standing]) -> Iterator[str]:
    yield "right   +-      nll     seeds  dialogues  settings"
    for one in ranked:
        spread = "  -   " if one.spread is None else f"{one.spread:.4f}"
        yield (
            f"{one.exact:.4f}  {spread}  {one.nll:.4f}  {one.seeds:>5}  {one.dialogues:>9,.0f}"
            f"  {' '.join(one.changes) or '(as given)'}"
        )
    if len(ranked) > 1:
        first, second = ranked[:2]
        lead, noise = first.exact - second.exact, max(first.spread or 0.0, second.spread or 0.0)
        if lead <= noise:
            yield f"not told apart: the first two are {lead:.4f} apart, and seeds {noise:.4f}"
