"""A data folder of made-up problems in the layout and with the quirks of the real one."""

from __future__ import annotations

import hashlib
import io
import json
import os
import sys
import types
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.core import Grade, Problem
from tasks import data

MATH500 = [
    {
        "problem": f"What is {n} + {n}?",
        "solution": f"It is $\\boxed{{{2 * n}}}$.",
        "answer": str(2 * n),
        "subject": "Addition" if n % 2 else "Doubling",
        "level": 1 + n % 3,
        "unique_id": f"test/addition/{n}.json",
    }
    for n in range(1, 8)
]

HARP = [
    {
        "year": "1999",
        "contest": "TEST_A",
        "number": n,
        "level": n,
        "subject": "algebra",
        "multiple_choice_only": False,
        "problem": f"Half of {2 * n}?",
        "answer": f"${n}$",
        **{f"solution_{i}": f"Way {i} to {n}." for i in range(1, n + 1)},
        "num_solutions": n,
    }
    for n in (1, 2, 3)
]

HARP_MCQ = [
    {
        **HARP[0],
        "choices": {letter: f"${n}$" for n, letter in enumerate("ABCDE")},
        "answer_choice": "B",
    }
]

OMNI_RULE = [
    {
        "domain": ["Mathematics -> Counting -> Cards", "Mathematics -> Chance"],
        "difficulty": 2.5,
        "problem": "Halve\r\nit: $\frac{1}{1}\times 1$, $\\nabla$ and $a \neq b$",
        "solution": "\frac{1}{2}",
        "answer": "\frac{1}{2}",
        "source": "made_up",
    },
    {
        "domain": [],
        "difficulty": 9.5,
        "problem": "A \ffirst one, twice",
        "solution": "s",
        "answer": "1",
        "source": "made_up",
    },
    {
        "domain": [],
        "difficulty": 9.5,
        "problem": "A \ffirst one, twice",
        "solution": "s",
        "answer": "1",
        "source": "made_up",
    },
    {
        "domain": ["Mathematics"],
        "difficulty": 1.0,
        "problem": "Third",
        "solution": "s",
        "answer": "3",
        "source": "made_up",
    },
]

OMNI = [
    {"index": 0, **OMNI_RULE[0], "rule_gradable": True},
    {
        "index": 1,
        "domain": None,
        "difficulty": 4.0,
        "problem": "No answer",
        "solution": None,
        "answer": " ",
        "source": "made_up",
        "rule_gradable": False,
    },
]


def lines(rows: Iterable[Mapping[str, Any]]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def zipped(content: bytes, member: str = "rows.jsonl") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(member, content)
    return buffer.getvalue()


CONTENT = {
    "math500": lines(MATH500),
    "harp": zipped(lines(HARP)),
    "harp_mcq": zipped(lines(HARP_MCQ)),
    "omni_math": lines(OMNI),
    "omni_math_rule": lines(OMNI_RULE),
}


@pytest.fixture
def pin(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, bytes], None]:
    """Make the digest of some bytes the expected one."""

    def pin(name: str, content: bytes) -> None:
        digest = hashlib.sha256(content).hexdigest()
        monkeypatch.setitem(data.SOURCES, name, replace(data.SOURCES[name], sha256=(digest,)))

    return pin


@pytest.fixture
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pin: Callable[[str, bytes], None]) -> Path:
    folder = tmp_path / "data"
    for name, content in CONTENT.items():
        path = folder / data.SOURCES[name].path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        pin(name, content)
    monkeypatch.setenv("HARNESS_DATA", str(folder))
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    return folder


@pytest.fixture
def scorer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scorers that compare the whole response with the gold answer, so that these tests do not test the real ones."""

    def grade(response: str, problem: Problem) -> Grade:
        if problem.answer is None:
            return Grade(None)
        return Grade(response == problem.answer, response, response)

    for name in ("math_answer", "choice", "game24"):
        module = types.ModuleType(f"scorers.{name}")
        module.grade = grade  # type: ignore[attr-defined]
        module.VERSION = "stub"  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, module.__name__, module)


@pytest.fixture
def real_data() -> None:
    if not os.environ.get("HARNESS_DATA"):
        pytest.skip("HARNESS_DATA does not name a folder with the real benchmark files")
