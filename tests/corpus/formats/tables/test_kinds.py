"""The same dialogues read back equal, whatever kind of table they are in."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cueline.corpus import read_all
from cueline.corpus.options import ReadingOptions
from cueline.dialogue import Dialogue, Turn
from tests.corpus.formats.tables.writing import KINDS, NAMED_ENCODINGS, Rows

pytest.importorskip("pyarrow")
pytest.importorskip("python_calamine")

said = st.text("ab Zéü,;|\t\"'=-1", min_size=1, max_size=12).filter(lambda text: text.strip())
texts = st.none() | st.lists(said, min_size=1, max_size=3).map("\n".join)
actions = st.lists(st.sampled_from(["greet", "ask people", "offer(x)", "close"]), unique=True)
features = st.fixed_dictionaries(
    {},
    optional={
        "city": st.sampled_from(["Rome", "Zürich", "N/A"]),
        "count": st.integers(-5, 10**9),
        "open": st.booleans(),
        "likes": st.lists(st.sampled_from(["a", "b b"]), min_size=1).map(tuple),
    },
)
turns = st.builds(
    Turn,
    user=texts,
    features=features,
    available=st.none() | actions.filter(bool).map(tuple),
    actions=actions.map(tuple),
    system=texts,
)
corpora = st.lists(st.lists(turns, min_size=1, max_size=4), min_size=1, max_size=4)
COLUMNS = ("city", "count", "open", "likes")


def row_a_turn(dialogues: list[Dialogue]) -> Rows:
    return [
        {
            "dialogue": dialogue.id,
            "turn": number,
            "user": turn.user,
            "system": turn.system,
            "actions": list(turn.actions or ()),
            "available": ";".join(turn.available) if turn.available else None,
            **_cells(turn),
        }
        for dialogue in dialogues
        for number, turn in enumerate(dialogue.turns)
    ]


def row_a_message(dialogues: list[Dialogue]) -> Rows:
    rows = []
    for dialogue in dialogues:
        for turn in dialogue.turns:
            for line in [] if turn.user is None else turn.user.split("\n"):
                rows.append(_message(dialogue, "Customer", line, None, None, turn))
            done, allowed = list(turn.actions or ()), turn.available
            rows.append(_message(dialogue, "Agent", turn.system, done, allowed, None))
    return rows


def _message(
    dialogue: Dialogue,
    speaker: str,
    text: str | None,
    done: list[str] | None,
    allowed: tuple[str, ...] | None,
    known: Turn | None,
) -> dict[str, Any]:
    cells = dict.fromkeys(COLUMNS) if known is None else _cells(known)
    return {
        "conversation_id": dialogue.id,
        "speaker": speaker,
        "text": text,
        "disposition": done,
        "available": ";".join(allowed) if allowed else None,
        **cells,
    }


def _cells(turn: Turn) -> dict[str, Any]:
    cells = {name: turn.features.get(name) for name in COLUMNS}
    return {name: list(cell) if isinstance(cell, tuple) else cell for name, cell in cells.items()}


def read_back(kind: str, rows: Rows) -> list[Dialogue]:
    name, write = KINDS[kind]
    encoding = kind if kind in NAMED_ENCODINGS else None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        write(path, rows)
        return read_all([path], ReadingOptions(encoding=encoding, format=_format(kind)))


def _format(kind: str) -> str | None:
    """What is in an encoding that the file does not say cannot be recognised."""
    return "csv" if kind in NAMED_ENCODINGS else None


def as_dialogues(kind: str, corpus: list[list[Turn]]) -> list[Dialogue]:
    meta = {"source": KINDS[kind][0]}
    return [Dialogue(f"d{number}", tuple(turns), meta) for number, turns in enumerate(corpus)]


@pytest.mark.parametrize("kind", KINDS)
@given(corpus=corpora)
def test_a_turn_a_row_reads_back_equal(kind: str, corpus: list[list[Turn]]) -> None:
    dialogues = as_dialogues(kind, corpus)
    assert read_back(kind, row_a_turn(dialogues)) == dialogues


@pytest.mark.parametrize("kind", KINDS)
@given(corpus=corpora)
def test_a_message_a_row_reads_back_equal(kind: str, corpus: list[list[Turn]]) -> None:
    """What is known stands in rows of the customer, so a turn without one knows nothing."""
    known = [[_unknowing(turn) for turn in turns] for turns in corpus]
    dialogues = as_dialogues(kind, known)
    assert read_back(kind, row_a_message(dialogues)) == dialogues


def _unknowing(turn: Turn) -> Turn:
    if turn.user is not None:
        return turn
    return Turn(None, {}, turn.available, turn.actions, turn.system)
