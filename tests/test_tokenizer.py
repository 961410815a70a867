"""Words of any script, whole, with true places."""

from __future__ import annotations

from itertools import pairwise

import pytest
import regex
from hypothesis import example, given
from hypothesis import strategies as st

from cueline.tokenizer import Token, fold, tokens, words

SCRIPTS = [
    *("Latin", "Greek", "Cyrillic", "Hebrew", "Arabic", "Devanagari", "Bengali", "Tamil", "Telugu"),
    *("Malayalam", "Thai", "Lao", "Khmer", "Myanmar", "Tibetan", "Hangul", "Han", "Hiragana"),
    *("Katakana", "Ethiopic", "Georgian", "Common", "Inherited"),
]
LETTERS = {
    script: regex.findall(rf"\p{{Script={script}}}", "".join(map(chr, range(0x1FBFF))))
    for script in SCRIPTS
}
MIXED = ["\u200d", "\u200c", "\u00ad", "\ufe0f", "\u0301", "'", "’", ".", ",", ":", "-", "/", "@"]
MIXED += [
    "#",
    "7",
    "42",
    "a",
    "İ",
    "ı",
    "i\u0307",
    "ß",
    " ",
    "\n",
    "\r\n",
    "👨",
    "🇫",
    "👍🏽",
    "\u0600",
]
MIXED += ["http://", "www.", "ℹ", "é", "ｱ", "ﾞ", "１", "：", "\u1100", "\u1161", "\u3164", "\u202f"]

of_a_script = st.sampled_from(SCRIPTS).flatmap(
    lambda script: st.text(st.sampled_from(LETTERS[script]), max_size=8)
)
pieces = st.one_of(of_a_script, st.sampled_from(MIXED), st.text(max_size=3))
texts = st.lists(pieces, max_size=12).map("".join)
typed = st.text(st.sampled_from("abI' \t\x1c\x00.,:;/@#-_?!+%T059"), max_size=30)
ascii_texts = st.one_of(st.text(st.characters(max_codepoint=127)), typed)


@given(texts)
def test_places_are_in_order_and_hold_what_was_folded(text: str) -> None:
    found = tokens(text, 100)
    assert all(0 <= token.start < token.end <= len(text) for token in found)
    assert all(one.end <= other.start for one, other in pairwise(found))
    assert all(fold(text[token.start : token.end]) == token.word for token in found)
    assert words(text, 100) == [token.word for token in found]


@given(texts)
def test_what_stands_between_words_is_seen_by_nobody(text: str) -> None:
    found = tokens(text, 1000)
    edges = [0, *(edge for token in found for edge in (token.start, token.end)), len(text)]
    gaps = [text[start:end] for start, end in zip(edges[::2], edges[1::2], strict=True)]
    assert not any(map(fold, gaps))
    assert all(token.word and not regex.search(r"\s", token.word) for token in found)


@given(texts)
def test_no_grapheme_cluster_is_cut(text: str) -> None:
    boundaries = {0, *(found.end() for found in regex.finditer(r"\X", text))}
    for token in tokens(text, 1000):
        assert {token.start, token.end} <= boundaries


@given(ascii_texts)
@example("see HTTP://a.b/C?d.")
@example("at 2019-03-01T19:30, A-42")
def test_ascii_is_read_as_any_other_text(text: str) -> None:
    """A letter of another script at the end sends the text down the general way."""
    general = tokens(f"{text} ж", 1000)
    assert general[-1] == Token("ж", len(text) + 1, len(text) + 2)
    assert tokens(text, 1000) == general[:-1]
    assert words(text, 1000) == [token.word for token in general[:-1]]


@given(texts, st.integers(1, 5))
def test_a_limit_keeps_the_first(text: str, limit: int) -> None:
    assert tokens(text, limit) == tokens(text, 100)[:limit]


@given(texts)
def test_spellings_of_one_word_are_equal(text: str) -> None:
    assert fold(text.upper()) == fold(text.lower()) or "\u0345" in fold(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Don't go, it’s o'clock 'now'", "don't|go|,|it's|o'clock|'|now|'"),
        ("मुझे एक मेज़ चाहिए, क्षत्रिय।", "मुझे|एक|मेज़|चाहिए|,|क्षत्रिय|।"),
        ("எனக்கு ஒரு மேசை வேண்டும்", "எனக்கு|ஒரு|மேசை|வேண்டும்"),
        ("আমার একটি টেবিল দরকার", "আমার|একটি|টেবিল|দরকার"),
        ("ต้องการน้ำ 2 ที่", "ต้|อ|ง|ก|า|ร|น้ํา|2|ที่"),
        ("أُرِيدُ طَاوِلَةً", "أُرِيدُ|طَاوِلَةً"),
        ('אֲנִי רוֹצֶה צה"ל', 'אֲנִי|רוֹצֶה|צה"ל'),
        ("我要订7点的桌子。", "我|要|订|7|点|的|桌|子|。"),
        ("テーブルを予約", "テ|ー|ブ|ル|を|予|約"),
        ("ｶﾞｲﾄﾞ", "ガ|イ|ド"),
        ("테이블을 예약", "테이블을|예약"),
        ("İZMİR izmir IZMIR ızmir I\u0307zmir", "izmir|izmir|izmir|izmir|izmir"),
        ("Straße STRASSE straẞe", "strasse|strasse|strasse"),
        ("ΟΔΟΣ οδος οδός", "οδοσ|οδοσ|οδόσ"),
        ("👨‍👩‍👧‍👦👍🏽🇫🇷🇩🇪 1️⃣", "👨👩👧👦|👍🏽|🇫🇷|🇩🇪|1⃣"),
        ("7:30pm, 19:30. 7.30 １９：３０", "7:30pm|,|19:30|.|7.30|19:30"),
        ("2019-03-01 3/4/2019 2019-03-01T19:30:00Z", "2019-03-01|3/4/2019|2019-03-01t19:30:00z"),
        ("$1,000.50 or 3.14.", "$|1,000.50|or|3.14|."),
        ("2-3 people 555-123-4567", "2|-|3|people|555-123-4567"),
        ("#W123456, A-42, AA-1234 wi-fi", "#w123456|,|a-42|,|aa-1234|wi|-|fi"),
        ("to bob.smith+x@mail.co.uk.", "to|bob.smith+x@mail.co.uk|."),
        ("zoë@müller.de", "zoë@müller.de"),
        ("(see https://x.org/a?b=c#d, www.foo.com)", "(|see|https://x.org/a?b=c#d|,|www.foo.com|)"),
        ("看https://x.org/a吧", "看|https://x.org/a|吧"),
        ("co\u00adoperate\u200b now\ufeff", "cooperate|now"),
        ("paris.thanks to:me...", "paris|.|thanks|to|:|me|.|.|."),
    ],
)
def test_words_are_whole(text: str, expected: str) -> None:
    assert words(text, 100) == expected.split("|")


def test_places_hold_where_folding_changes_lengths() -> None:
    text = "ﬁn ㎏ Straße ﷺ x"
    assert [text[token.start : token.end] for token in tokens(text, 9)] == text.split()
    assert tokens(text, 9)[-1] == Token("x", 14, 15)


@pytest.mark.parametrize(
    "text", ["a" * 10**6, "7." * 10**6, "http://" * 10**5, "a@-" * 10**5, "ä'" * 10**6]
)
def test_a_megabyte_without_spaces_is_not_read_to_its_end(text: str) -> None:
    assert all(token.end < 1200 for token in tokens(text, 30))


def test_a_megabyte_of_a_script_without_spaces_gives_its_first_words() -> None:
    assert tokens("字" * 10**6, 3) == [Token("字", n, n + 1) for n in range(3)]
