"""The command that asks what a policy would have saved in front of a large model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from cueline.cli.learning import some_corpus
from cueline.cli.reading import DEFAULT, CorpusPath, Reading


def cascade(
    policy: Path,
    *transcripts: CorpusPath,
    price: Annotated[tuple[float, float] | None, Parameter(negative=())] = None,
    json: Path | None = None,
    html: Path | None = None,
    reading: Reading = DEFAULT,
) -> None:
    """Say what a policy would have saved as the first tier in front of a large model.

    For each promised risk: the turns and calls that it would have answered, the wrong ones among
    them, whole dialogues, and tokens. The transcripts must be others than it learned from. See
    https://github.com/cueline/cueline/blob/main/docs/savings.md.

    Parameters
    ----------
    policy
        The policy's folder.
    transcripts
        Files or folders of dialogues.
    price
        What a million tokens cost that the model reads, and a million that it writes: 2.5 10.
    json
        Also write the figures there.
    html
        Also write a page there.
    """
    some_corpus(transcripts)
    import msgspec

    from cueline.errors import CuelineError
    from cueline.evaluation.rendering.savings import html_page, show_savings
    from cueline.evaluation.savings import savings
    from cueline.io import replacing
    from cueline.policy import Policy
    from cueline.policy.reading import read_for

    if price is not None and min(price) < 0:
        raise CuelineError(f"--price {price[0]:g} {price[1]:g}: a price is not below 0")
    judge = Policy.load(policy)
    found = savings(judge, list(read_for(judge, transcripts, reading.options())), price)
    if json is not None:
        with replacing(json) as file:
            file.write(msgspec.json.format(msgspec.json.encode(found.as_json()), indent=1) + b"\n")
    if html is not None:
        with replacing(html) as file:
            file.write(html_page(found).encode())
    show_savings(found)
