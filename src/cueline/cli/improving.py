"""The command that does a whole round: collect, learn, judge, and let the new policy in."""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

from cyclopts import Parameter

from cueline.cli.learning import GATE_FAILED, evaluate, train
from cueline.cli.reading import CorpusPath, Many
from cueline.cli.serving import STORE, Stored, needs_extra
from cueline.errors import CuelineError

HELD_OUT = 0.2
"""Share of the collected dialogues that are held out, to judge by."""
NOT_WORSE = "exact>=against.figures.exact.other"
"""The gate where none is given: at least as many turns right as the policy that serves."""


def improve(
    policy: Path,
    *,
    store: Stored = STORE,
    corrected: Annotated[bool, Parameter(negative=())] = False,
    test: Annotated[list[CorpusPath] | None, Many] = None,
    gate: list[str] | None = None,
    seed: int | None = None,
    service: str | None = None,
) -> int:
    """Learn from what a service has kept, and let the new policy in if it passes the gate.

    `collect`, `train --from` and `evaluate --against` in one; see
    https://github.com/cueline/cueline/blob/main/docs/incremental.md. POLICY is replaced in the end,
    and the one before is POLICY-old. Exit code 1 where the gate fails: then POLICY stays, and
    POLICY-new is what was learned.

    Parameters
    ----------
    policy
        The folder of the policy that serves.
    store
        Where the dialogues are kept.
    corrected
        Only dialogues that someone corrected.
    test
        Dialogues to judge by; without them a fifth of those collected is held out.
    gate
        What must hold, as for `evaluate`; may be given several times. Without any, the new policy
        must be right at no fewer turns than the old one.
    seed
        Of all that is random in training.
    service
        The address of a running service that is to use the new policy: its --policies is the folder
        in which POLICY is, and the variable CUELINE_KEY has a key to it.
    """
    needs_extra()
    from cueline.cli.running_service import RunningService
    from cueline.evaluation.gate import MetricGate
    from cueline.policy import Policy
    from cueline.policy.reading import read_for
    from cueline.server.command import collect

    policy = policy.resolve()
    new, old = (policy.with_name(f"{policy.name}-{which}") for which in ("new", "old"))
    serving = Policy.load(policy)
    gates = gate or [NOT_WORSE]
    for text in gates:  # what is wrong with them is said before anything is learned
        MetricGate.parse(text)
    if test:
        next(read_for(serving, test))
    with TemporaryDirectory(prefix="cueline-improve-") as folder:
        collected = Path(folder, "collected.jsonl")
        count = collect(collected, store=store, corrected=corrected)
        print(f"{store}: {count} dialogues")
        if not count:
            return 0
        learned, judging = (collected, test) if test else _parted(collected, store)
        train(learned, out=new, base=policy, seed=seed)
        failed = evaluate(new, *judging, against=policy, gate=gates)
    refusal = None if failed or service is None else RunningService(service).use(new.name)
    if refusal is not None:
        print(refusal)
    if failed or refusal is not None:
        print(f"{policy} stays as it is; what was learned is in {new}")
        return GATE_FAILED
    serving.save(old)
    Policy.load(new).save(policy)
    shutil.rmtree(new)
    print(f"{policy} is the new policy; the one before is in {old}")
    return 0


def _parted(collected: Path, store: str) -> tuple[Path, list[Path]]:
    """What to learn from, and what to judge by; a dialogue's id says where it goes in any round."""
    from cueline.corpus.formats import jsonl
    from cueline.corpus.transforms.split import draw_of

    learned, held_out = (collected.with_name(f"{name}.jsonl") for name in ("learned", "held-out"))
    for out, wanted in ((learned, False), (held_out, True)):
        some = (
            one
            for one in jsonl.read(collected)
            if (draw_of(one.id, 0) < HELD_OUT * 2**64) == wanted
        )
        jsonl.write(out, some)
        if not out.stat().st_size:
            raise CuelineError(
                f"{store}: too few dialogues to learn from some and judge by others; name a corpus "
                "to judge by, --test CORPUS"
            )
    return learned, [held_out]
