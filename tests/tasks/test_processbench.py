"""ProcessBench's files in their three forms, and what is said of files that are not as they must be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from made_processbench import SHAPES, rows, write

from harness.core import UsageError
from tasks import data, documents, processbench


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HARNESS_DATA", str(write(tmp_path / "data")))
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "data" / "processbench"


def test_documents(folder: Path) -> None:
    docs = processbench.load()["test"]
    found = [documents.problem_of(doc) for doc in docs]
    assert [p.id for p in found][:2] == ["gsm8k-0", "gsm8k-1"]
    first, third = found[0], found[2]
    assert (first.level, first.subject, first.answer) == ("gsm8k", "correct", "-1")
    assert (third.level, third.subject, third.answer) == ("gsm8k", "erroneous", "0")
    assert len(first.given) == 3
    assert first.statement == "What is 0 + 0 in gsm8k?"
    assert not first.solutions


def test_the_three_forms_say_the_same(folder: Path) -> None:
    expected = list(processbench.rows())
    made = rows("gsm8k", SHAPES["gsm8k"])
    (folder / "gsm8k.json").unlink()
    (folder / "gsm8k.jsonl").write_text("".join(json.dumps(row) + "\n" for row in made))
    assert list(processbench.rows()) == expected
    (folder / "gsm8k.jsonl").rename(folder / "gsm8k.json")  # lines under the other name
    assert list(processbench.rows()) == expected
    from pyarrow import Table, parquet

    (folder / "gsm8k.json").unlink()
    parquet.write_table(Table.from_pylist(made), folder / "gsm8k.parquet")
    assert list(processbench.rows()) == expected
    (folder / "gsm8k.parquet").write_bytes(b"PAR1 it is not")
    with pytest.raises(UsageError, match="not readable as Parquet"):
        list(processbench.rows())


def test_solutions_of_one_problem_belong_together(folder: Path) -> None:
    made = rows("gsm8k", SHAPES["gsm8k"])
    made[3]["problem"] = "  What is 1 + 1\n in gsm8k?"
    (folder / "gsm8k.json").write_text(json.dumps(made))
    questions = [row["question"] for row in processbench.rows()][:5]
    assert questions == ["gsm8k-0", "gsm8k-1", "gsm8k-2", "gsm8k-1", "gsm8k-4"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"label": 3}, "label 3 names none of the 3 steps"),
        ({"label": "1"}, "label is '1', where a number is expected"),
        ({"steps": []}, "steps is '\\[\\]'"),
        ({"steps": ["a", 2, "c"]}, "not every one of the steps is a text"),
        ({"problem": ""}, "problem is ''"),
        ({"id": None}, "row 1: id is 'None'"),
    ],
)
def test_bad_rows_are_named(change: dict[str, Any], said: str, folder: Path) -> None:
    made = rows("gsm8k", SHAPES["gsm8k"])
    (folder / "gsm8k.json").write_text(json.dumps([{**made[0], **change}, *made[1:]]))
    with pytest.raises(UsageError, match=said):
        list(processbench.rows())


@pytest.mark.parametrize(("text", "said"), [("[1]", "is no object but int"), ("[{", "is not JSON"), ("x", "line 1")])
def test_bad_files_are_named(text: str, said: str, folder: Path) -> None:
    (folder / "math.json").write_text(text)
    with pytest.raises(UsageError, match=said):
        list(processbench.rows())


def test_what_is_fetched_is_pinned_and_held_to_the_paper(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def fetch(url: str) -> bytes:
        asked.append(url)
        return json.dumps(rows("math", SHAPES["math"])).encode()

    monkeypatch.setattr(data, "_download", fetch)
    (folder / "math.json").unlink()
    with pytest.raises(UsageError, match="holds 1 correct and 1 erroneous solutions, where 406 and 594 are published"):
        list(processbench.rows())
    assert asked == [f"https://huggingface.co/datasets/Qwen/ProcessBench/resolve/{processbench.REVISION}/math.json"]
    monkeypatch.setitem(processbench.PUBLISHED, "math", (1, 1))
    assert len(list(processbench.rows())) == 14  # now it is found in the cache
    assert len(asked) == 1


def test_without_network_it_says_which_file_goes_where(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(url: str) -> bytes:
        raise ConnectionError("no route")

    monkeypatch.setattr(data, "_download", refuse)
    (folder / "omnimath.json").unlink()
    with pytest.raises(
        UsageError, match=r"processbench/omnimath\.json is in neither of .*HARNESS_DATA.*\.json, \.jsonl"
    ):
        list(processbench.rows())
