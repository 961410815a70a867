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


def take(table: Dataset, dialogues: Ints) -> Dataset:
    """The given dialogues, in that order, with the utterances that occur in them, in memory."""
    parts = [_dialogues(table, some) for some in in_portions(dialogues, AT_ONCE)]
    together = _one_after_another(parts, [0] * len(parts), table.utterances)
    both = np.concatenate([together.turns.utterance, together.value_masked.utterance])
    kept, number = np.unique(both, return_inverse=True)
    seen, value_masked = np.split(number.astype(np.int32), [len(together.turns.utterance)])
    return replace(
        together,
        utterances=Ragged.joined([_utterances(table, some) for some in in_portions(kept, AT_ONCE)]),
        turns=replace(together.turns, utterance=seen),
        value_masked=replace(together.value_masked, utterance=value_masked),
    )


def joined(tables: Sequence[Dataset]) -> Dataset:
    """The dialogues of all `tables`, one table after the other, copied into memory.

    Where all but one are empty, that one is returned as it is: a large corpus is not copied.
    """
    tables = [table for table in tables if len(table.lengths)] or tables[:1]
    if len(tables) == 1:
        return tables[0]
    utterances = Ragged.joined([table.utterances for table in tables])
    offsets = _starts([len(table.utterances) for table in tables])
    return _one_after_another(tables, offsets, utterances)


def _one_after_another(
    tables: Sequence[Dataset], offsets: Sequence[int], utterances: Ragged
) -> Dataset:
    """One dataset of all; each one's utterance numbers are raised by its entry in `offsets`."""
    turns = _starts([int(table.dialogues[-1]) for table in tables])
    ends = [table.dialogues[1:] + start for table, start in zip(tables, turns, strict=True)]
    return Dataset(
        dialogues=np.concatenate([[0], *ends]).astype(np.int64),
        utterances=utterances,
        turns=_joined([table.turns for table in tables], offsets),
        value_masked=_joined([table.value_masked for table in tables], offsets),
        targets=Ragged.joined([table.targets for table in tables]),
        out_of_space=np.concatenate([table.out_of_space for table in tables]),
        masks=np.concatenate([table.masks for table in tables]),
    )


def drawn(table: Dataset, turns: int, rng: np.random.Generator) -> Dataset:
    """`table`, or dialogues drawn at random from a larger one, with at most `turns` turns together.

    At least one dialogue is drawn; they keep their order.
    """
    if table.dialogues[-1] <= turns:
        return table
    order = rng.permutation(len(table.lengths))
    fitting = np.cumsum(table.lengths[order]) <= turns
    return take(table, np.sort(order[: max(int(fitting.sum()), 1)]))


def _dialogues(table: Dataset, dialogues: Ints) -> Dataset:
    """The given dialogues in that order, beside all utterances of `table`."""
    turns = table.dialogue_turns(dialogues)
    rows = turns if len(table.targets) == table.dialogues[-1] else dialogues
    ends = np.cumsum(table.dialogues[dialogues + 1] - table.dialogues[dialogues])
    part = Dataset(
        dialogues=np.concatenate([[0], ends]).astype(np.int64),
        utterances=table.utterances,
        turns=_turns(table.turns, turns),
        value_masked=_turns(table.value_masked, turns),
        targets=table.targets.take(rows),
        out_of_space=table.out_of_space[rows],
        masks=table.masks[rows],
    )
    table.release()
    return part


def _utterances(table: Dataset, rows: Ints) -> Ragged:
    part = table.utterances.take(rows)
    table.release()
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
