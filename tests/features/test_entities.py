"""Values that the system knows are marked: the longest first, and no word is lost."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cueline.features.entities import lexicon, mark, of_features

words = st.sampled_from(["new", "york", "city", "san", "paris", "to"])
texts = st.lists(words, max_size=8)
entities = st.dictionaries(
    st.sampled_from(["from", "to", "area"]),
    st.lists(st.lists(words, min_size=1, max_size=3).map(" ".join), max_size=4),
    max_size=3,
)


def slow_mark(text: list[str], known: list[dict[str, list[str]]]) -> list[tuple[str, bool]]:
    """The definition: at each word the longest value, of the first lexicon, of the first kind."""
    marked, position = [], 0
    while position < len(text):
        found = [
            (-len(value.split()), place, f"<{kind}>", value.split())
            for place, kinds in enumerate(known)
            for kind, values in kinds.items()
            for value in values
            if text[position:][: len(value.split())] == value.split()
        ]
        if found:
            *_, marker, value = min(found)
            marked += [(marker, False), *((word, True) for word in value)]
            position += len(value)
        else:
            marked.append((text[position], False))
            position += 1
    return marked


@given(texts, entities, entities)
def test_the_longest_value_wins_and_then_the_first_lexicon(
    text: list[str], own: dict[str, list[str]], known: dict[str, list[str]]
) -> None:
    marked, inside = mark(text, [lexicon(own), lexicon(known)])
    assert list(zip(marked, inside, strict=True)) == slow_mark(text, [own, known])


@given(texts, entities)
def test_the_values_of_a_turn_are_marked_single_and_in_lists(
    text: list[str], values: dict[str, list[str]]
) -> None:
    features = {
        kind: (given[0] if len(given) == 1 else tuple(given)) for kind, given in values.items()
    }
    found = of_features({**features, "count": 3, "open": True}, text)
    assert mark(text, [found]) == mark(text, [lexicon(values)])
