from __future__ import annotations

from pathlib import Path

import pytest

from harness.core import UsageError
from tasks import definitions


def test_reading_runs_nothing(tmp_path: Path) -> None:
    (tmp_path / "t.yaml").write_text("# What it is\ntask: t\ncustom_dataset: !function gone.load\n")
    config = definitions.read(tmp_path / "t.yaml")
    assert config == {"task": "t", "custom_dataset": "!function gone.load"}


def test_includes_are_merged_and_overridden(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text("output_type: generate_until\ndoc_to_text: base\n")
    (tmp_path / "more.yaml").write_text("num_fewshot: 3\n")
    (tmp_path / "t.yaml").write_text("include: [base.yaml, more.yaml]\ntask: t\ndoc_to_text: own\n")
    assert definitions.read(tmp_path / "t.yaml") == {
        "output_type": "generate_until",
        "doc_to_text": "own",
        "num_fewshot": 3,
        "task": "t",
    }


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("task: [", "is not YAML"),
        ("- a\n", "holds no fields"),
        ("x: !!python/object/apply:os.getcwd []\n", "is not YAML"),
        ("include: t.yaml\n", "includes itself"),
        ("include: gone.yaml\n", "cannot be read"),
    ],
)
def test_unusable_files_are_named(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "t.yaml").write_text(text)
    with pytest.raises(UsageError, match=reason) as caught:
        definitions.read(tmp_path / "t.yaml")
    assert str(tmp_path) in str(caught.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# One line\ntask: t\n", "One line"),
        ("task: t\n# later\n", ""),
        ("# comment\ntask: t\nmetadata: {description: better}\n", "better"),
    ],
)
def test_description(tmp_path: Path, text: str, expected: str) -> None:
    (tmp_path / "t.yaml").write_text(text)
    assert definitions.catalog([tmp_path]).tasks["t"].description == expected


def test_catalog_of_tasks_groups_and_tags(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.yaml").write_text("task: a\ntag: both\n")
    (tmp_path / "sub/b.yaml").write_text("task: b\ntag: [both]\n")
    (tmp_path / "g.yaml").write_text("group: g\ntask: [a, {task: b, num_fewshot: 1}]\n")
    (tmp_path / "z.yaml").write_text("task: [\n")
    found = definitions.catalog([tmp_path])
    assert {"a", "b", "math500"} <= set(found.tasks)
    assert found.members == {"both": ["a", "b"], "g": ["a", "b"]}
    assert list(found.broken) == [tmp_path / "z.yaml"]


def test_which_of_two_tasks_of_one_name_counts(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("task: math500\nnum_fewshot: 1\n")
    (tmp_path / "b.yaml").write_text("task: math500\nnum_fewshot: 2\n")
    assert definitions.catalog([tmp_path]).tasks["math500"].config["num_fewshot"] == 1
    assert definitions.catalog([tmp_path / "b.yaml"]).tasks["math500"].config["num_fewshot"] == 2


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--include_path"):
        definitions.catalog([tmp_path / "gone"])


def test_builtin_tasks_are_found_by_name() -> None:
    found = definitions.builtin("gsm8k")
    assert found.tasks["gsm8k"].path.name == "gsm8k.yaml"
    assert definitions.builtin("no_task_has_this_name").tasks == {}
    members = definitions.builtin("hendrycks_math").members["hendrycks_math"]
    assert "hendrycks_math_algebra" in members
