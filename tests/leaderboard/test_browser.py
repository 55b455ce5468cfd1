"""The index and the pages of runs in a browser, from files, without network: sort, filter, link, theme, narrow, axe."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import browsing
from browsing import Watched, watched
from leaderboard import site as sites
from leaderboard.entry import Entry, sealed
from leaderboard.site import Options


@pytest.fixture(scope="module")
def site(told: list[Entry], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The five runs, once more under a second task, and sixty more of one model: more than a page shows at first.

    Names are hostile."""
    other = [_as(entry, id=f"{entry.id}-2", task={**entry.data["task"], "name": "other"}) for entry in told]
    many = [_as(told[3], id=f"many-{i:02}", model=f"<b>lab</b>/model-{i:02}\"'&") for i in range(60)]
    folder = tmp_path_factory.mktemp("board") / "site"
    sites.build(sites.site([*told, *other, *many], Options(title="A <i>board</i> & more")), folder)
    return folder


def _as(entry: Entry, **changes: Any) -> Entry:
    return replace(entry, data=sealed({**entry.data, **changes}))


@pytest.fixture(scope="module")
def browser(site: Path) -> Iterator[Any]:
    with browsing.launched() as started:
        yield started


@pytest.fixture
def page(browser: Any, site: Path) -> Iterator[Watched]:
    with watched(browser, site) as opened:
        yield opened


def column(page: Any, place: int) -> list[str]:
    """The texts of a column of the board, row by row."""
    found: list[str] = page.eval_on_selector_all(
        "#board tbody tr", f"rows => rows.map(row => row.cells[{place}].innerText.trim())"
    )
    return found


def wait_for_rows(page: Any, count: int) -> None:
    """Wait until the board has so many rows. Asked from outside: the pages' policy lets nothing be evaluated."""
    from playwright.sync_api import expect

    expect(page.locator("#board tbody tr")).to_have_count(count)


def numbers(texts: list[str]) -> list[float]:
    return [float(re.findall(r"[\d.]+", text.replace(",", ""))[0]) for text in texts]


def pages_of(site: Path, told: list[Entry]) -> list[str]:
    return ["index.html", "all.html", "methods.html", "changelog.html", *(entry.href for entry in told)]


def test_every_page_opens_in_silence(page: Watched, site: Path, told: list[Entry]) -> None:
    for address in pages_of(site, told):
        opened = page.open(address)
        assert opened.inner_text("h1")
        assert opened.title()


def test_serious_violations_and_narrow_screens(browser: Any, site: Path, told: list[Entry]) -> None:
    browsing.require_axe()
    with watched(browser, site, viewport={"width": 320, "height": 640}) as page:
        for address in [*pages_of(site, told)[:5], told[2].href]:
            browsing.check_phone(page.open(address), address)


def test_paper_is_light_whole_and_unfolded(page: Watched, told: list[Entry]) -> None:
    """At the widths of A4 without its margins: 718 pixels, or 1047 on its side for the page of all runs."""
    opened = page.page
    for address, width in (("index.html", 1047), (told[2].href, 718), ("methods.html", 718)):
        opened.set_viewport_size({"width": width, "height": 1000})
        page.open(address)
        opened.evaluate("document.documentElement.dataset.theme = 'dark'")
        opened.emulate_media(media="print")
        assert opened.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert opened.evaluate("document.documentElement.scrollWidth") <= width, address
        clipped = "e => e.filter(x => x.scrollWidth > x.clientWidth + 1 || x.scrollHeight > x.clientHeight + 1).length"
        assert opened.eval_on_selector_all(".scroll, .canvas, pre, table", clipped) == 0, address
        assert opened.locator("button:visible, select:visible, figure details:visible").count() == (
            opened.locator(".board thead button").count()
        )
        opened.emulate_media(media="screen")
    page.open(told[2].href)
    opened.emulate_media(media="print")
    assert opened.inner_text("main > details pre").startswith("{")


def test_names_are_shown_and_not_obeyed(page: Watched) -> None:
    opened = page.open("index.html")
    assert opened.inner_text("h1") == "A <i>board</i> & more"
    opened.fill("input[name=q]", "model-07")
    assert column(opened, 0) == ["<b>lab</b>/model-07\"'&"]


def test_a_column_sorts_both_ways_and_says_so(page: Watched) -> None:
    opened = page.open("index.html")
    places = {
        name: i
        for i, name in enumerate(opened.eval_on_selector_all("#board thead th", "h => h.map(x => x.dataset.key)"))
    }
    opened.click("#all")
    opened.click("th[data-key=tokens] button")
    tokens = numbers(column(opened, places["tokens"]))
    assert tokens == sorted(tokens)
    assert opened.get_attribute("th[data-key=tokens]", "aria-sort") == "ascending"
    opened.click("th[data-key=accuracy] button")
    accuracy = numbers(column(opened, places["accuracy"]))
    assert accuracy == sorted(accuracy, reverse=True)
    assert opened.get_attribute("th[data-key=tokens]", "aria-sort") is None
    opened.focus("th[data-key=accuracy] button")
    opened.keyboard.press("Enter")
    assert opened.get_attribute("th[data-key=accuracy]", "aria-sort") == "ascending"
    best = column(opened, places["best"])
    opened.click("th[data-key=best] button")
    assert sorted(column(opened, places["best"])) == sorted(best)
    shown = column(opened, places["best"])
    assert shown[-1] == "–"
    opened.click("th[data-key=best] button")
    assert column(opened, places["best"])[-1] == "–"


def test_filters_narrow_the_table_and_the_drawings(page: Watched) -> None:
    opened = page.open("index.html")
    assert len(column(opened, 0)) == 50
    opened.select_option("select[name=task]", "other")
    assert len(column(opened, 0)) == 5
    assert set(column(opened, 1)) == {"other"}
    assert opened.inner_text("#count") == "5 of 70 runs"
    assert opened.is_hidden("[data-figure=small]")
    assert opened.is_visible("[data-figure=other]")
    opened.select_option("select[name=strategy]", "mcts")
    assert len(column(opened, 0)) == 1
    opened.click("button[type=reset]")
    wait_for_rows(opened, 50)
    opened.click("#all")
    assert len(column(opened, 0)) == 70
    assert opened.is_hidden("#all")


def test_a_link_shows_the_same_again(page: Watched) -> None:
    opened = page.open("index.html")
    opened.select_option("select[name=task]", "small")
    opened.fill("input[name=q]", "toy/good")
    opened.click("th[data-key=tokens] button")
    rows, address = column(opened, 2), opened.evaluate("location.href")
    assert "#task=small&q=toy%2Fgood&sort=tokens&dir=up" in address
    again = page.open(address.split("/")[-1])
    assert column(again, 2) == rows
    assert again.input_value("select[name=task]") == "small"
    again.evaluate("location.hash = 'task=nowhere&sort=levels&q='")
    wait_for_rows(again, 50)


def test_the_theme_is_kept(page: Watched) -> None:
    opened = page.open("index.html")
    colour = "getComputedStyle(document.body).backgroundColor"
    light = opened.evaluate(colour)
    opened.click("#theme")
    assert opened.inner_text("#theme") == "Theme: light"
    assert opened.evaluate(colour) == light
    opened.click("#theme")
    dark = opened.evaluate(colour)
    assert dark != light
    assert page.open("methods.html").evaluate(colour) == dark


def test_a_run_is_reached_and_left(page: Watched, told: list[Entry]) -> None:
    opened = page.open("index.html")
    opened.click(f"a[href='{told[2].href}'] >> nth=0")
    assert opened.evaluate("location.pathname").endswith(told[2].href)
    opened.click("summary >> nth=0")
    assert opened.is_visible("figure table")
    assert "harness" in opened.inner_text("#command")
    opened.click("nav .home")
    assert opened.inner_text("h1") == "A <i>board</i> & more"


def test_without_a_script_everything_can_be_read(browser: Any, site: Path) -> None:
    context = browser.new_context(java_script_enabled=False, offline=True)
    opened = context.new_page()
    opened.goto(f"file://{site}/index.html")
    assert len(opened.query_selector_all("#board tbody tr")) == 50
    assert opened.is_hidden("#filters")
    opened.click("noscript a")
    assert len(opened.query_selector_all("#board tbody tr")) == 70
    context.close()


def test_the_first_view_is_small_and_quick(page: Watched) -> None:
    """70 runs; the first paint is measured in the page, with a wide margin for a busy machine."""
    opened = page.open("index.html")
    assert opened.evaluate("document.querySelectorAll('*').length") <= 1500
    paint = opened.evaluate("performance.getEntriesByName('first-contentful-paint').map(e => e.startTime)")
    assert paint
    assert paint[0] < 10_000
