"""Commands that teach."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from cueline.cli.reading import DEFAULT, CorpusPath, Reading
from cueline.dialogue import Dialogue, Turn
from cueline.errors import CorpusError, CuelineError
from cueline.io import replacing

if TYPE_CHECKING:
    from cueline.corpus.options import ReadingOptions
    from cueline.lessons.lesson import Lesson, Step

MAX_DIALOGUES = 500
"""Dialogues that the last step's model is fitted to: some seconds, whatever the corpus."""


def shapes(
    source: CorpusPath | None = None,
    *,
    dialogue: str | None = None,
    say: str | None = None,
    json: Path | None = None,
    reading: Reading = DEFAULT,
) -> None:
    """Take a dialogue through the network: what return_sequences and TimeDistributed do.

    Real shapes and numbers at each step, the alternatives side by side, and what each loses. The
    last steps fit models to the first dialogues of the corpus: one decides this dialogue's bits,
    one labels the words of a sentence. Of a policy, what its own word tagger hears is shown.

    Parameters
    ----------
    source
        A file or folder of dialogues, or a policy's folder; without it, a dialogue of three turns.
    dialogue
        The dialogue's id; the first one if none is given.
    say
        The sentence whose words are labelled, in place of the one in which most is named; a policy
        needs one.
    json
        Also write the steps and all numbers there.
    """
    from cueline.lessons import Lesson, step_text
    from cueline.policy.serialization import MAIN

    if source is None and (dialogue is not None or say is not None):
        given = f"--say {say!r}" if dialogue is None else f"--dialogue {dialogue}"
        raise CuelineError(f"{given} needs a corpus or a policy to look at it in")
    if source is not None and (source / MAIN).is_file():
        if say is None or dialogue is not None:
            raise CuelineError(f'{source} is a policy; give it a sentence, --say "a table for six"')
        title, lesson = _of_sentence(source, say)
    else:
        title, lesson = _of_dialogue(source, dialogue, say, reading.options())
    done: list[Step] = []
    for step in lesson.steps:
        if not done:
            print(title)
        done.append(step)
        print(step_text(len(done), step), flush=True)
    if json is not None:
        whole = Lesson(lesson.dialogue, lesson.actions, done)
        with replacing(json) as file:
            file.write(msgspec.json.format(msgspec.json.encode(whole.as_json()), indent=1))


def _of_sentence(folder: Path, said: str) -> tuple[str, Lesson]:
    from cueline.lessons import Lesson, sentence_heading, spoken_steps
    from cueline.policy import Policy

    policy, shown = Policy.load(folder), Dialogue("said", (Turn(said),))
    return sentence_heading(said), Lesson(shown, policy.actions.names, spoken_steps(policy, said))


def _of_dialogue(
    corpus: Path | None, wanted: str | None, said: str | None, options: ReadingOptions
) -> tuple[str, Lesson]:
    from cueline.actions import ActionSpace
    from cueline.lessons import QUESTION, Lesson, heading, lesson_steps

    shown, others = QUESTION, [QUESTION]
    if corpus is not None:
        shown, others = _chosen(corpus, wanted, options)
    actions = ActionSpace.of([shown]).names
    return heading(shown, len(actions)), Lesson(shown, actions, lesson_steps(shown, others, said))


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
