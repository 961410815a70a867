"""Commands that teach."""

from __future__ import annotations

from pathlib import Path

from cueline.cli.looking import find
from cueline.cli.reading import DEFAULT, Reading
from cueline.errors import CuelineError


def shapes(
    corpus: Path | None = None,
    *,
    dialogue: str | None = None,
    svg: Path | None = None,
    reading: Reading = DEFAULT,
) -> None:
    """Walk a dialogue through the network: what return_sequences and TimeDistributed do.

    Real shapes and numbers at each step, the alternatives side by side, and what each loses.

    Parameters
    ----------
    corpus
        A file or folder of dialogues; without it, a dialogue of three turns.
    dialogue
        The dialogue's id; the first one if none is given.
    svg
        Also draw it there.
    """
    if corpus is None and dialogue is not None:
        raise CuelineError(f"--dialogue {dialogue} needs the corpus that it is in")
    from cueline.lessons import QUESTION, text, walk
    from cueline.lessons import svg as draw

    lesson = walk(QUESTION if corpus is None else find(corpus, dialogue, reading.options()))
    print(text(lesson))
    if svg is not None:
        svg.write_text(draw(lesson), encoding="utf-8")
