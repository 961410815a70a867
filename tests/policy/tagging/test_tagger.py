from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cueline.policy.tagging import Tagger
from cueline.policy.tagging.span_values import SpanValues
from cueline.policy.tagging.tagger import TaggerFacts, tagger_shapes
from cueline.policy.tagging.word_features import Surroundings, WordFeaturizer

TEXTS = [
    ("a table for six in Paris", Surroundings(("ask",), "Where?", ("people",))),
    ("find me a place in Rome", Surroundings()),
]


def random_tagger(seed: int) -> Tagger:
    featurizer = WordFeaturizer.fit([*TEXTS, *TEXTS], 100, 1)
    facts = TaggerFacts(featurizer, ["city", "people"], SpanValues({}, {}))
    draw = np.random.default_rng(seed)
    weights = {
        name: draw.normal(0, 1, shape).astype(np.float32)
        for name, shape in tagger_shapes(facts).items()
    }
    return Tagger(facts, weights)


@given(st.text(max_size=40), st.integers(0, 3))
def test_spans_are_in_the_text_in_order_and_apart(text: str, seed: int) -> None:
    end = 0
    for span in random_tagger(seed).spans(text):
        assert end <= span.start < span.end <= len(text)
        assert text[span.start : span.end].strip()
        end = span.end


def test_what_stands_behind_a_word_counts_for_it() -> None:
    tagger = random_tagger(0)
    one, other = tagger.scores("table for six"), tagger.scores("table for Paris")
    assert not np.allclose(one[0], other[0])


def test_what_was_going_on_counts() -> None:
    tagger = random_tagger(0)
    text, around = TEXTS[0]
    assert not np.allclose(tagger.scores(text), tagger.scores(text, around))


def test_it_is_the_plain_formula() -> None:
    """The same as an LSTM written out, without the halved gates and the tables."""
    tagger = random_tagger(1)
    text, around = TEXTS[0]
    weights = {name: array.astype(np.float64) for name, array in tagger.weights.items()}
    numbers = tagger.facts.featurizer.numbers(text)
    columns = tagger.facts.featurizer.columns(around)
    context = np.tanh(weights["context.kernel"][columns].sum(axis=0) + weights["context.bias"])
    inputs = np.array(
        [
            np.concatenate(
                [weights["words"][word], weights["forms"][form], weights["endings"][end], context]
            )
            for word, form, end in zip(numbers.words, numbers.forms, numbers.endings, strict=True)
        ]
    )
    there = lstm(weights, "forward", inputs)
    back = lstm(weights, "backward", inputs[::-1])[::-1]
    expected = np.hstack([there, back]) @ weights["output.kernel"] + weights["output.bias"]
    assert tagger.scores(text, around) == pytest.approx(expected, abs=1e-4)


def lstm(weights: dict[str, np.ndarray], way: str, inputs: np.ndarray) -> np.ndarray:
    units = weights[f"{way}.recurrent"].shape[0]
    hidden, cell, outputs = np.zeros(units), np.zeros(units), []
    for row in inputs:
        gates = row @ weights[f"{way}.kernel"] + hidden @ weights[f"{way}.recurrent"]
        into, keep, new, out = np.split(gates + weights[f"{way}.bias"], 4)
        cell = sigmoid(keep) * cell + sigmoid(into) * np.tanh(new)
        hidden = sigmoid(out) * np.tanh(cell)
        outputs.append(hidden)
    return np.array(outputs)


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


@given(
    st.lists(st.sampled_from(["ask", "did ask", "Where"])),
    st.none() | st.sampled_from(["Where? where", "ask people", ""]),
    st.lists(st.sampled_from(["people", "city"])),
)
def test_what_was_going_on_has_the_columns_of_its_marks(
    actions: list[str], system: str | None, labels: list[str]
) -> None:
    featurizer, around = random_tagger(0).facts.featurizer, Surroundings(actions, system, labels)
    marks = [featurizer.context[column] for column in featurizer.columns(around)]
    assert marks == sorted(set(around.marks()).intersection(featurizer.context))
