"""The command that asks whether more dialogues would help."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts.types import NonNegativeInt

from cueline.cli.learning import some_corpus
from cueline.cli.many_trainings import ended_by_ctrl_c, given_and_held_out
from cueline.cli.reading import DEFAULT, CorpusPath, Many, Reading, spread

if TYPE_CHECKING:
    from cueline.dialogue import Dialogue
    from cueline.evaluation.curve import CurvePoint
    from cueline.policy import Policy


def curve(
    *corpus: CorpusPath,
    test: Annotated[list[CorpusPath], Many],
    out: Path,
    halvings: NonNegativeInt = 4,
    valid: Annotated[list[CorpusPath] | None, Many] = None,
    config: Path | None = None,
    seed: int | None = None,
    ray: str | None = None,
    reading: Reading = DEFAULT,
) -> None:
    """Learn from ever more of the dialogues: would more of them help?

    Trains on 1/16, 1/8, ... and all of them, and judges each. Stopped and started again alike, it
    goes on where it stood.

    Parameters
    ----------
    corpus
        Files or folders of dialogues.
    test
        The dialogues to evaluate on.
    out
        The file to write the figures to, JSON.
    halvings
        How often the dialogues are halved for the smallest size.
    valid
        Dialogues to stop and to calibrate by; without them a tenth of the corpus is held out,
        at most 2,000 of them.
    config
        Settings in TOML.
    seed
        Of all that is random, which dialogues come first included.
    ray
        Learn from each size as a task on the Ray cluster at that address; `local` starts one here.
    """
    some_corpus(corpus)
    from cueline.corpus import read_all
    from cueline.corpus.account import Account
    from cueline.evaluation.curve import Curve
    from cueline.evaluation.learning_curve import learn
    from cueline.evaluation.run_file import run_of
    from cueline.training import checkpoint
    from cueline.training.trainer import fit_policy, settings_of

    settings, options = settings_of(config, seed), reading.options()
    account = Account(options)
    dialogues, held_out = given_and_held_out(corpus, valid, settings, account)
    judges = read_all(test, account=account)
    done = Curve.read(out, run_of(settings, dialogues, held_out, judges))
    print(f"{'dialogues':>9} {'turns':>9}  right         95 %  free-running  linear  micro F1")
    for point in done.points:
        print(_row(point))

    def unfinished(dialogues: int) -> Path:  # several sizes may be learned from at a time
        return out.with_name(f"{out.name}.{dialogues}")

    def train(some: Sequence[Dialogue]) -> Policy:
        return fit_policy(some, held_out, settings, unfinished(len(some)))

    with ended_by_ctrl_c(), spread(ray) as mapped:
        for point in learn(dialogues, judges, train, settings, done.missing(halvings), mapped):
            done = done.plus(point)
            done.write(out)
            checkpoint.path_of(unfinished(point.dialogues)).unlink(missing_ok=True)
            print(_row(point), flush=True)
    if len(done.points) > 1:
        half, whole = done.points[-2:]
        print(f"the last doubling brought {whole.exact - half.exact:+.3f} right turns")


def _row(point: CurvePoint) -> str:
    low, high = point.intervals["exact"]
    free, linear = ("-" if v is None else f"{v:.3f}" for v in (point.free_running, point.linear))
    return (
        f"{point.dialogues:>9,} {point.turns:>9,}  {point.exact:.3f}  {low:.3f}-{high:.3f}"
        f"  {free:>12}  {linear:>6}  {point.micro_f1:>8.3f}"
    )
