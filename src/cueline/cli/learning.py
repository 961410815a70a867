"""Commands that make a policy, judge it, and hand it on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import Parameter

from cueline.errors import CuelineError
from cueline.files import replacing
from cueline.policy import Policy


def train(
    *corpus: Path,
    out: Path,
    valid: Annotated[list[Path] | None, Parameter(consume_multiple=True)] = None,
    config: Path | None = None,
    seed: int | None = None,
    format: str | None = None,
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
        Dialogues to stop and to calibrate by; without them a tenth of the corpus is held out.
    config
        Settings in TOML.
    seed
        Of all that is random; goes before the one in the settings.
    format
        The format of the corpus, where it is not recognised.
    """
    _some(corpus)
    from cueline.network.training import train

    policy = train(corpus, out, valid=valid, config=config, seed=seed, format=format)
    known = policy.training
    print(
        f"{out}: {len(policy.actions)} actions from {known['dialogues']} dialogues; "
        f"held-out exact {known['held_out']['exact']:.4f} after epoch {known['best_epoch']}"
    )


def evaluate(
    policy: Path,
    *corpus: Path,
    json: Path | None = None,
    html: Path | None = None,
    format: str | None = None,
) -> None:
    """Judge a policy on dialogues it has not seen, beside simple baselines.

    Parameters
    ----------
    policy
        The policy's folder.
    corpus
        Files or folders of dialogues.
    json
        Also write the figures there.
    html
        Also write a page there, with the figures and the dialogues to look through.
    format
        The format of the corpus, where it is not recognised.
    """
    _some(corpus)
    from cueline.evaluation import evaluate
    from cueline.evaluation.terminal import show

    report = evaluate(Policy.load(policy), corpus, format=format)
    if json is not None:
        with replacing(json) as file:
            file.write(msgspec.json.format(msgspec.json.encode(report.as_json()), indent=1))
    if html is not None:
        from cueline.corpus import load
        from cueline.page.file import write
        from cueline.page.judged import Judged

        write(html, Judged.of(Policy.load(policy), load(corpus, format)))
    show(report)


def export(policy: Path, *, onnx: Path | None = None, keras: Path | None = None) -> None:
    """Hand the network on to other programs.

    The inputs are told by `cueline.policy.onnx_export`; Keras's are the same but for the state.

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
    loaded = Policy.load(policy)
    if onnx is not None:
        from cueline.policy.onnx_export import write_onnx

        write_onnx(loaded, onnx)
    if keras is not None:
        loaded.keras_model().save(keras)


def _some(corpus: tuple[Path, ...]) -> None:
    if not corpus:
        raise CuelineError("name at least one corpus: a file or a folder of dialogues")
