"""Commands that teach."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from cueline.cli.reading import DEFAULT, Reading
from cueline.dialogue import Dialogue
from cueline.errors import CorpusError, CuelineError
from cueline.io import replacing

if TYPE_CHECKING:
    from cueline.corpus.options import ReadingOptions
    from cueline.lessons.lesson import Step

MAX_DIALOGUES = 500
"""Dialogues that the last step's model is fitted to: some seconds, whatever the corpus."""


def shapes(
    corpus: Path | None = None,
    *,
    dialogue: str | None = None,
    json: Path | None = None,
    reading: Reading = DEFAULT,
) -> None:
    """Take a dialogue through the network: what return_sequences and TimeDistributed do.

    Real shapes and numbers at each step, the alternatives side by side, and what each loses. The
    last step fits a model to the first dialogues of the corpus and decides this one's bits.

    Parameters
    ----------
    corpus
        A file or folder of dialogues; without it, a dialogue of three turns.
    dialogue
        The dialogue's id; the first one if none is given.
    json
        Also write the steps and all numbers there.
    """
    if corpus is None and dialogue is not None:
        raise CuelineError(f"--dialogue {dialogue} needs the corpus that it is in")
    from cueline.actions import ActionSpace
    from cueline.lessons import QUESTION, Lesson, heading, lesson_steps, step_text

    shown, others = QUESTION, [QUESTION]
    if corpus is not None:
        shown, others = _chosen(corpus, dialogue, reading.options())
    actions = ActionSpace.of([shown]).names
    steps: list[Step] = []
    for step in lesson_steps(shown, others):
        if not steps:
            print(heading(shown, len(actions)))
        steps.append(step)
        print(step_text(len(steps), step), flush=True)
    if json is not None:
        lesson = Lesson(shown, actions, tuple(steps))
        with replacing(json) as file:
            file.write(msgspec.json.format(msgspec.json.encode(lesson.as_json()), indent=1))


def _chosen(
    corpus: Path, wanted: str | None, options: ReadingOptions
) -> tuple[Dialogue, list[Dialogue]]:
    """The dialogue of that id, or the first, and the first `MAX_DIALOGUES`."""
    from cueline.corpus import read

    found: Dialogue | None = None
    first: list[Dialogue] = []
    for dialogue in read(corpus, options):
        if found is None and wanted in (None, dialogue.id):
            found = dialogue
        if len(first) < MAX_DIALOGUES:
            first.append(dialogue)
        elif found is not None:
            break
    if found is None:
        raise CorpusError(f"{corpus}: no dialogue with the id {wanted!r}; give one that is in it")
    return found, first
