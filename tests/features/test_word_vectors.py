"""Word vectors are the same from every kind of file, and a file that is none says where."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cueline.errors import SettingsError
from cueline.features.word_vectors import read

words = st.text(st.characters(codec="utf-8", categories=["L", "N"]), min_size=1, max_size=4)
lengths = st.integers(2, 5)
numbers = st.floats(-1e6, 1e6, width=32)
tables = lengths.flatmap(
    lambda length: st.dictionaries(
        words, st.lists(numbers, min_size=length, max_size=length), min_size=1, max_size=6
    )
)


def as_text(table: dict[str, list[float]], head: str = "") -> str:
    rows = (f"{word} {' '.join(map(repr, vector))}\n" for word, vector in table.items())
    return head + "".join(rows)


@given(tables, st.data())
def test_every_kind_of_file_gives_the_vectors_of_the_wanted_words(
    tmp_path_factory: pytest.TempPathFactory, table: dict[str, list[float]], data: st.DataObject
) -> None:
    wanted = set(data.draw(st.lists(st.sampled_from(list(table)), min_size=1))) | {"zz absent"}
    folder = tmp_path_factory.mktemp("vectors")
    glove, word2vec, npz = folder / "glove.txt", folder / "word2vec.vec", folder / "v.npz"
    glove.write_text(as_text(table))
    word2vec.write_text(as_text(table, f"{len(table)} {len(next(iter(table.values())))}\n"))
    np.savez(npz, words=np.array(list(table)), vectors=np.array(list(table.values())))
    expected = {word: np.float32(table[word]) for word in table if word in wanted}
    for path in (glove, word2vec, npz):
        found = read(path, wanted)
        assert found.keys() == expected.keys()
        for word, vector in found.items():
            assert vector.dtype == np.float32
            assert vector.tolist() == expected[word].tolist()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "v.txt: no word vector in it"),
        ("2 3\n", "v.txt: no word vector in it"),
        ("tea 1 2\nmilk 1\n", "v.txt:2: a vector of 1 numbers where the first has 2"),
        ("tea 1 2\nmilk 1 two\n", "v.txt:2: not a word and its numbers, separated by spaces"),
        ("milk 1 2\ntea 1 nan\n", "v.txt:2: the vector of 'tea' is not finite"),
        ("milk 1 2\n", "v.txt: none of the words of the corpus has a vector in it"),
    ],
)
def test_text_that_holds_no_vectors_is_refused_with_its_place(
    tmp_path: Path, text: str, message: str
) -> None:
    (tmp_path / "v.txt").write_text(text)
    with pytest.raises(SettingsError, match=re.escape(message)):
        read(tmp_path / "v.txt", {"tea"})


def test_what_nobody_wants_need_not_be_finite(tmp_path: Path) -> None:
    (tmp_path / "v.txt").write_text("milk 1 nan\ntea 1 2\n")
    assert read(tmp_path / "v.txt", {"tea"})["tea"].tolist() == [1, 2]


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"v\.npz: no such file of word vectors"):
        read(tmp_path / "v.npz", {"tea"})


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"words": np.array(["tea"])}, "needs the arrays `words` and `vectors`"),
        ({"words": np.array(["tea"]), "vectors": np.ones(2)}, "words (1,) and vectors (2,) do not"),
        ({"words": np.array(["tea"]), "vectors": np.ones((2, 2))}, "do not fit; give (n,) and"),
        ({"words": np.array([object()]), "vectors": np.ones((1, 2))}, "needs the arrays"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(
    tmp_path: Path, arrays: dict[str, np.ndarray], message: str
) -> None:
    np.savez(tmp_path / "v.npz", **arrays)
    with pytest.raises(SettingsError, match=re.escape(message)):
        read(tmp_path / "v.npz", {"tea"})
    (tmp_path / "v.npz").write_bytes(b"PK no archive")
    with pytest.raises(SettingsError, match="needs the arrays"):
        read(tmp_path / "v.npz", {"tea"})


def test_words_with_a_space_that_does_not_break_and_bytes_that_are_no_text_are_passed_over(
    tmp_path: Path,
) -> None:
    """Published files hold both, and lines that end in a space, as word2vec writes them."""
    path = tmp_path / "v.txt"
    path.write_bytes("tea\u00a0pot 1 2 \n".encode() + b"caf\xe9 3 4 \n" + b"tea 5 6 \n")
    assert {word: vector.tolist() for word, vector in read(path, {"tea"}).items()} == {
        "tea": [5.0, 6.0]
    }
