"""What a policy would have saved, as tables for the terminal and as a page of HTML."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from rich.console import Console

from cueline.evaluation.rendering.tables import table
from cueline.evaluation.savings import LocalShare, Savings

Row = tuple[str, ...]
_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>What a policy would have saved</title>
<style>
:root {{ color-scheme: light dark }}
body {{ font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem }}
table {{ border-collapse: collapse; font-variant-numeric: tabular-nums }}
caption {{ font-weight: bold; padding: 1rem 0 .3rem; text-align: left }}
th, td {{ border-bottom: 1px solid #8888; padding: .3rem .7rem; text-align: right }}
</style>
</head>
<body>
<h1>What policy {policy} would have saved</h1>
{lines}
{tables}
</body>
</html>
"""
_TABLE = """\
<table>
<caption>{caption}</caption>
<thead>{head}</thead>
<tbody>
{body}
</tbody>
</table>"""


def show_savings(savings: Savings, console: Console | None = None) -> None:
    """Print them: what is answered at each promised risk, then what that saves."""
    console = console or Console()
    console.print(f"policy {savings.policy}")
    for line in lines(savings):
        console.print(line, highlight=False)
    for head, *body in (answered(savings), saved(savings)):
        console.print()
        made = table(*head)
        for row in body:
            made.add_row(*row)
        console.print(made)


def html_page(savings: Savings) -> str:
    """The same as a page."""
    tables = (("What it answers", answered(savings)), ("What that saves", saved(savings)))
    return _PAGE.format(
        policy=escape(savings.policy),
        lines="\n".join(f"<p>{escape(line)}</p>" for line in lines(savings)),
        tables="\n".join(_html_table(caption, rows) for caption, rows in tables),
    )


def lines(savings: Savings) -> Iterator[str]:
    """What there was to save, and how it was counted."""
    yield f"{savings.dialogues:,} dialogues, {savings.turns:,} turns, {savings.calls:,} calls"
    yield f"{savings.without_calls:,} turns make no call, and are for the model behind"
    counted = f"as counted at {savings.counted:,} turns, else " if savings.counted else ""
    yield (
        f"{savings.input_tokens:,} tokens read and {savings.output_tokens:,} written, "
        f"{counted}estimated from the text"
    )
    if savings.money is not None:
        yield f"they cost {savings.money:,.2f}"
    if savings.seconds is not None:
        yield f"{savings.seconds:,.1f} seconds at the {savings.timed:,} turns that were timed"


def answered(savings: Savings) -> list[Row]:
    """A row of names, then for each promised risk what is answered, and what of it is wrong.

    `all sure` is the share of wrong ones of all sure decisions, words among them.
    """
    names = ("risk", "all sure", "turns", "share", "wrong", "95 %", "calls", "wrong", "95 %")
    return [
        names,
        *(
            (
                f"{one.promised:.1%}",
                _wrong(one.sure)[0],
                f"{one.turns.answered:,}",
                f"{one.turns.share:.1%}",
                *_wrong(one.turns),
                f"{one.calls.answered:,}",
                *_wrong(one.calls),
            )
            for one in savings.risks
        ),
    ]


def saved(savings: Savings) -> list[Row]:
    """A row of names, then for each promised risk what the model behind need not do."""
    priced, timed = savings.money is not None, savings.seconds is not None
    names = ("risk", "dialogues", "tokens read", "share", "written", "share")
    rows = [(*names, *["money"] * priced, *["seconds"] * timed)]
    for one in savings.risks:
        row = (
            f"{one.promised:.1%}",
            f"{one.dialogues.answered:,}",
            f"{one.input_tokens:,}",
            f"{one.input_tokens / max(savings.input_tokens, 1):.1%}",
            f"{one.output_tokens:,}",
            f"{one.output_tokens / max(savings.output_tokens, 1):.1%}",
        )
        money, seconds = ([f"{x:,.2f}"] if x is not None else [] for x in (one.money, one.seconds))
        rows.append((*row, *money, *seconds))
    return rows


def _wrong(share: LocalShare) -> tuple[str, str]:
    """The share of wrong ones, and its interval."""
    if share.risk is None or share.risk_interval is None:
        return "-", "-"
    low, high = share.risk_interval
    return f"{share.risk:.1%}", f"{100 * low:.1f}-{100 * high:.1f}"


def _html_table(caption: str, rows: Sequence[Row]) -> str:
    head, *body = rows
    return _TABLE.format(
        caption=caption,
        head=_html_row(head, "col"),
        body="\n".join(_html_row(row, "row") for row in body),
    )


def _html_row(cells: Row, scope: str) -> str:
    """A row; its first cell names it, and all of them do in the row of names."""
    heads = len(cells) if scope == "col" else 1
    named = "".join(f'<th scope="{scope}">{escape(one)}</th>' for one in cells[:heads])
    return f"<tr>{named}{''.join(f'<td>{escape(one)}</td>' for one in cells[heads:])}</tr>"
