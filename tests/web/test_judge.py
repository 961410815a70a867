"""Figures and curves in the browser, from a server and from a file."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from cueline.corpus.formats import jsonl
from cueline.dialogue import Dialogue, Turn
from cueline.evaluation.report import report_on
from cueline.evaluation.scored_corpus import ScoredCorpus
from cueline.policy import Policy
from cueline.web.html_file import write
from tests.evaluation.conftest import ordering
from tests.web.conftest import ODD, learned, serious

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def written(café: Path, café_policy: Policy, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Where the file is, with odd words in it."""
    odd = Dialogue("odd", (Turn(ODD, actions=("wave",)),))
    path = tmp_path_factory.mktemp("file") / "report.html"
    scored = ScoredCorpus.of(café_policy, [odd, *ordering(20, seed=4)])
    write(path, scored, report_on(scored))
    return path.as_uri()


def test_figures_stand_beside_the_baselines(page: Page, served: str, café: Path) -> None:
    page.goto(f"{served}/#judge")
    right = ScoredCorpus.of(
        Policy.load(café / "policy"), list(jsonl.read(café / "test.jsonl"))
    ).right
    expect(page.locator(".headline .big").first).to_have_text(f"{100 * right.mean():.1f} %")
    names = page.locator(".intervals li > span:first-child")
    expect(names).to_have_text(["policy", "majority", "ngram", "linear", "memory"])
    expect(page.get_by_role("img", name="Training")).to_be_visible()


def test_the_slider_shows_what_a_threshold_answers_and_defers(page: Page, served: str) -> None:
    page.goto(f"{served}/#judge")
    card = page.get_by_role("region", name="Answer or defer")
    slider, told = card.get_by_label("Threshold"), card.locator(".told")
    slider.focus()
    page.keyboard.press("Home")
    expect(told).to_contain_text("answers 100.0 % of the turns (160)")
    expect(told).to_contain_text("defers 0 ")
    page.keyboard.press("End")
    expect(told).not_to_contain_text("100.0 %")
    left = int(told.inner_text().split("defers ")[1].split()[0])
    page.keyboard.press("ArrowLeft")
    expect(told).not_to_contain_text(f"defers {left} ")
    stays = told.inner_text()
    card.get_by_role("img").hover(position={"x": 70, "y": 20})
    expect(told).not_to_have_text(stays)
    slider.hover()
    expect(told).to_have_text(stays)  # until the chart is pressed
    card.get_by_role("img").click(position={"x": 70, "y": 20})
    slider.hover()
    expect(told).not_to_have_text(stays)


def test_every_chart_is_read_with_keys_as_its_table_has_it(page: Page, served: str) -> None:
    page.goto(f"{served}/#judge")
    charts = page.locator("figure")
    expect(charts).to_have_count(4)
    for chart in charts.all():
        chart.get_by_role("slider").press("End")
        chart.get_by_text("In numbers").click()
        names = chart.locator("thead").get_by_role("button").all_inner_texts()
        cells = chart.locator("tbody tr").last.locator("th, td").all_inner_texts()
        told = [f"{name} {cell}" for name, cell in zip(names, cells, strict=True)]
        expect(chart.get_by_role("slider")).to_have_attribute("aria-valuetext", ", ".join(told))


def curve_of(page: Page) -> list[str]:
    """What the table behind the learning curve says, its drawing being there."""
    card = page.get_by_role("region", name="Would more dialogues help?")
    expect(card.get_by_role("img", name="Learning curve")).to_be_visible()
    card.get_by_text("In numbers").click()
    expect(card.locator("path.line").last).to_have_attribute("d", re.compile(r"^M\S+ \S+L"))
    return [row.inner_text() for row in card.locator("tbody tr").all()]


def test_a_learning_curve_is_drawn_with_its_numbers(page: Page, served: str) -> None:
    page.goto(f"{served}/#judge")
    rows = [" ".join(row.split()) for row in curve_of(page)]
    assert [row.split()[0] for row in rows] == ["15", "30", "60"]
    assert rows[0] == "15 60 50.0 % 46.0 % 52.0 % 49.0 % 40.0 % 50.0 %"
    assert " 74.0 % – 75.0 %" in rows[2]  # a figure that is not there is no nought
    expect(page.get_by_text("With the last step 8.3 % more of the turns are right")).to_be_visible()
    assert serious(page) == []
    ticks = page.get_by_role("img", name="Learning curve").locator(".tick[text-anchor=middle]")
    places = [float(tick.get_attribute("x") or 0) for tick in ticks.all()]
    assert places[1] - places[0] == pytest.approx(places[2] - places[1])


def test_a_file_has_the_learning_curve_where_one_was_given(
    page: Page, café_policy: Policy, tmp_path: Path
) -> None:
    scored = ScoredCorpus.of(café_policy, ordering(4, seed=4))
    write(tmp_path / "one.html", scored, report_on(scored), learned(60).points)
    page.goto((tmp_path / "one.html").as_uri())
    card = page.get_by_role("region", name="Would more dialogues help?")
    expect(card.locator("circle.dot")).to_have_count(1)
    expect(page.get_by_text("With the last step")).to_have_count(0)
    write(tmp_path / "none.html", scored, report_on(scored))
    page.goto((tmp_path / "none.html").as_uri())
    expect(page.locator(".confusion, .headline").first).to_be_visible()
    expect(card).to_have_count(0)


def test_a_table_is_sorted_by_a_column_with_keys_alone(page: Page, served: str) -> None:
    page.goto(f"{served}/#judge")
    card = page.get_by_role("region", name="By action")
    column = card.get_by_role("columnheader", name="to do")
    column.get_by_role("button").focus()
    for order in ("ascending", "descending"):
        page.keyboard.press("Enter")
        expect(column).to_have_attribute("aria-sort", order)
        counts = [int(text) for text in card.locator("tbody td:nth-child(2)").all_inner_texts()]
        assert len(set(counts)) > 1
        assert counts == sorted(counts, reverse=order == "descending")
    card.get_by_role("button", name="action", exact=True).click()
    expect(card.locator("[aria-sort]")).to_have_text(["action"])
    names = card.locator("tbody th").all_inner_texts()
    assert names == sorted(names)
    confused = page.locator(".confusion")
    confused.get_by_role("button").last.click()
    last = confused.locator("tbody td:last-child").all_inner_texts()
    assert last == sorted(last, key=lambda text: (text == "", int(text.replace("·", "0") or 0)))
    assert serious(page) == []


def test_nothing_stands_in_the_way_of_anyone(page: Page, served: str) -> None:
    page.goto(f"{served}/#judge")
    expect(page.locator(".confusion")).to_be_visible()
    assert serious(page) == []
    page.set_viewport_size({"width": 360, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_file_has_the_figures_and_the_dialogues_and_needs_no_server(
    page: Page, written: str
) -> None:
    page.goto(written)
    expect(page.get_by_role("navigation").get_by_role("link")).to_have_text(["Judge", "Look"])
    expect(page.locator(".confusion")).to_be_visible()
    page.get_by_role("link", name="Look").click()
    page.get_by_label("Show").select_option("wrong")
    page.locator(".row").first.click()
    expect(page.locator(".turn.wrong .words")).to_have_text(ODD)
    page.get_by_label("Show").select_option("")
    page.get_by_label("Find").fill("4-7")
    expect(page.locator(".row")).to_have_count(1)
    page.locator(".row").click()
    expect(page.get_by_role("heading", name="4-7")).to_be_visible()
    assert serious(page) == []
