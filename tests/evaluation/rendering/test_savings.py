"""The tables say what the JSON says, in 80 columns and in HTML."""

from __future__ import annotations

import re
from html import unescape
from io import StringIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from cueline.evaluation.rendering.savings import answered, html_page, lines, saved, show_savings
from cueline.evaluation.savings import RISKS, LocalShare, SavedAtRisk, Savings

counts = st.integers(0, 10**7)


@st.composite
def local_shares(draw: st.DrawFn) -> LocalShare:
    of, answered, wrong = sorted(draw(st.tuples(counts, counts, counts)), reverse=True)
    share, risk = answered / max(of, 1), wrong / answered if answered else None
    around = None if risk is None else (risk / 2, (1 + risk) / 2)
    return LocalShare(
        of=of,
        answered=answered,
        wrong=wrong,
        share=share,
        share_interval=(share, share),
        risk=risk,
        risk_interval=around,
    )


@st.composite
def drawn(draw: st.DrawFn) -> Savings:
    money = draw(st.none() | st.floats(0, 1e6))
    seconds = draw(st.none() | st.floats(0, 1e6))
    read, written = draw(counts), draw(counts)
    return Savings(
        policy="a1b2",
        dialogues=draw(counts),
        turns=draw(counts),
        without_calls=draw(counts),
        calls=draw(counts),
        input_tokens=read,
        output_tokens=written,
        counted=draw(counts),
        timed=draw(counts),
        money=money,
        seconds=seconds,
        risks=tuple(
            SavedAtRisk(
                promised=risk,
                sure=draw(local_shares()),
                turns=draw(local_shares()),
                calls=draw(local_shares()),
                dialogues=draw(local_shares()),
                input_tokens=read // 2,
                output_tokens=written // 3,
                money=None if money is None else money / 2,
                seconds=None if seconds is None else seconds / 2,
            )
            for risk in RISKS
        ),
    )


def cells(html: str) -> list[list[str]]:
    rows = re.findall(r"<tr>(.*?)</tr>", html)
    return [
        [unescape(one) for one in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)] for row in rows
    ]


@given(drawn())
@settings(max_examples=25)
def test_the_terminal_and_the_page_say_what_the_json_says(savings: Savings) -> None:
    tables = [*answered(savings), *saved(savings)]
    assert cells(html_page(savings)) == [list(row) for row in tables]
    console = Console(file=StringIO(), width=200)
    show_savings(savings, console)
    text: str = console.file.getvalue()  # type: ignore[attr-defined]
    shown = [line.split() for line in text.splitlines()]
    for row in tables:
        assert " ".join(row).split() in shown
    for line in lines(savings):
        assert line in text
    for one, row in zip(savings.risks, answered(savings)[1:], strict=True):
        assert row[0] == f"{one.promised:.1%}"
        assert int(row[2].replace(",", "")) == one.turns.answered
        assert float(row[3].rstrip("%")) == pytest.approx(100 * one.turns.share, abs=0.05)
        assert int(row[6].replace(",", "")) == one.calls.answered
        kinds = (one.sure, row[1]), (one.turns, row[4]), (one.calls, row[7])
        for share, cell in kinds:
            risk = share.risk
            assert (cell == "-") == (risk is None)
            if risk is not None:
                assert float(cell.rstrip("%")) == pytest.approx(100 * risk, abs=0.05)
    for one, row in zip(savings.risks, saved(savings)[1:], strict=True):
        assert int(row[1].replace(",", "")) == one.dialogues.answered
        assert int(row[2].replace(",", "")) == one.input_tokens
        assert int(row[4].replace(",", "")) == one.output_tokens
        assert len(row) == 6 + (savings.money is not None) + (savings.seconds is not None)


def test_it_fits_into_80_columns() -> None:
    share = LocalShare(
        of=99_999,
        answered=99_999,
        wrong=9_999,
        share=1.0,
        share_interval=(1.0, 1.0),
        risk=0.199,
        risk_interval=(0.186, 0.212),
    )
    risks = tuple(
        SavedAtRisk(
            promised=risk,
            sure=share,
            turns=share,
            calls=share,
            dialogues=share,
            input_tokens=999_999_999,
            output_tokens=9_999_999,
            money=9_999.99,
            seconds=99_999.9,
        )
        for risk in RISKS
    )
    savings = Savings(
        policy="a" * 16,
        dialogues=99_999,
        turns=99_999,
        without_calls=99_999,
        calls=99_999,
        input_tokens=999_999_999,
        output_tokens=9_999_999,
        counted=99_999,
        timed=99_999,
        money=9_999.99,
        seconds=99_999.9,
        risks=risks,
    )
    console = Console(file=StringIO(), width=80)
    show_savings(savings, console)
    text: str = console.file.getvalue()  # type: ignore[attr-defined]
    assert "…" not in text
    assert "20.0%" in text
