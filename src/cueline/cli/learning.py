"""Commands that train a policy, evaluate it, and export it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec
from cyclopts import Parameter

from cueline.cli.reading import DEFAULT, CorpusPath, Many, Reading, spread
from cueline.errors import CuelineError
from cueline.io import replacing

GATE_FAILED = 1
"""Exit code where a gate fails."""


def train(
    *corpus: CorpusPath,
    out: Path,
    valid: Annotated[list[CorpusPath] | None, Many] = None,
    config: Path | None = None,
    rules: Path | None = None,
    actions: Path | None = None,
    seed: int | None = None,
    changes: Annotated[list[str] | None, Parameter(name="--set")] = None,
    base: Annotated[Path | None, Parameter(name="--from")] = None,
    ray: str | None = None,
    reading: Reading = DEFAULT,
) -> None:
    """Learn a policy from dialogues.

    Ctrl-C keeps the best so far; a run that was killed goes on when started again alike.

    Parameters
    ----------
    corpus
        Files or folders of dialogues.
    out
        The policy's folder.
    valid
        Dialogues to stop and to calibrate by; without them a tenth of the corpus is held out,
        at most 2,000 of them.
    config
        Settings in TOML.
    rules
        Preconditions, one a line: when an action may be done at all.
    actions
        JSON schemas of what actions are called with, in TOML; they go before the corpus's own.
    seed
        Of all that is random; goes before the one in the settings.
    changes
        One setting, training.epochs=5, which goes before that in the file; may be given several
        times.
    base
        A policy to train further: it learns what is new here and keeps what it knows.
    ray
        Read and featurise on the Ray cluster at that address; `local` starts one here.
    """
    some_corpus(corpus)
    from cueline.baselines import Lead
    from cueline.corpus.account import Account
    from cueline.policy import Policy
    from cueline.settings import Settings, changed
    from cueline.training.incremental import inherited
    from cueline.training.trainer import settings_of, train

    account = Account()
    known = None if base is None else Policy.load(base)
    settings = settings_of(config, None, defaults=Settings() if known is None else inherited(known))
    try:
        with spread(ray) as mapped:
            policy = train(
                corpus,
                out,
                valid=valid,
                config=changed(settings, changes) if changes else config,
                seed=seed,
                options=reading.options(),
                rules=rules,
                actions=actions,
                base=known,
                account=account,
                mapped=mapped,
            )
    finally:  # it may say why there is nothing to learn
        if account.records:
            print(*account.lines(), sep="\n")
    training = policy.training
    print(
        f"{out}: {len(policy.actions)} actions from {training['dialogues']} dialogues; "
        f"held-out exact {training['held_out']['exact']:.4f} after epoch {training['best_epoch']}"
    )
    print(*outlook_lines(training), sep="\n")
    if "lead" in training:
        print(f"out of fold: {msgspec.convert(training['lead'], Lead)}")
    for which, scored in training.get("evaluated", {}).items():
        before, after = scored["before"]["exact"], scored["after"]["exact"]
        print(f"{which} dialogues: exact {before:.4f} before, {after:.4f} after")


def evaluate(
    policy: Path,
    *corpus: CorpusPath,
    against: Path | None = None,
    gate: list[str] | None = None,
    json: Path | None = None,
    html: Path | None = None,
    curve: Path | None = None,
    risk: float | None = None,
    coverage: float | None = None,
    ray: str | None = None,
    reading: Reading = DEFAULT,
) -> int:
    """Judge a policy on dialogues it has not seen, beside simple baselines.

    https://github.com/cueline/cueline/blob/main/docs/evaluation.md says what each figure is worth.

    Exit code 1 where a gate fails.

    Parameters
    ----------
    policy
        The policy's folder.
    corpus
        Files or folders of dialogues.
    against
        Another policy's folder, to compare with on the same dialogues.
    gate
        What must hold, 'micro_f1>=0.9', by the names in the JSON; may be given several times.
    json
        Also write the figures there.
    html
        Also write a page there, with the figures and the dialogues to look through.
    curve
        What `cueline curve` wrote, to draw on that page.
    risk
        The share of wrong ones that is bearable among sure decisions (0.05 unless chosen).
    coverage
        The share of turns at which candidates should hold the right set (0.9 unless chosen).
    ray
        Read and score on the Ray cluster at that address; `local` starts one here.
    """
    some_corpus(corpus)
    from cueline.evaluation.curve import Curve
    from cueline.evaluation.gate import MetricGate
    from cueline.evaluation.rendering.terminal import show
    from cueline.evaluation.report import report_on
    from cueline.evaluation.scored_corpus import ScoredCorpus
    from cueline.policy import Policy
    from cueline.policy.reading import read_for

    if curve is not None and html is None:
        raise CuelineError("--curve is drawn on the page that --html FILE writes; give both")
    points = Curve.load(curve).points if curve else []
    gates = [MetricGate.parse(text) for text in gate or ()]
    other = None if against is None else Policy.load(against)
    own = Policy.load(policy).at(risk=risk, coverage=coverage)
    with spread(ray) as mapped:
        dialogues = list(read_for(own, corpus, reading.options(), mapped=mapped))
        scored = ScoredCorpus.of(own, dialogues, mapped)
        beside = None if other is None else ScoredCorpus.of(other, dialogues, mapped)
    report = report_on(scored, beside)
    figures = report.as_json()
    if json is not None:
        with replacing(json) as file:
            file.write(msgspec.json.format(msgspec.json.encode(figures), indent=1))
    if html is not None:
        from cueline.web.html_file import write

        write(html, scored, report, points)
    show(report)
    failures = [line for line in (gate.failure(figures) for gate in gates) if line is not None]
    for line in failures:
        print(line)
    return GATE_FAILED if failures else 0


def export(policy: Path, *, onnx: Path | None = None, keras: Path | None = None) -> None:
    """Hand the network on to other programs.

    `policy.arrays` gives the inputs; preconditions are in the input `allowed`. See
    https://github.com/cueline/cueline/blob/main/docs/keras.md.

    Parameters
    ----------
    policy
        The policy's folder.
    onnx
        Write it there for ONNX Runtime.
    keras
        Write it there as a `.keras` file.
    """
    if onnx is None and keras is None:
        raise CuelineError("say what to write: --onnx FILE or --keras FILE")
    from cueline.policy import Policy

    loaded = Policy.load(policy)
    if onnx is not None:
        from cueline.export.onnx import write_onnx

        write_onnx(loaded, onnx)
    if keras is not None:
        from cueline.export.keras import write_keras

        write_keras(loaded, keras)


def outlook_lines(training: Mapping[str, Any]) -> Iterator[str]:
    """What the policy would answer, at which risks."""
    outlook, kinds = training["outlook"], training.get("kinds")
    if outlook["alike"] is None:
        yield "no dialogue was held out to learn when to be sure; give more dialogues, or --valid"
        return
    yield f"sure of {_answered(outlook['alike'])}"
    if outlook["least_risk"] is None:
        yield "at no risk is it ever sure: more dialogues may change that"
    else:
        yield f"the smallest risk at which it is ever sure is {outlook['least_risk']:.1%}"
    if kinds and (new := outlook["new_kinds"]) is not None:
        yield (
            f"{kinds['count']} kinds of dialogues by `{kinds['by']}`; on kinds left out exact "
            f"{new['exact']:.4f}, sure of {_answered(new)}; of those at 5% risk "
            f"{new['wrong']['0.05']:.1%} were wrong"
        )


def _answered(outlook: Mapping[str, Any]) -> str:
    shares = [
        f"{share:.1%} at {float(risk):.0%} risk" for risk, share in outlook["answered"].items()
    ]
    return f"{', '.join(shares)} (of turns scored by networks that did not learn from them)"


def some_corpus(corpus: tuple[Path, ...]) -> None:
    """Raise `CuelineError` where no corpus is named."""
    if not corpus:
        raise CuelineError("name at least one corpus: a file or a folder of dialogues")
