from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from cueline.corpus.transforms.weak_spans import weak_spans
from cueline.dialogue import Dialogue, Span, Turn
from cueline.policy.tagging import Tagger
from cueline.policy.tagging.word_features import Surroundings
from cueline.settings import Settings
from cueline.training.tagging import (
    MAX_SHARE,
    REPLACED,
    LabelledText,
    TaggerNetwork,
    labelled_texts,
    replaced_shares,
    span_f1,
    train_tagger,
)
from tests.policy.arguments.test_argument_model import booking


@pytest.fixture(scope="module")
def tagger() -> Tagger:
    found = train_tagger(map(booking, range(60)), map(booking, range(60, 80)), Settings())
    assert found is not None
    return found


def test_it_finds_values_that_training_never_showed(tagger: Tagger) -> None:
    text = "find me a table in Zagreb"
    assert tagger.spans(text) == (Span(19, 25, "city"),)


def test_new_values_with_new_endings_are_found_too(tagger: Tagger) -> None:
    for name in ("Krkavq", "Ouija"):
        text = f"find me a table in {name}"
        assert tagger.spans(text) == (Span(19, len(text), "city"),)


def test_spans_are_varied_where_a_label_has_many_values() -> None:
    def texts(label: str, *values: str) -> Iterator[LabelledText]:
        for value in values:
            yield LabelledText(value, Surroundings(), (Span(0, len(value), label),))

    given = [
        *texts("name", *(chr(97 + n % 26) * (1 + n // 26) for n in range(100))),
        *texts("when", *["monday", "sunday"] * 50),
        *texts("many", *map(str, range(100))),
    ]
    assert replaced_shares(given, ["many", "name", "when"]).tolist() == [
        REPLACED / 100,
        MAX_SHARE,
        REPLACED * 2 / 100,
    ]


def test_the_same_seed_gives_the_same_bytes(tagger: Tagger) -> None:
    again = train_tagger(map(booking, range(60)), map(booking, range(60, 80)), Settings())
    assert again is not None
    for name, array in tagger.weights.items():
        assert array.tobytes() == again.weights[name].tobytes()


def test_numpy_gives_the_numbers_of_keras(tagger: Tagger) -> None:
    network = TaggerNetwork(tagger.facts, 3)
    model = network.training_model()
    one = next(labelled_texts([booking(4)]))
    found = tagger.facts.featurizer.numbers(one.text)
    context = np.zeros((1, len(tagger.facts.featurizer.context)), np.float32)
    context[0, tagger.facts.featurizer.columns(one.around)] = 1
    padding = 3
    rows = {
        name: np.array([[*getattr(found, name), *[0] * padding]], np.int32)
        for name in ("words", "forms", "endings")
    }
    size = len(found.words)
    back = np.array([[*range(size)[::-1], *range(size, size + padding)]], np.int32)
    kept = np.ones((1, 2 * tagger.weights["forward.recurrent"].shape[0]), np.float32)
    scores = np.asarray(
        model.predict({**rows, "back": back, "context": context, "kept": kept}, verbose=0)
    )
    mine = Tagger(tagger.facts, network.weights()).scores(one.text, one.around)
    assert mine == pytest.approx(scores[0, :size], abs=1e-5)


def test_spans_f1_counts_whole_spans(tagger: Tagger) -> None:
    assert span_f1(tagger, labelled_texts(map(booking, range(200, 220)))) > 0.9


def test_arguments_mark_the_words_that_they_repeat() -> None:
    dialogue = Dialogue(
        "d",
        (
            Turn("six of us, in New York please", actions=()),
            Turn("at 7", actions=("book",), arguments={"book": ({"city": "new york", "at": 7},)}),
        ),
    )
    first, second = weak_spans(dialogue).turns
    assert first.spans == (Span(14, 22, "city"),)
    assert second.spans == (Span(3, 4, "at"),)


def test_a_part_of_a_word_is_not_marked() -> None:
    turn = Turn("at 17 or so", actions=("book",), arguments={"book": ({"at": 7},)})
    assert weak_spans(Dialogue("d", (turn,))).turns[0].spans == ()
