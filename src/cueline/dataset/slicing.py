"""Some dialogues of a dataset, and several datasets as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from cueline.dataset.dataset import Dataset, TurnArrays
from cueline.dataset.ragged import Ragged, in_portions
from cueline.types import Ints

AT_ONCE = 100
"""Dialogues taken before memory is released: each may bring sixteen pages of every mapped file into
memory."""


def take(dataset: Dataset, dialogues: Ints) -> Dataset:
    """The given dialogues, in that order, with the utterances that occur in them, in memory."""
    parts = [_dialogues(dataset, some) for some in in_portions(dialogues, AT_ONCE)]
    together = _one_after_another(parts, [0] * len(parts), dataset.utterances)
    both = np.concatenate([together.turns.utterance, together.value_masked.utterance])
    kept, number = np.unique(both, return_inverse=True)
    seen, value_masked = np.split(number.astype(np.int32), [len(together.turns.utterance)])
    return replace(
        together,
        utterances=Ragged.joined(
            [_utterances(dataset, some) for some in in_portions(kept, AT_ONCE)]
        ),
        turns=replace(together.turns, utterance=seen),
        value_masked=replace(together.value_masked, utterance=value_masked),
    )


def joined(datasets: Sequence[Dataset]) -> Dataset:
    """The dialogues of all `datasets`, one after the other, copied into memory.

    Where all but one are empty, that one is returned as it is: a large corpus is not copied.
    """
    datasets = [dataset for dataset in datasets if len(dataset.lengths)] or datasets[:1]
    if len(datasets) == 1:
        return datasets[0]
    utterances = Ragged.joined([dataset.utterances for dataset in datasets])
    offsets = _starts([len(dataset.utterances) for dataset in datasets])
    return _one_after_another(datasets, offsets, utterances)


def turn_portions(lengths: Ints, dialogues: Ints, turns: int) -> list[Ints]:
    """`dialogues` in order, in portions of about that many turns. *Shape of lengths:* (D,)."""
    run = np.cumsum(lengths[dialogues]) // max(turns, 1)
    return np.split(dialogues, np.flatnonzero(np.diff(run)) + 1)


def _one_after_another(
    datasets: Sequence[Dataset], offsets: Sequence[int], utterances: Ragged
) -> Dataset:
    """One dataset of all; each one's utterance numbers are raised by its entry in `offsets`."""
    turns = _starts([int(dataset.dialogues[-1]) for dataset in datasets])
    ends = [dataset.dialogues[1:] + start for dataset, start in zip(datasets, turns, strict=True)]
    return Dataset(
        dialogues=np.concatenate([[0], *ends]).astype(np.int64),
        utterances=utterances,
        turns=_joined([dataset.turns for dataset in datasets], offsets),
        value_masked=_joined([dataset.value_masked for dataset in datasets], offsets),
        targets=Ragged.joined([dataset.targets for dataset in datasets]),
        out_of_space=np.concatenate([dataset.out_of_space for dataset in datasets]),
        masks=np.concatenate([dataset.masks for dataset in datasets]),
    )


def drawn(dataset: Dataset, turns: int, rng: np.random.Generator) -> Dataset:
    """`dataset`, or dialogues drawn at random from a larger one, of at most `turns` turns in all.

    At least one dialogue is drawn; they keep their order.
    """
    if dataset.dialogues[-1] <= turns:
        return dataset
    order = rng.permutation(len(dataset.lengths))
    fitting = np.cumsum(dataset.lengths[order]) <= turns
    return take(dataset, np.sort(order[: max(int(fitting.sum()), 1)]))


def _dialogues(dataset: Dataset, dialogues: Ints) -> Dataset:
    """The given dialogues in that order, beside all utterances of `dataset`."""
    turns = dataset.dialogue_turns(dialogues)
    rows = turns if len(dataset.targets) == dataset.dialogues[-1] else dialogues
    ends = np.cumsum(dataset.dialogues[dialogues + 1] - dataset.dialogues[dialogues])
    part = Dataset(
        dialogues=np.concatenate([[0], ends]).astype(np.int64),
        utterances=dataset.utterances,
        turns=_turns(dataset.turns, turns),
        value_masked=_turns(dataset.value_masked, turns),
        targets=dataset.targets.take(rows),
        out_of_space=dataset.out_of_space[rows],
        masks=dataset.masks[rows],
    )
    dataset.release()
    return part


def _utterances(dataset: Dataset, rows: Ints) -> Ragged:
    part = dataset.utterances.take(rows)
    dataset.release()
    return part


def _turns(source: TurnArrays, turns: Ints) -> TurnArrays:
    values = source.values[source.columns.places(turns)]
    return TurnArrays(source.utterance[turns], source.columns.take(turns), values)


def _joined(parts: Sequence[TurnArrays], offsets: Sequence[int]) -> TurnArrays:
    moved = [part.utterance + offset for part, offset in zip(parts, offsets, strict=True)]
    return TurnArrays(
        np.concatenate(moved).astype(np.int32),
        Ragged.joined([part.columns for part in parts]),
        np.concatenate([part.values for part in parts]),
    )


def _starts(sizes: Sequence[int]) -> list[int]:
    return [sum(sizes[:number]) for number in range(len(sizes))]
