"""What is shown of a sentence is what the tagger does with it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from cueline.dialogue import Dialogue, Turn
from cueline.errors import CorpusError, PolicyError
from cueline.lessons import sentence_heading, spoken_steps, step_text
from cueline.lessons.fitted_words import fitted_word_steps
from cueline.lessons.lesson import Step
from cueline.lessons.word_arrays import Sentence, WordArrays, fullest_sentence
from cueline.policy.listener import Listener
from cueline.policy.tagging.labels import decode
from cueline.policy.tagging.tagger import CONTEXT_SIZE, FORM_SIZE, UNITS, WORD_SIZE
from cueline.settings import NetworkSettings
from tests.policies import dialogues, random_policy
from tests.policy.arguments.test_argument_model import booking
from tests.policy.tagging.test_tagger import TEXTS, random_tagger

POLICY = random_policy(NetworkSettings(embedding=5, units=7))
letters = st.sampled_from("a six Paris長ไทยé\x00&<\n") | st.characters()


@given(st.text(letters, max_size=60), st.integers(0, 3), st.sampled_from([one for _, one in TEXTS]))
def test_layer_by_layer_gives_what_the_tagger_gives(text: str, seed: int, around: object) -> None:
    tagger = random_tagger(seed)
    arrays = WordArrays(tagger, Sentence(text, around))
    count = len(arrays.words)
    assert arrays.embedded.shape == (1, count, WORD_SIZE + 2 * FORM_SIZE + CONTEXT_SIZE)
    assert arrays.outputs.shape == (1, count, 2 * UNITS)
    assert arrays.scores.shape == (1, count, 5)
    if not count:
        assert arrays.spans == arrays.tags == ()
        return
    assert arrays.scores[0] == pytest.approx(tagger.scores(text, around), abs=1e-4)
    labels = tagger.facts.labels
    found = [(one.first, one.last, labels[one.label]) for one in decode(arrays.legal)]
    tokens = tagger.facts.featurizer.numbers(text).tokens
    assert found == [
        (
            [token.start for token in tokens].index(span.start),
            [token.end for token in tokens].index(span.end) + 1,
            span.label,
        )
        for span in arrays.spans
    ]


@given(dialogues)
def test_the_sentence_that_names_most_is_heard_as_it_is_live(dialogue: Dialogue) -> None:
    tagger = random_tagger(1)
    sentence = fullest_sentence(tagger, dialogue)
    heard = list(Listener(tagger).hear_all(dialogue))
    most = max(len(one.spans) for one in heard)
    if sentence is None:
        assert not any(tagger.facts.featurizer.numbers(one.turn.user or "").words for one in heard)
    else:
        said = [(one.turn.user, one.spans) for one in heard if len(one.spans) == most]
        assert (sentence.text, tagger.spans(*sentence)) in said
        longest = max(len(tagger.facts.featurizer.numbers(text or "").words) for text, _ in said)
        assert len(WordArrays(tagger, sentence).words) == longest


@given(st.text(letters, min_size=1, max_size=90))
def test_any_sentence_fits_into_80_columns(text: str) -> None:
    policy = POLICY.with_words(random_tagger(2), None)
    lines = sentence_heading(text).splitlines()
    if WordArrays(random_tagger(2), Sentence(text)).words:
        lines += lined(list(spoken_steps(policy, text)))
    else:
        with pytest.raises(CorpusError, match="no word"):
            spoken_steps(policy, text)
    assert max(map(cell_len, lines)) <= 80
    assert all(line.isprintable() for line in lines)


def test_a_policy_that_hears_nothing_says_so() -> None:
    with pytest.raises(PolicyError, match="hears no words"):
        spoken_steps(POLICY, "a table")


def test_a_sentence_of_a_policy_needs_no_keras() -> None:
    code = (
        "import sys; from cueline.lessons import spoken_steps\n"
        "from cueline.settings import NetworkSettings; from cueline.web import memory_probe\n"
        "from tests.policies import random_policy\n"
        "from tests.policy.tagging.test_tagger import random_tagger\n"
        "policy = random_policy(NetworkSettings(embedding=5, units=7))\n"
        "policy = policy.with_words(random_tagger(2), None)\n"
        "assert len(list(spoken_steps(policy, 'a table for six'))) == 4\n"
        "assert not {'keras', 'jax', 'torch'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def lined(steps: Sequence[Step]) -> list[str]:
    return [line for step in steps for line in step_text(1, step).splitlines()]


def test_words_of_your_dialogues_are_labelled_by_what_the_others_taught() -> None:
    corpus = [*map(booking, range(60))]
    shown = booking(3)
    embedded, outputs, scores, tags = fitted_word_steps(shown, [*corpus, shown], None)
    assert "from 50 of your dialogues, which this one is not among" in embedded.text
    assert "find me a table in" in embedded.text
    one, many = outputs.variants
    assert one.shape.startswith("(1, 128) ") and many.shape.startswith("(1, 10, 128) ")
    dense, distributed = scores.variants
    assert np.allclose(dense.values, distributed.values, atol=1e-5)
    assert "in O, Bonn B-city" in tags.finding
    assert 'city is "Bonn", characters 19 to 23' in tags.finding
    assert max(map(cell_len, lined([embedded, outputs, scores, tags]))) <= 80
    *_, said = fitted_word_steps(shown, [*corpus, shown], "a table in Zagreb")
    assert 'city is "Zagreb", characters 11 to 17' in said.finding


def test_where_nothing_is_named_there_is_no_such_step() -> None:
    nothing = Dialogue("a", (Turn("hi", actions=("greet",)),))
    assert [*fitted_word_steps(nothing, [nothing], None)] == []
    with pytest.raises(CorpusError, match="names nothing"):
        next(fitted_word_steps(nothing, [nothing], "hi"))
