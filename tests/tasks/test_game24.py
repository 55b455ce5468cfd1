from __future__ import annotations

import ast
from collections import Counter
from fractions import Fraction
from itertools import combinations_with_replacement, permutations
from operator import add, mul, sub, truediv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks import documents, game24

OPERATORS = {ast.Add: add, ast.Sub: sub, ast.Mult: mul, ast.Div: truediv}


def value(node: ast.AST, numbers: list[int]) -> Fraction:
    if isinstance(node, ast.BinOp):
        return OPERATORS[type(node.op)](value(node.left, numbers), value(node.right, numbers))
    assert isinstance(node, ast.Constant)
    numbers.append(node.value)
    return Fraction(node.value)


def solvable(numbers: tuple[int, ...]) -> bool:
    """By brute force over orders, operators and shapes, unlike the module."""

    def reach(values: tuple[Fraction, ...]) -> bool:
        if len(values) == 1:
            return values[0] == 24
        for i, j in permutations(range(len(values)), 2):
            rest = tuple(x for k, x in enumerate(values) if k not in (i, j))
            a, b = values[i], values[j]
            made = [a + b, a - b, a * b] + ([a / b] if b else [])
            if any(reach((*rest, x)) for x in made):
                return True
        return False

    return reach(tuple(map(Fraction, numbers)))


@pytest.fixture(scope="module")
def rows() -> list[dict[str, object]]:
    return list(game24.rows())


def test_how_many_puzzles_there_are(rows: list[dict[str, object]]) -> None:
    assert len(list(combinations_with_replacement(game24.NUMBERS, 4))) == 1820
    assert len(rows) == 1362
    assert len({row["problem_id"] for row in rows}) == 1362
    assert Counter(row["level"] for row in rows) == {5: 450, 4: 367, 3: 218, 2: 159, 1: 168}


def test_every_answer_uses_its_numbers_and_makes_24(rows: list[dict[str, object]]) -> None:
    for row in rows:
        numbers: list[int] = []
        assert value(ast.parse(row["answer"], mode="eval").body, numbers) == 24
        assert sorted(numbers) == row["numbers"]


@given(st.lists(st.integers(1, 13), min_size=4, max_size=4))
def test_solvable_exactly_when_brute_force_says_so(numbers: list[int]) -> None:
    puzzle = tuple(sorted(numbers))
    assert bool(game24.solutions(puzzle)) == solvable(puzzle)


@given(st.lists(st.integers(1, 13), min_size=4, max_size=4))
def test_solutions_are_written_differently_and_all_true(numbers: list[int]) -> None:
    found = game24.solutions(tuple(sorted(numbers)))
    texts = {game24.show(solution) for solution in found}
    assert len(texts) == len(found)
    for text in texts:
        used: list[int] = []
        assert value(ast.parse(text, mode="eval").body, used) == 24
        assert sorted(used) == sorted(numbers)


@pytest.mark.parametrize(
    ("numbers", "texts"),
    [
        ((3, 3, 8, 8), {"8 / (3 - 8 / 3)"}),
        ((1, 5, 5, 5), {"(5 - 1 / 5) * 5"}),
        ((1, 1, 1, 8), {"(1 + 1 + 1) * 8"}),
        ((4, 6, 7, 8), {"(4 + 6 - 7) * 8", "(8 - 7) * 4 * 6"}),
        ((1, 1, 1, 1), set()),
    ],
)
def test_known_puzzles(numbers: tuple[int, ...], texts: set[str]) -> None:
    assert {game24.show(solution) for solution in game24.solutions(numbers)} == texts


def test_documents() -> None:
    docs = game24.load(version=1)["test"]
    problem = documents.problem_of(docs[0])
    assert problem.id == "game24/1-1-1-8"
    assert problem.doc["numbers"] == [1, 1, 1, 8]
    assert problem.answer == "(1 + 1 + 1) * 8"
    assert (problem.level, problem.doc["scorer"]) == (5, "game24")


def test_the_puzzles_are_kept_and_a_damaged_or_unwritable_cache_costs_time_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    made = [{"problem_id": "game24/1", "numbers": [1]}]
    monkeypatch.setattr(game24, "rows", lambda: iter(made))
    assert game24._kept() == made
    [file] = (tmp_path / "cache").iterdir()
    monkeypatch.setattr(game24, "rows", lambda: iter([]))
    assert game24._kept() == made
    file.write_text("[{")
    assert game24._kept() == []
    (tmp_path / "blocked").write_text("a file")
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "blocked"))
    assert game24._kept() == []
