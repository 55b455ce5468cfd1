"""Problems, transcripts, trees and comparisons in a browser, from files, without network, with hostile texts."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import browsing
from browsing import Watched, watched
from harness.core import NotComparableError
from harness.run import Run
from reports import sides
from reports.comparison import Rule, compare
from scorers import paired
from scorers.pool import GradingPool

ALLOWED = ("strategy", "verifier", "choice", "delimiter")


@pytest.fixture(scope="module")
def made(runs: dict[str, Run], tmp_path_factory: pytest.TempPathFactory, pool: GradingPool) -> list[Run]:
    """Two samples, a greedy run, and two searches, one of which prunes."""
    beam = browsing.beam(tmp_path_factory.mktemp("beam"), pool)
    return [*(runs[name] for name in ("sample", "mcts", "weak", "greedy")), beam]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, made: list[Run]) -> Path:
    return browsing.build(made, browsing.statements(made), tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def hostile_site(tmp_path_factory: pytest.TempPathFactory, pool: GradingPool) -> Path:
    spoiled = [browsing.spoil(each) for each in browsing.few(tmp_path_factory.mktemp("hostile"), pool)]
    return browsing.build(spoiled, browsing.statements(spoiled, hostile=True), tmp_path_factory.mktemp("hostile_site"))


@pytest.fixture(scope="module")
def browser(site: Path, hostile_site: Path) -> Iterator[Any]:
    with browsing.launched() as started:
        yield started


@pytest.fixture
def page(browser: Any, site: Path) -> Iterator[Watched]:
    with watched(browser, site) as opened:
        yield opened


def named(site: Path, word: str) -> str:
    """The id of the first run whose name has a word."""
    return next(p.name for p in sorted((site / "data" / "run").iterdir()) if word in p.name and p.is_dir())


def addresses(site: Path) -> list[str]:
    """Every kind of page with something to show."""
    mcts, beam, sample = (named(site, word) for word in ("mcts", "beam", "sample"))
    return [
        "problem.html",
        "problem.html#task=small&id=small%2F3",
        "transcript.html",
        "tree.html",
        f"transcript.html#run={sample}&problem=small%2F3",
        f"transcript.html#run={mcts}",
        f"tree.html#run={mcts}&problem=small%2F3",
        f"tree.html#run={beam}",
        "compare.html",
        f"compare.html#a={sample}&b={mcts}&problem=small%2F3",
    ]


# ---------------------------------------------------------------------------------------------------- every page


def test_every_page_opens_silently(page: Watched, site: Path) -> None:
    for address in addresses(site):
        opened = page.open(address)
        assert opened.locator("h1").count() == 1, address
        assert opened.locator("[role=alert]").count() == 0, address


def test_pages_are_accessible_and_fit_a_phone(browser: Any, site: Path) -> None:
    browsing.require_axe()
    with watched(browser, site, viewport={"width": 320, "height": 640}) as page:
        for address in addresses(site):
            look = "#" in address or address == "compare.html"
            browsing.check_phone(page.open(address), address, look=look)


def test_a_page_without_scripts_says_what_to_do(browser: Any, site: Path) -> None:
    for name in ("problem", "transcript", "tree", "compare"):
        context = browser.new_context(java_script_enabled=False, offline=True)
        page = context.new_page()
        page.goto(f"file://{site}/{name}.html")
        assert "needs JavaScript" in page.inner_text("main")
        assert "harness " in page.inner_text("main") or "trees.jsonl" in page.inner_text("main")
        context.close()


# ------------------------------------------------------------------------------------------------------- hostile texts


def test_hostile_texts_do_nothing_and_break_nothing(browser: Any, hostile_site: Path) -> None:
    names = [path.name for path in sorted((hostile_site / "data" / "run").iterdir()) if path.is_dir()]
    with watched(browser, hostile_site) as page:
        for run in names:
            for number in range(5):
                opened = page.open(f"transcript.html#run={run}&problem=small%2F{number}")
                assert opened.locator("details.response").count() >= 1
                opened.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")
                assert opened.locator("script:not([src]), iframe, img, base, main a[href^='javascript']").count() == 0
                assert opened.locator("main").count() == 1
                assert "\u202e" not in opened.inner_text("main")
                if "mcts" in run and number < 2:
                    opened = page.open(f"tree.html#run={run}&problem=small%2F{number}")
                    opened.locator("button", has_text="Open all").click()
                    assert opened.locator("[role=treeitem]").count() > 1
                    assert "\u202e" not in opened.inner_text("main")
        for number in range(5):
            opened = page.open(f"problem.html#task=small&id=small%2F{number}")
            assert opened.locator(".statement").count() == 1
        opened = page.open(f"compare.html#a={names[0]}&b={names[1]}&problem=small%2F0")
        assert opened.locator("#beside details.response").count() > 1


def test_a_megabyte_is_shown_shortened(browser: Any, hostile_site: Path) -> None:
    for path in (hostile_site / "data").rglob("*.js"):
        assert path.stat().st_size < 1_200_000, path
    with watched(browser, hostile_site) as page:
        run = named(hostile_site, "sample")
        pages = [f"transcript.html#run={run}&problem=small%2F{number}" for number in range(5)]
        texts = [page.open(address).inner_text("main") for address in pages]
        assert any("characters are left out here" in text for text in texts)
        assert any("U+202E" in text for text in texts)
        assert any("U+D800" in text for text in texts)


def test_redacted_texts_are_nowhere_in_the_site(tmp_path: Path, made: list[Run]) -> None:
    texts = dict.fromkeys(browsing.statements(made), "SECRET STATEMENT")
    folder = browsing.build(made[:2], texts, tmp_path / "site", redact=("small",))
    response = next(made[0].lines("responses.jsonl"))["text"][:20]
    assert len(response) == 20
    for path in folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert b"SECRET" not in content, path
            assert response.encode() not in content, path


# ---------------------------------------------------------------------------------------------------------------- trees


def focused(page: Any) -> tuple[str, str | None]:
    """Node and level of the item that has the focus."""
    return tuple(page.evaluate("[document.activeElement.dataset.node, document.activeElement.ariaLevel]"))


def test_a_tree_is_walked_by_keyboard(page: Watched, site: Path) -> None:
    opened = page.open(f"tree.html#run={named(site, 'mcts')}&problem=small%2F3")
    opened.locator("button", has_text="Chosen path only").focus()
    opened.keyboard.press("Enter")
    opened.keyboard.press("Tab")
    chosen, depth = focused(opened)
    assert chosen is not None
    assert int(depth or 0) > 2
    assert opened.locator("[aria-selected=true]").count() == 1
    opened.keyboard.press("Home")
    assert focused(opened) == ("0", "1")
    for level in range(2, int(depth or 0) + 1):
        opened.keyboard.press("ArrowRight")
        assert focused(opened)[1] == str(level)
    assert focused(opened)[0] == chosen  # the chosen path goes first
    opened.keyboard.press("ArrowLeft")
    assert focused(opened)[1] == str(int(depth or 0) - 1)
    before = opened.locator("[role=treeitem]").count()
    opened.keyboard.press("ArrowLeft")  # closes the node
    assert opened.locator("[role=treeitem]").count() < before
    assert opened.evaluate("document.activeElement.ariaExpanded") == "false"
    opened.keyboard.press("Enter")
    assert opened.locator("[role=treeitem]").count() == before
    opened.keyboard.press("End")
    opened.keyboard.press("ArrowUp")
    opened.keyboard.press("ArrowDown")
    last = opened.locator("[role=treeitem]").last
    assert last.evaluate("node => node === document.activeElement")
    assert "Step" in opened.inner_text(".detail h2")
    assert opened.locator("svg .dot.at").count() == 1


def test_the_slider_shows_the_search_as_it_grew(page: Watched, site: Path) -> None:
    opened = page.open(f"tree.html#run={named(site, 'mcts')}&problem=small%2F3")
    opened.locator("button", has_text="Open all").click()
    slider = opened.locator("#round")
    last = int(slider.get_attribute("max") or 0)
    assert last > 3
    counts = []
    for value in range(last + 1):
        slider.fill(str(value))
        counts.append(opened.locator("svg .dot").count())
        assert opened.input_value("#round") == str(value)
        assert opened.inner_text("#told").startswith(f"{value + 1} of {last + 1}:")
    assert counts == sorted(counts)
    assert counts[0] == 1
    assert counts[-1] > counts[1]


def test_pruned_and_chosen_branches_are_told_apart(page: Watched, site: Path) -> None:
    opened = page.open(f"tree.html#run={named(site, 'beam')}&problem=small%2F3")
    opened.locator("button", has_text="Open all").click()
    assert opened.locator(".dot.pruned").count() > 0
    assert opened.locator(".twine.path").count() > 1
    assert "pruned" in opened.inner_text(".outline")
    assert opened.locator(".outline .chosen").count() == 1


# --------------------------------------------------------------------------------------------------------- comparisons

ASK = """async ([a, b, metric]) => {
  const [x, y] = [await E.run(a), await E.run(b)];
  const found = S.compare(await E.counts(x), await E.counts(y), await E.catalogue(x), metric);
  const catalogue = await E.catalogue(x);
  found.flips = Object.fromEntries(Object.entries(found.flips).map(([k, v]) => [k, v.map((i) => catalogue.ids[i])]));
  for (const row of found.subjects) row.group = catalogue.subject_names[row.group];
  return found;
}"""


def same(found: dict[str, Any], want: dict[str, Any], names: tuple[str, ...]) -> None:
    for name in names:
        assert found[name] == pytest.approx(want[name], rel=1e-6, abs=1e-9), name


def test_the_numbers_are_those_of_harness_compare(page: Watched, site: Path, made: list[Run]) -> None:
    page.open("compare.html")
    ids = {p.name[-8:]: p.name for p in (site / "data" / "run").iterdir() if p.is_dir()}
    for a, b in itertools.combinations(map(sides.of_run, made), 2):
        for metric in ("accuracy", "pass@1", "pass@2", "completion_tokens", "truncated"):
            asked = [ids[side.lines.head["identity_digest"][:8]] for side in (a, b)]
            try:
                want = compare(a, b, Rule(metric, allowed=ALLOWED))
            except NotComparableError as error:  # pass@2 of one response
                assert "No problem has a value" in str(error)
                continue
            found = page.page.evaluate(ASK, [*asked, metric])
            same(found, want, ("low", "high", "se", "detectable"))
            assert found["value"] == pytest.approx(want["difference"], abs=1e-12)
            assert found["base"] == pytest.approx(want["base"]["value"])
            assert found["candidate"] == pytest.approx(want["candidate"]["value"])
            assert len(found["places"]) == want["problems"]["paired"]
            assert (found["worse"], found["better"]) == (want["problems"]["worse"], want["problems"]["better"])
            assert {k: sorted(v) for k, v in found["flips"].items()} == {k: sorted(v) for k, v in want["flips"].items()}
            assert found["p"] == pytest.approx(want["p"], rel=1e-6, abs=0 if found["exact"] else 0.05)
            if metric != "completion_tokens":
                assert found["exact"]
            rows = {(r["group"], r["value"]): r for r in want["groups"]}
            mine = [("level", r) for r in found["levels"]] + [("subject", r) for r in found["subjects"]]
            assert len(mine) == len(rows)
            for kind, row in mine:
                other = rows[kind, row["group"]]
                same(row, other, ("low", "high", "problems"))
                assert row["value"] == pytest.approx(other["difference"], abs=1e-12)
                if metric != "completion_tokens":
                    same(row, other, ("p", "p_holm"))
            same(found["ratio"] | {"ratio": found["ratio"]["value"]}, want["tokens"], ("ratio", "low", "high"))


def test_estimates_and_p_are_those_of_the_scorers(page: Watched) -> None:
    page.open("compare.html")
    rng = random.Random(7)
    cases = []
    for _ in range(80):
        n, count = rng.choice([1, 2, 4, 8, 16]), rng.choice([2, 3, 7, 30, 60, 400])
        shift = rng.random() * 0.3
        cases.append([[(min(n, int(rng.random() * (n + 1))) - int(rng.random() * (1 - shift) * (n + 1))) / n
                       for _ in range(count)], n])  # fmt: skip
    cases += [[[0.0] * 9, 4], [[1.0] * 5, 1], [[-0.5] * 20, 2]]
    found = page.page.evaluate("cases => cases.map(([d, n]) => [S.estimate(d), S.p(d, n)])", cases)
    for (differences, _), (estimate, p) in zip(cases, found, strict=True):
        want = paired.paired_estimate(differences)
        assert want is not None
        assert [estimate[k] for k in ("value", "se", "low", "high")] == pytest.approx(
            [want.value, want.se, want.low, want.high], rel=1e-6, abs=1e-9
        )
        assert p["exact"]
        assert p["value"] == pytest.approx(paired.sign_flip_p(differences), rel=1e-6, abs=1e-11)
    values = [0.04, 0.01, 0.03, 0.5, 0.01]
    assert page.page.evaluate("p => S.holm(p)", values) == pytest.approx(paired.holm(values))


def test_two_runs_are_compared_down_to_a_transcript(page: Watched, site: Path) -> None:
    opened = page.open("compare.html#metric=pass%401")
    good = next(o for o in opened.locator("select").nth(0).locator("option").all() if "good · sample" in o.inner_text())
    weak = next(o for o in opened.locator("select").nth(1).locator("option").all() if "weak · sample" in o.inner_text())
    opened.locator("select").nth(0).select_option(good.get_attribute("value"))
    page.drawn()
    opened.locator("select").nth(1).select_option(weak.get_attribute("value"))
    opened.locator(".finding", has_text="is worse").wait_for()
    opened.locator("select").nth(2).focus()
    opened.locator("select").nth(2).select_option("accuracy")
    opened.locator("caption", has_text="accuracy").wait_for()
    assert opened.evaluate("document.activeElement.name") == "Metric"  # drawing anew does not take the focus away
    opened.locator("select").nth(2).select_option("pass@1")
    opened.locator("caption", has_text="pass@1").wait_for()
    flip = opened.locator("section li a").first
    name = flip.inner_text()
    flip.click()
    opened.wait_for_selector("#beside")
    assert name in opened.inner_text("#beside h2")
    assert opened.locator("#beside .pair > section").count() == 2
    assert opened.locator("#beside details.response[open] .prose").count() >= 2
    assert opened.locator("#beside math").count() > 0
    opened.locator("button", has_text="Swap").click()
    opened.locator(".finding", has_text="is better").wait_for()


def test_a_problem_leads_to_every_run_of_it(page: Watched, site: Path) -> None:
    opened = page.open("problem.html#task=small")
    opened.locator("select").nth(1).select_option("2")
    opened.locator("[role=status]", has_text="6 problems").wait_for()
    opened.locator("tbody a").first.click()
    opened.wait_for_selector(".statement math")
    rows = opened.locator("tbody tr")
    assert rows.count() == 5
    assert all(" of " in row.inner_text() for row in rows.all())
    opened.locator("a", has_text="tree").first.click()
    opened.wait_for_selector("[role=tree]")
    opened.locator("a", has_text="responses").click()
    opened.wait_for_selector("details.response")
