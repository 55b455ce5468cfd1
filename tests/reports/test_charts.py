"""Charts: well-formed, within their box, their numbers in the table behind them, no word written over another."""

from __future__ import annotations

import re
from itertools import combinations
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports import axes, charts
from reports.charts import Box, Line, Point, Series

HOSTILE = '<script>alert(1)</script>" onload="x'
SHARES = st.floats(0, 1)
COSTS = st.floats(0.5, 1e9)


def drawing(markup: str) -> ElementTree.Element:
    """The picture, parsed as XML."""
    found = ElementTree.fromstring(re.sub(r"&(?!amp;|lt;|gt;|quot;|#)", "&amp;", markup))
    return next(e for e in found.iter("svg") if e.get("role") in ("img", "group"))


def drawing_of(markup: str) -> str:
    """The picture's own part of a figure, without its legend."""
    return markup[markup.index('class="canvas"') :]


def places(picture: ElementTree.Element) -> list[float]:
    """Every absolute coordinate of paths, texts and rectangles."""
    found = [float(e.get(name, 0)) for e in picture.iter() for name in ("x", "y") if e.get(name)]
    for path in picture.iter("path"):
        found += [float(n) for n in re.findall(r"(?:[MLHV]|(?<=[MLHV]\d{0} ))(-?\d+(?:\.\d+)?)", path.get("d", ""))]
    return found


def overlapping(picture: ElementTree.Element) -> list[tuple[str, str]]:
    """Pairs of texts whose boxes meet at the size of phones (7.8 units a character, 13.5 high)."""
    boxes = []
    for text in picture.iter("text"):
        words, x, y = text.text or "", float(text.get("x", 0)), float(text.get("y", 0))
        width = 7.8 * len(words)
        left = x - {"start": 0, "middle": width / 2, "end": width}[text.get("text-anchor", "start")]
        boxes.append((words, left, left + width, y - 13.5, y))
    return [
        (a[0], b[0]) for a, b in combinations(boxes, 2)
        if a[1] < b[2] and b[1] < a[2] and a[3] < b[4] and b[3] < a[4]
    ]  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(COSTS, SHARES, SHARES), min_size=1, max_size=30))
def test_a_scatter_of_anything(found: list[tuple[float, float, float]]) -> None:
    points = [
        Point(f"run {i}", x, max(a, b), min(a, b), 1.0, f"run/{i}.html", f"s{i % 7}")
        for i, (x, a, b) in enumerate(found)
    ]
    picture = drawing(charts.scatter("k", "A title", points, labels=("tokens", "accuracy, %")))
    width, height = (float(v) for v in picture.get("viewBox", "").split()[2:])
    assert all(-1 <= v <= max(width, height) + 1 for v in places(picture))
    assert overlapping(picture) == []
    assert {a.get("href") for a in picture.iter("a")} == {p.href for p in points}


def test_a_strategy_looks_alike_in_charts_side_by_side() -> None:
    """Whatever the order of the runs, and whichever strategies a task has."""

    def looks(names: list[str]) -> dict[str, str | None]:
        points = [Point(name, 10.0 + i, 0.5, None, None, name, name) for i, name in enumerate(names)]
        drawn = charts.scatter("k", "t", points, labels=("x", "y"), groups=("beam", "greedy", "mcts"))
        links = drawing(drawn).iter("a")
        return {a.get("href", ""): next(a.iter("path")).get("class") for a in links}

    several, one = looks(["mcts", "greedy", "another", "beam"]), looks(["mcts"])
    assert len(set(several.values())) == 4
    assert one == {"mcts": several["mcts"]}


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(SHARES, SHARES), min_size=1, max_size=70))
def test_curves_of_anything(values: list[tuple[float, float]]) -> None:
    points = [(k, max(v), min(v), None if k % 5 == 0 else 1.0) for k, v in enumerate(values, 1)]
    picture = drawing(charts.curves("k", "A title", [Line("pass@k", points)], labels=("k", "percent"), x="k"))
    assert all(-1 <= v <= 461 for v in places(picture))
    assert overlapping(picture) == []


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(COSTS, COSTS, COSTS), min_size=1, max_size=8))
def test_boxes_of_anything(values: list[tuple[float, float, float]]) -> None:
    made = [Box(str(i), *sorted(three), sum(three) / 3, 5) for i, three in enumerate(values)]
    picture = drawing(
        charts.boxes("k", "A title", [Series("one", made), Series("two", made, 1)], labels=("level", "t"))
    )
    assert all(-1 <= v <= 461 for v in places(picture))
    assert overlapping(picture) == []


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(SHARES, SHARES), min_size=1, max_size=8))
def test_dots_of_anything(values: list[tuple[float, float]]) -> None:
    points = [(float(i), max(v), min(v), 1.0) for i, v in enumerate(values)]
    lines = [Line("accuracy", points), Line("published", [(x, y, None, None) for x, y, *_ in points], 1)]
    picture = drawing(charts.dots("k", "A title", lines, list(map(str, range(8))), labels=("level", "percent")))
    assert all(-1 <= v <= 461 for v in places(picture))
    assert overlapping(picture) == []


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(COSTS, SHARES, SHARES), min_size=1, max_size=8, unique_by=lambda point: point[0]))
def test_a_series_of_anything(values: list[tuple[float, float, float]]) -> None:
    points = sorted((x, max(a, b), min(a, b), 1.0) for x, a, b in values)
    markup = charts.curves("k", "A title", [Line("greedy", points)], labels=("steps", "percent"), x="linear")
    assert all(-1 <= v <= 461 for v in places(drawing(markup)))
    assert overlapping(drawing(markup)) == []


def test_lines_lie_where_their_values_say() -> None:
    drawn = [Line("<b>", [(0, 0.2, 0.1, 0.3), (10, 0.4, 0.3, 0.5)]), Line("other", [(5, 0.4, None, None)], 1)]
    markup = charts.curves("k", "t", drawn, labels=("x", "percent"), x="linear", table=False)
    paths = {str(path.get("class")): path.get("d") or "" for path in drawing(markup).iter("path")}
    (x0, y0), (x1, y1) = [map(float, pair.split()) for pair in paths["l c0 d0"][1:].split("L")]
    assert x0 < x1
    assert y0 > y1
    assert len(re.findall("[ML]", paths["b c0"])) == 4
    (x2, y2) = re.findall(r"[\d.]+", paths["p c1"])[:2]
    assert x0 < float(x2) < x1
    assert abs(float(y2) - y1) < 6
    assert "<table" not in markup
    assert "&lt;b&gt;" in markup


@pytest.mark.parametrize(("value", "shown"), [(0.25, "0.25"), (1500, "1500"), (20_000, "20k"), (1.5e6, "1.5M")])
def test_coordinates_are_told_exactly(value: float, shown: str) -> None:
    assert axes.plain(value) == shown


def test_points_of_a_level_stand_beside_each_other() -> None:
    lines = [Line(name, [(0.0, 0.5, 0.4, 0.6), (1.0, 0.5, 0.4, 0.6)], i) for i, name in enumerate("ab")]
    markup = charts.dots("k", "t", lines, ["1", "2"], labels=("level", "percent"))
    xs = [float(x) for x in re.findall(r'class="p c\d" d="M([\d.]+)', drawing_of(markup))]
    assert xs[2] - xs[0] == pytest.approx(xs[3] - xs[1])
    assert xs[0] < xs[2] < xs[1] < xs[3]


def test_the_test_sees_texts_that_meet() -> None:
    a, b = axes.text(10, 20, "first", "start"), axes.text(30, 22, "second", "start")
    assert overlapping(ElementTree.fromstring(f"<svg>{a}{b}</svg>")) == [("first", "second")]


def test_what_has_nothing_to_show_is_empty() -> None:
    assert charts.scatter("k", "t", [], labels=("x", "y")) == ""
    assert charts.curves("k", "t", [Line("a", [])], labels=("x", "y")) == ""
    assert charts.boxes("k", "t", [Series("a", [])], labels=("x", "y")) == ""


def test_names_are_escaped_everywhere() -> None:
    point = Point(HOSTILE, 10.0, 0.5, 0.4, 0.6, HOSTILE, HOSTILE)
    made = [
        charts.scatter("k", HOSTILE, [point], labels=(HOSTILE, HOSTILE)),
        charts.curves("k", HOSTILE, [Line(HOSTILE, [(1, 0.5, 0.4, 0.6), (2, 0.6, 0.5, 0.7)])], labels=(HOSTILE, "y")),
        charts.boxes("k", HOSTILE, [Series(HOSTILE, [Box(HOSTILE, 1, 2, 3)])], labels=("x", HOSTILE)),
    ]
    for markup in made:
        assert "<script" not in markup
        assert 'onload="x"' not in markup
        assert drawing(markup) is not None


def test_the_table_behind_a_chart_has_its_numbers() -> None:
    line = Line("pass@k", [(1, 0.25, 0.2, 0.3), (2, 0.5, 0.4, 0.6)])
    markup = charts.curves("k", "t", [line], labels=("k", "percent"), x="k")
    assert re.findall(r"<td>([^<]*)</td>", markup) == ["1", "25", "20.0–30.0", "2", "50", "40.0–60.0"]
    assert "pass@k from 25 to 50" in markup


@given(st.lists(st.tuples(st.integers(1, 50), st.integers(0, 50)), min_size=1, max_size=40))
def test_the_frontier_is_what_nothing_beats(points: list[tuple[int, int]]) -> None:
    found = charts.frontier(points)
    beaten = [
        p for p in points if any((q[0] <= p[0] and q[1] > p[1]) or (q[0] < p[0] and q[1] >= p[1]) for q in points)
    ]
    assert sorted(set(points) - set(beaten)) == found


@given(st.floats(1e-3, 1e9), st.floats(1.1, 1e6), st.booleans())
def test_ticks_are_few_round_and_inside(low: float, factor: float, log: bool) -> None:
    scale = axes.Scale(low, low * factor, 0, 100, log)
    ticks = scale.ticks(5)
    assert 1 <= len(ticks) <= 12
    assert ticks == sorted(ticks)
    assert all(low * 0.998 <= tick <= low * factor * 1.002 for tick in ticks)
    assert all(-0.5 <= scale(tick) <= 100.5 for tick in ticks)
