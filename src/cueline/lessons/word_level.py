"""Many-to-many inside a turn: words to embeddings, to outputs, to tags, to what the user named."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cueline.lessons.lesson import Step, Values, Variant, difference, shape
from cueline.lessons.word_arrays import WordArrays

MAX_TAGS = 12
"""Tags named."""


def word_steps(arrays: WordArrays, learned: str) -> Iterator[Step]:
    """The steps of one sentence; `learned` says what its tagger was fitted to."""
    yield _embeddings(arrays, learned)
    yield _outputs(arrays)
    yield _scores(arrays)
    yield _spans(arrays)


def _embeddings(arrays: WordArrays, learned: str) -> Step:
    embedded, weights = arrays.embedded, arrays.tagger.weights
    names = ("words", "forms", "endings")
    tables = tuple(weights[name].shape for name in names)
    sizes = ", ".join(f"Embedding{table}" for table in tables)
    context = weights["context.bias"].shape[0]
    variant = Variant(
        "Concatenate()([word, form, ending, context])",
        shape(embedded, "sentence, word, number"),
        arrays.words,
        embedded[0],
        tables,
        note=f"{sizes} for the word, its form and its ending; behind them, the same at every "
        f"word, {context} numbers for what the system just did and what was named before.",
    )
    return Step(
        "Inside a turn: words to embeddings",
        "A sample is now a sentence, and a time step is a word. The weights are learned: "
        f"{learned}. The sentence: {arrays.sentence.text}",
        (variant,),
    )


def _outputs(arrays: WordArrays) -> Step:
    outputs = arrays.outputs
    units = outputs.shape[-1] // 2
    last = np.concatenate([outputs[:, -1, :units], outputs[:, 0, units:]], axis=-1)
    shapes = tuple(
        arrays.tagger.weights[f"{way}.{part}"].shape
        for way in ("forward", "backward")
        for part in ("kernel", "recurrent", "bias")
    )
    variants = (
        Variant(
            f"Bidirectional(LSTM({units}))",
            shape(last, "sentence, unit"),
            ("all",),
            last,
            note="Loses: which word it was. Right for one answer a sentence.",
        ),
        Variant(
            f"Bidirectional(LSTM({units}, return_sequences=True))",
            shape(outputs, "sentence, word, unit"),
            arrays.words,
            outputs[0],
            shapes,
            note="Loses: nothing. Right for an answer at each word.",
        ),
    )
    return Step(
        "Inside a turn: LSTM over the words, there and back",
        "Half of the units have read the words up to this one, the other half those from the end "
        "back to it. That is no leak here: the whole sentence is there before anything is decided.",
        variants,
    )


def _scores(arrays: WordArrays) -> Step:
    scores, names = arrays.scores, arrays.tag_names
    kernel, bias = arrays.tagger.weights["output.kernel"], arrays.tagger.weights["output.bias"]
    by_word = np.stack([word @ kernel + bias for word in arrays.outputs[0]])[None]
    code, most = f"Dense({len(names)})", np.abs(scores).max()
    variants = tuple(
        Variant(
            written,
            shape(array, "sentence, word, tag"),
            arrays.words,
            array[0],
            (kernel.shape, bias.shape),
        )
        for written, array in ((code, scores), (f"TimeDistributed({code})", by_word))
    )
    more = ", .." if len(names) > MAX_TAGS else ""
    return Step(
        "Inside a turn: a score for each tag at each word",
        "A label has two tags: B- begins a span, I- goes on with it; O is none. In this order: "
        f"{', '.join(names[:MAX_TAGS])}{more}.",
        variants,
        "All words at once and word by word differ by "
        f"{difference(scores / most, by_word / most)} of the largest score: one set of weights "
        f"for all {len(arrays.words)} words.",
    )


def _spans(arrays: WordArrays) -> Step:
    variants = tuple(
        Variant(code, f"(1, {len(numbers)}) sentence, word", arrays.words, _column(numbers))
        for code, numbers in (
            ("scores.argmax(axis=-1)", arrays.likeliest),
            ("the best legal path (Viterbi)", arrays.legal),
        )
    )
    said = arrays.sentence.text
    tagged = ", ".join(f"{word} {tag}" for word, tag in zip(arrays.words, arrays.tags, strict=True))
    named = [
        f'{span.label} is "{said[span.start : span.end]}", characters {span.start} to {span.end}'
        + (f", which stands for {span.value}" if span.value is not None else "")
        for span in arrays.spans
    ]
    return Step(
        "Inside a turn: tags to what the user named",
        "I-x may follow B-x or I-x alone. The legal path with the highest sum of scores is taken; "
        "mostly that is the highest score at each word.",
        variants,
        f"{tagged}. {'; '.join(named) or 'Nothing is named'}.",
    )


def _column(numbers: list[int]) -> Values:
    return np.array(numbers, int)[:, None]
