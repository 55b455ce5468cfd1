from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tasks import documents, omni_math


@pytest.mark.usefixtures("data_folder")
def test_full_set() -> None:
    first, second = (documents.problem_of(doc) for doc in omni_math.load()["test"])
    assert (first.id, first.level, first.difficulty, first.subject) == ("omni/0", 2, 2.5, "Counting")
    assert first.answer == r"\frac{1}{2}"
    assert first.solutions == (r"\frac{1}{2}",)
    assert first.statement == "Halve\nit: $\\frac{1}{1}\\times 1$, $\\nabla$ and $a \\neq b$"
    assert first.doc["rule_gradable"] is True
    assert (second.id, second.answer, second.subject, second.solutions) == ("omni/1", None, None, ())


@pytest.mark.usefixtures("data_folder")
def test_rule_subset_drops_repeated_lines_and_keeps_their_numbers() -> None:
    docs = list(omni_math.load_rule()["test"])
    assert [doc["problem_id"] for doc in docs] == ["omni_rule/0", "omni_rule/1", "omni_rule/3"]
    assert [doc["level"] for doc in docs] == [2, 9, 1]
    assert [doc["subject"] for doc in docs] == ["Counting", None, None]


def test_the_official_file_has_other_columns(data_folder: Path, pin: Callable[[str, bytes], None]) -> None:
    row = {"domain": [], "difficulty": 5.5, "problem": "?", "solution": "s", "answer": "1", "source": "made_up"}
    content = json.dumps(row).encode()
    (data_folder / "omni_math/omni_math.jsonl").write_bytes(content)
    pin("omni_math", content)
    (doc,) = omni_math.load()["test"]
    assert (doc["problem_id"], doc["rule_gradable"]) == ("omni/0", None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\frac{1}{2}", r"\frac{1}{2}"),
        ("2\times 3 \text{ or } \triangle", r"2\times 3 \text{ or } \triangle"),
        ("a \nabla b \neq c", r"a \nabla b \neq c"),
        ("one\r\ntwo", "one\ntwo"),
        (r"\frac{1}{2}\times\text{x}", r"\frac{1}{2}\times\text{x}"),
    ],
)
def test_repaired(text: str, expected: str) -> None:
    assert omni_math.repaired(text) == expected
    assert omni_math.repaired(expected) == expected


@pytest.mark.parametrize("text", ["the \ffirst", "\fracture", "\textile", "\timestamp", "line\nequal", "a\tb\rc"])
def test_what_might_be_meant_stays(text: str) -> None:
    assert omni_math.repaired(text) == text
