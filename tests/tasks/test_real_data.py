"""Facts about the real files, checked where HARNESS_DATA names a folder that holds them."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from harness.core import Problem
from tasks import data, documents, harp, math500, omni_math
from tasks.selection import select

pytestmark = pytest.mark.usefixtures("real_data")
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f]")


def problems(splits) -> list[Problem]:
    found = [documents.problem_of(doc) for doc in splits["test"]]
    assert len({problem.id for problem in found}) == len(found)
    return found


def levels(found: list[Problem]) -> list[int]:
    return [count for _, count in sorted(Counter(problem.level for problem in found).items())]


@pytest.mark.parametrize("name", sorted(data.SOURCES))
def test_digests(name: str) -> None:
    (digest,) = data.digests(name).values()
    assert digest in data.SOURCES[name].sha256


def test_math500() -> None:
    found = problems(math500.load())
    assert levels(found) == [43, 90, 105, 128, 134]
    assert all(p.answer and p.subject and len(p.solutions) == 1 for p in found)
    assert Counter(p.level for p in select(found, limit=50)) == {1: 4, 2: 9, 3: 11, 4: 13, 5: 13}


def test_harp() -> None:
    found = problems(harp.load())
    assert levels(found) == [799, 1505, 1363, 719, 197, 197]
    assert sum(len(p.solutions) for p in found) == 10221
    assert all(p.answer for p in found)


def test_harp_mcq() -> None:
    found = problems(harp.load_mcq())
    assert levels(found) == [858, 1612, 1136, 504]
    assert all(p.answer in "ABCDE" and len(p.doc["choices"]) == 5 for p in found)


def test_omni_math() -> None:
    found = problems(omni_math.load())
    assert len(found) == 4428
    assert sum(p.answer is None for p in found) == 9
    if any(p.doc["rule_gradable"] is not None for p in found):
        assert sum(p.doc["rule_gradable"] for p in found) == 2834
    assert {p.level for p in found} == set(range(1, 10))
    assert not any(p.answer and CONTROL.search(p.answer) for p in found)
    assert sum(p.answer is not None and "\t" in p.answer for p in found) == 0


def test_omni_math_rule() -> None:
    found = problems(omni_math.load_rule())
    assert len(found) == 2816
    assert all(p.answer and p.solutions for p in found)


def test_repairs_touch_only_lost_commands() -> None:
    """What follows each restored command is what follows that command elsewhere: an argument, a symbol, a space."""
    for name in ("omni_math", "omni_math_rule"):
        for row in data.rows(name):
            for text in (row["problem"], row["answer"], row["solution"] or ""):
                for match in omni_math._LOST.finditer(text):
                    assert re.match(r"[\f\t\n](rac\{|imes[ (\f]|ext\{|riangle|abla[ $]|eq )", text[match.start() :])
