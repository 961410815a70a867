"""A corpus comes from files, from dialogues, from dicts and from data frames, and reads alike."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import msgspec
import narwhals
import pytest
from hypothesis import given

import cueline
from cueline import Dialogue, Turn
from cueline.corpus import ReadingOptions, read_all
from cueline.corpus.formats import jsonl
from cueline.errors import CorpusError
from tests.corpus.formats.test_jsonl import json_objects, spans

EXAMPLES = Path(__file__).parents[2] / "examples"
BACKENDS = ("pandas", "polars", "pyarrow")

words = st.text("abc d", min_size=1).filter(str.strip)
names = st.lists(st.sampled_from(["greet", "ask", "close"]), unique=True).map(tuple)
numbers = st.integers(-9, 9) | st.floats(-9, 9, width=32)
features = st.fixed_dictionaries(
    {}, optional={"city": words, "count": numbers, "open": st.booleans(), "known": names}
)


plain_turns = st.builds(
    Turn, st.none() | words, features, st.none() | names, names, st.none() | words
)


@st.composite
def drawn_turns(draw: Any) -> Turn:
    turn = draw(plain_turns)
    calls = st.lists(json_objects, min_size=1, max_size=2).map(tuple)
    return msgspec.structs.replace(
        turn,
        spans=draw(spans(len(turn.user or ""))),
        arguments={action: draw(calls) for action in turn.actions or () if draw(st.booleans())},
        results=draw(st.dictionaries(words, calls, max_size=1)),
    )


@st.composite
def dialogues(draw: Any) -> list[Dialogue]:
    turn = drawn_turns()
    count = draw(st.integers(1, 4))
    parts = st.lists(turn, min_size=1, max_size=3).map(tuple)
    return [Dialogue(f"d{number}", draw(parts)) for number in range(count)]


def turns(corpus: Any) -> list[tuple[Turn, ...]]:
    return [dialogue.turns for dialogue in corpus]


def as_file(given: list[Dialogue], folder: Path) -> Any:
    jsonl.write(folder / "corpus.jsonl", given)
    return folder / "corpus.jsonl"


def as_files(given: list[Dialogue], folder: Path) -> Any:
    for number, dialogue in enumerate(given):
        jsonl.write(folder / f"{number}.jsonl", [dialogue])
    return [str(folder / f"{number}.jsonl") for number in range(len(given))]


FORMS: dict[str, Callable[[list[Dialogue], Path], Any]] = {
    "a file": as_file,
    "several files": as_files,
    "dialogues": lambda given, _: tuple(given),
    "a stream of dialogues": lambda given, _: iter(given),
    "dicts": lambda given, _: msgspec.to_builtins(given),
    "a corpus": lambda given, _: cueline.load(given),
}


@pytest.mark.parametrize("form", FORMS)
@given(given=dialogues())
def test_every_form_reads_as_the_same_dialogues(
    form: str, given: list[Dialogue], tmp_path_factory: pytest.TempPathFactory
) -> None:
    source = FORMS[form](given, tmp_path_factory.mktemp("corpus"))
    corpus = cueline.load(source)
    assert list(corpus) == given
    assert list(corpus) == given, "a corpus is iterated as often as one likes"
    assert corpus == given
    assert len(corpus) == len(given)
    assert corpus[0] == given[0]
    assert corpus[-1:] == given[-1:]


@pytest.mark.parametrize("backend", BACKENDS)
@given(given=dialogues().filter(lambda given: any(t.actions for d in given for t in d.turns)))
def test_a_data_frame_of_a_corpus_reads_as_its_turns(backend: str, given: list[Dialogue]) -> None:
    frame = cueline.load(given).to_frame(backend)
    found = cueline.load(frame)
    assert turns(found) == turns(given)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_frame_with_other_names_is_told_what_its_columns_are(backend: str) -> None:
    columns = {"conv": ["a", "a", "b"], "q": ["hi", "more", "hi"], "label": ["x", "y", "x;y"]}
    frame = narwhals.from_dict({**columns, "row": [1, 2, 3]}, backend=backend).to_native()
    roles = {"dialogue": "conv", "user": "q", "actions": "label", "drop": ["row"]}
    corpus = cueline.load(frame, columns=roles)
    assert turns(corpus) == [
        (Turn("hi", actions=("x",)), Turn("more", actions=("y",))),
        (Turn("hi", actions=("x", "y")),),
    ]
    with pytest.raises(CorpusError, match="data frame: no column for `dialogue`"):
        list(cueline.load(frame))


def test_missing_cells_of_pandas_say_nothing() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(
        {
            "dialogue": ["a", "a"],
            "user": ["hi", None],
            "actions": ["x", "y"],
            "when": [pandas.Timestamp("2026-01-02"), pandas.NaT],
            "count": [1.0, float("nan")],
        }
    )
    found = turns(cueline.load(frame))
    when = {"when": "2026-01-02T00:00:00"}
    assert found == [
        (Turn("hi", {**when, "count": 1.0}, None, ("x",)), Turn(None, {}, None, ("y",)))
    ]


@pytest.mark.parametrize(
    "source, what",
    [
        ("no-such-file.jsonl", "no-such-file.jsonl: no such file or folder"),
        ([], "the dialogues given: no dialogue in it"),
        ([3], r"dialogue \[0\]: expected a Dialogue or a dict, not int"),
        ([{"id": "a", "turns": [{"user": "hi"}]}], r"dialogue \[0\]: \$\.turns\[0\].*`actions`"),
        ([{"id": "a", "turns": [{"user": 3, "actions": []}]}], r"\[0\]: \$\.turns\[0\]\.user:"),
        ({"id": "a"}, "one dialogue is no corpus"),
        (Dialogue("a", (Turn("hi", actions=()),)), "one dialogue is no corpus"),
    ],
)
def test_what_is_no_corpus_is_told_so(source: Any, what: str) -> None:
    with pytest.raises(CorpusError, match=what):
        list(cueline.load(source))


def test_a_split_parts_by_whole_dialogues_and_always_alike() -> None:
    corpus = cueline.load(EXAMPLES / "train.jsonl")
    larger, smaller = corpus.split(0.25, seed=3)
    again = cueline.load(list(reversed(list(corpus)))).split(0.25, seed=3)
    ids = [{d.id for d in part} for part in (larger, smaller)]
    assert not ids[0] & ids[1]
    assert sum(map(len, ids)) == len(corpus)
    assert len(smaller) == round(0.25 * len(corpus))
    assert [{d.id for d in part} for part in again] == ids


def read_as_learned(source: cueline.Corpus, learned: cueline.Corpus) -> list[Dialogue]:
    """As a policy that learned from `learned` reads `source`."""
    return read_all(source, ReadingOptions().preferring(learned.options.kept()))


@pytest.mark.parametrize("kind", ["frame", "file"])
def test_parts_of_a_table_and_other_tables_are_read_by_whom_learned_from_it(
    kind: str, tmp_path: Path
) -> None:
    def table(user: str) -> cueline.Corpus:
        frame = cueline.example("test").to_frame().rename(columns={"user": user, "actions": "did"})
        frame.to_csv(tmp_path / f"{user}.csv", index=False)
        source = frame if kind == "frame" else tmp_path / f"{user}.csv"
        return cueline.load(source, columns={"user": user, "actions": "did"})

    corpus, other = table("said"), table("heard")
    for part in (*corpus.split(0.3), corpus[:5]):
        assert read_all(part) == read_as_learned(part, corpus) == list(part)
    assert read_as_learned(other, corpus) == list(other)
    assert read_as_learned(other[:5], corpus) == list(other)[:5]
    with pytest.raises(CorpusError, match="no table in it"):
        list(cueline.load([corpus[0]], columns={"user": "said"}))


def test_what_one_types_is_told_what_it_has() -> None:
    corpus = cueline.load(EXAMPLES / "test.jsonl")
    assert repr(corpus) == f"Corpus({EXAMPLES / 'test.jsonl'!r})"
    count = sum(len(dialogue.turns) for dialogue in corpus[:2])
    assert repr(corpus[:2]) == f"<Corpus: 2 dialogues, {count} turns>"
    assert {"load", "train", "evaluate", "Policy", "Corpus", "Settings"} <= set(dir(cueline))


def test_a_table_has_words_and_calls_as_json() -> None:
    frame = narwhals.from_dict(
        {
            "dialogue": ["a", "a"],
            "user": ["well", "to Rome"],
            "actions": [None, "go"],
            "spans_json": [None, '[{"start": 3, "end": 7, "label": "city"}]'],
            "arguments_json": [None, '{"go": [{"to": "Rome"}]}'],
        },
        backend="polars",
    ).to_native()
    (dialogue,) = read_all(frame, ReadingOptions(blank="skip"))
    (turn,) = dialogue.turns
    (span,) = turn.spans
    assert (turn.user or "")[span.start : span.end] == "Rome"
    assert turn.arguments == {"go": ({"to": "Rome"},)}


@pytest.mark.parametrize(
    "column, cell, message",
    [
        ("spans_json", '[{"start": 0, "end": 9, "label": "x"}]', "row 0: the span 'x' ends at"),
        ("arguments_json", '{"ask": [{}]}', "row 0: there are arguments for 'ask'"),
        ("results_json", "sent", "`results_json`"),
    ],
)
def test_json_that_says_nothing_of_the_turn_is_refused(
    column: str, cell: str, message: str
) -> None:
    columns = {"dialogue": ["a"], "user": ["hi"], "actions": ["x"], column: [cell]}
    frame = narwhals.from_dict(columns, backend="polars").to_native()
    with pytest.raises(CorpusError, match=message):
        list(cueline.load(frame))
