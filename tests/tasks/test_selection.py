from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.core import NothingToDoError, Problem, UsageError
from tasks.selection import blocks, select


def problem(number: int, level: int | str | None) -> Problem:
    return Problem(id=f"p{number}", statement="?", answer="1", level=level)


benchmarks = st.lists(st.sampled_from([None, 1, 2, 3, "hard"]), min_size=1, max_size=60).map(
    lambda levels: [problem(number, level) for number, level in enumerate(levels)]
)
EXAMPLE = [problem(number, 1 + number % 5) for number in range(20)]
LABELLED = [problem(0, "easy"), problem(1, "hard"), problem(2, "pre-college"), problem(3, None)]


@given(benchmarks, st.integers(1, 70), st.integers(1, 70))
def test_a_larger_limit_contains_a_smaller_one(problems: list[Problem], one: int, other: int) -> None:
    small, large = sorted((one, other))
    assert {p.id for p in select(problems, limit=small)} <= {p.id for p in select(problems, limit=large)}


@given(benchmarks, st.integers(1, 70))
def test_order_and_number(problems: list[Problem], limit: int) -> None:
    chosen = select(problems, limit=limit)
    places = [problems.index(p) for p in chosen]
    assert places == sorted(set(places))
    assert len(chosen) == min(limit, len(problems))


@given(benchmarks, st.integers(1, 70))
def test_levels_get_their_share(problems: list[Problem], limit: int) -> None:
    """Sainte-Laguë: no seat could move to another level and make the quotients more even."""
    sizes = Counter(p.level for p in problems)
    seats = Counter(p.level for p in select(problems, limit=limit))
    for level, size in sizes.items():
        for taken, other in sizes.items():
            if seats[level] and seats[taken] < other:
                assert size / (2 * seats[level] - 1) >= other / (2 * seats[taken] + 1) - 1e-9


@given(benchmarks, st.integers(1, 70), st.randoms())
def test_the_choice_does_not_depend_on_the_order(problems: list[Problem], limit: int, random) -> None:
    shuffled = random.sample(problems, len(problems))
    chosen = {p.id for p in select(problems, limit=limit)}
    assert chosen == {p.id for p in select(shuffled, limit=limit)}


def test_the_choice_is_pinned() -> None:
    """It is part of what makes runs comparable: a change here changes what `--limit` means."""
    assert [p.id for p in select(EXAMPLE, limit=6)] == ["p0", "p3", "p5", "p7", "p9", "p11"]


@pytest.mark.parametrize(
    ("levels", "expected"),
    [("5", {5}), ("1-3", {1, 2, 3}), ("1,3-4", {1, 3, 4}), (" 2 , 4 - 9 ", {2, 4, 5}), ("05", {5}), ("1,9", {1})],
)
def test_levels(levels: str, expected: set[int]) -> None:
    chosen = select(EXAMPLE, limit=None, levels=levels)
    assert [p for p in EXAMPLE if p.level in expected] == list(chosen)


@pytest.mark.parametrize(
    ("levels", "ids"), [("easy", ["p0"]), ("pre-college,hard", ["p1", "p2"]), ("easy,None", ["p0"])]
)
def test_text_labels(levels: str, ids: list[str]) -> None:
    assert [p.id for p in select(LABELLED, levels=levels)] == ids


def test_no_options_means_everything() -> None:
    assert select(EXAMPLE) == tuple(EXAMPLE)
    assert select(EXAMPLE, limit=20) == select(EXAMPLE, limit=10**9) == tuple(EXAMPLE)


def test_limit_within_levels() -> None:
    assert Counter(p.level for p in select(EXAMPLE, limit=4, levels="1-2")) == {1: 2, 2: 2}


@pytest.mark.parametrize("levels", ["", "x", "1,", "1-", "-1", "3-1", "1.5", "1--2"])
def test_malformed_levels(levels: str) -> None:
    with pytest.raises(UsageError, match="--level"):
        select(EXAMPLE, levels=levels)


def test_negative_limit() -> None:
    with pytest.raises(UsageError, match="--limit -1"):
        select(EXAMPLE, limit=-1)


@pytest.mark.parametrize(
    ("problems", "options", "reason"),
    [
        (EXAMPLE, {"limit": 0}, "none of the 20"),
        (EXAMPLE, {"levels": "6-9"}, "levels 1, 2, 3, 4, 5"),
        (LABELLED, {"levels": "7"}, "levels easy, hard, pre-college"),
        (LABELLED[3:], {"levels": "1"}, "no levels"),
        ([], {}, "no problems"),
    ],
)
def test_nothing_left(problems: list[Problem], options: dict[str, object], reason: str) -> None:
    with pytest.raises(NothingToDoError, match=reason):
        select(problems, **options)


@given(benchmarks, st.integers(1, 12))
def test_blocks_are_what_growing_limits_add(problems: list[Problem], count: int) -> None:
    parts = blocks(problems, count)
    assert len(parts) == min(count, len(problems))
    assert max(map(len, parts)) - min(map(len, parts)) <= 1
    seen: set[str] = set()
    for part in parts:
        assert not seen & {p.id for p in part}
        seen |= {p.id for p in part}
        assert seen == {p.id for p in select(problems, limit=len(seen))}
        assert list(part) == [p for p in problems if p in part], "the benchmark's order within a block"
    assert len(seen) == len(problems)
