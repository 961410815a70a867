from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cueline.corpus.transforms.scrub import scrub
from cueline.dialogue import Dialogue, Span, Turn
from cueline.errors import CorpusError


def scrubbed(*texts: str, **patterns: str) -> list[str | None]:
    turns = tuple(Turn(text, actions=()) for text in texts)
    (dialogue,) = scrub([Dialogue("d", turns)], patterns)
    return [turn.user for turn in dialogue.turns]


FOUND = {
    "write to Ann.O+x@mail.example.org.": "write to email_1.",
    "card 4111 1111 1111 1111, thanks": "card card_1, thanks",
    "5500-0000-0000-0004": "card_1",
    "pay to GB82 WEST 1234 5698 7654 32 now": "pay to iban_1 now",
    "de89370400440532013000": "iban_1",
    "call +44 20 7946 0018 or (408) 247-8880": "call phone_1 or phone_2",
    "020 7946 0018": "phone_1",
    "my number is 408-247-8880.": "my number is phone_1.",
    "4082478880": "phone_1",
}
LEFT = [
    "0000 0000 0000 0000",  # Luhn's formula holds, but nobody's card has it
    "4111 1111 1111 1112",  # Luhn's formula does not hold
    "GB83 WEST 1234 5698 7654 32",  # the remainder is not 1
    "2019-03-08 at 10:30",
    "08/03/2019",
    "half past 11",
    "I want 1,000,000 of them",
    "order 12345",
    "version 1.2.3.4",
    "a@b",
    "US12 is a road",
]


@pytest.mark.parametrize("text", FOUND)
def test_personal_data_become_placeholders(text: str) -> None:
    assert scrubbed(text) == [FOUND[text]]


@pytest.mark.parametrize("text", LEFT)
def test_what_only_looks_personal_stays(text: str) -> None:
    assert scrubbed(text) == [text]


def test_the_same_is_the_same_in_one_dialogue_and_counts_anew_in_the_next() -> None:
    one = Dialogue("1", (Turn("a@x.org b@x.org", actions=()), Turn("B@X.org", actions=())))
    two = Dialogue("2", (Turn("b@x.org", actions=()),))
    first, second = scrub([one, two])
    assert [turn.user for turn in first.turns] == ["email_1 email_2", "email_2"]
    assert second.turns[0].user == "email_1"


def test_everything_said_known_or_kept_is_scrubbed_and_names_are_not() -> None:
    turn = Turn(
        None,
        {"to": "a@x.org", "cc": ("b@x.org", "c"), "n": 3},
        available=("mail a@x.org",),
        actions=("mail a@x.org",),
        system="sent to a@x.org",
    )
    meta = {"calls": [[{"name": "send", "arguments": {"to": "b@x.org", "n": 1}}]]}
    (dialogue,) = scrub([Dialogue("d", (turn,), meta)])
    assert dialogue.turns == (
        Turn(
            None,
            {"to": "email_1", "cc": ("email_2", "c"), "n": 3},
            available=("mail a@x.org",),
            actions=("mail a@x.org",),
            system="sent to email_1",
        ),
    )
    assert dialogue.meta == {"calls": [[{"name": "send", "arguments": {"to": "email_2", "n": 1}}]]}


def test_a_personal_id_becomes_a_number() -> None:
    given = [Dialogue(id, (Turn("b@x.org", actions=()),)) for id in ("d", "ann@x.org")]
    told = [(dialogue.id, dialogue.turns[0].user) for dialogue in scrub(given)]
    assert told == [("d", "email_1"), ("dialogue-2", "email_1")]


def test_own_patterns_go_first() -> None:
    assert scrubbed("order 408-247-8880", order=r"\d{3}-\d{3}-\d{4}") == ["order order_1"]


@pytest.mark.parametrize(
    "patterns, message",
    [({"a": "("}, "the pattern 'a' is no regular"), ({"a b": "x"}, "'a b' is no name")],
)
def test_a_pattern_that_is_none_is_refused(patterns: dict[str, str], message: str) -> None:
    with pytest.raises(CorpusError, match=message):
        scrubbed("x", **patterns)


def luhn(digits: str) -> str:
    """`digits` and the one that makes Luhn's formula hold."""
    doubled = [sum(divmod(2 * int(d), 10)) for d in digits[::-1][::2]]
    plain = [int(d) for d in digits[::-1][1::2]]
    return digits + str(-sum(doubled + plain) % 10)


def iban(country: str, account: str) -> str:
    number = "".join(str(int(c, 36)) for c in account + country + "00")
    return f"{country}{98 - int(number) % 97:02}{account}"


@given(st.from_regex(r"[1-9]\d{13,15}", fullmatch=True), st.sampled_from(["", " ", "-"]))
def test_no_card_number_is_left(digits: str, between: str) -> None:
    if not digits.isascii():
        return
    number = between.join(re.findall(".{1,4}", luhn(digits)))
    assert scrubbed(f"card {number}.") == ["card card_1."]


@given(
    st.sampled_from(["DE", "FR", "NO"]),
    st.text("ABCXYZ0123456789", min_size=12, max_size=28),
    st.booleans(),
)
def test_no_account_number_is_left(country: str, account: str, spaced: bool) -> None:
    number = iban(country, account)
    number = " ".join(re.findall(".{1,4}", number)) if spaced else number
    assert scrubbed(f"to {number}, please") == ["to iban_1, please"]


@given(st.text(), st.text(max_size=20))
def test_scrubbing_twice_is_scrubbing_once(text: str, more: str) -> None:
    once = scrubbed(f"{text} a@x.org {more}")
    assert scrubbed(*[part or "" for part in once]) == once


PIECES = ["a@x.org", "408-247-8880", "4111 1111 1111 1111", "hello", "é 𝄞", " ", ", ", "x@y"]


@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=8), st.data())
def test_spans_move_with_their_words(pieces: list[str], data: st.DataObject) -> None:
    """A span of whole pieces is as long as its pieces scrubbed by themselves."""
    text = " | ".join(pieces)
    first = data.draw(st.integers(0, len(pieces) - 1))
    last = data.draw(st.integers(first, len(pieces) - 1))
    start = len(" | ".join([*pieces[:first], ""]))
    words = " | ".join(pieces[first : last + 1])
    turn = Turn(text, actions=(), spans=(Span(start, start + len(words), "x"),))
    (dialogue,) = scrub([Dialogue("d", (turn,))])
    (found,), user = dialogue.turns[0].spans, dialogue.turns[0].user or ""
    before, after = text[:start], text[start + len(words) :]
    parts = scrubbed(before, words, after)  # one dialogue, so placeholders count alike
    assert "".join(part or "" for part in parts) == user
    assert user[found.start : found.end] == parts[1]


@given(st.integers(0, 22), st.integers(1, 23))
def test_a_span_with_a_part_of_a_placeholder_has_all_of_it(start: int, length: int) -> None:
    text = "to ann@example.org, ok?"
    end = min(start + length, len(text))
    if start >= end:
        return
    (dialogue,) = scrub([Dialogue("d", (Turn(text, actions=(), spans=(Span(start, end, "x"),)),))])
    ((span,), user) = dialogue.turns[0].spans, dialogue.turns[0].user or ""
    words = user[span.start : span.end]
    touches = start < 18 and end > 3
    assert ("email_1" in words) == touches
    rest = text[start : min(end, 3)] + text[max(start, 18) : end]
    assert words.replace("email_1", "") == rest


def test_values_of_spans_arguments_and_results_are_scrubbed() -> None:
    turn = Turn(
        "ann at x dot org",
        actions=("mail",),
        spans=(Span(0, 16, "to", "ann@x.org"),),
        arguments={"mail": ({"to": ["ann@x.org"], "n": 1},)},
        results={"look_up": ({"who": {"phone": "408-247-8880"}}, "b@x.org")},
    )
    (dialogue,) = scrub([Dialogue("d", (turn,))])
    (found,) = dialogue.turns
    assert found.spans == (Span(0, 16, "to", "email_1"),)
    assert found.arguments == {"mail": ({"to": ["email_1"], "n": 1},)}
    assert found.results == {"look_up": ({"who": {"phone": "phone_1"}}, "email_2")}
