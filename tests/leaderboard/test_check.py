"""Checks catch what they are for: a good entry is changed in one place, and sealed again where a forger would."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from harness.run import Run
from leaderboard import entry as entries
from leaderboard import samples
from leaderboard.check import check_folder, differences
from leaderboard.entry import sealed
from leaderboard.plausible import impossible

Json = dict[str, Any]


@pytest.fixture
def copy(folder: Path, runs: dict[str, Run], tmp_path: Path) -> Path:
    """The entry of one run with its samples, to be spoiled."""
    name = entries.name_of(runs["best"])
    for path in folder.glob(f"{name}.*"):
        shutil.copy(path, tmp_path / path.name)
    return tmp_path / f"{name}.json"


def spoil(path: Path, change: Callable[[Json], object], *, seal: bool = True) -> list[str]:
    """The errors after a change of the entry."""
    data = json.loads(path.read_text())
    change(data)
    path.write_text(json.dumps(sealed(data) if seal else data))
    return errors(path.parent)


def spoil_samples(path: Path, change: Callable[[list[Json]], object]) -> list[str]:
    """The errors after a change of the samples, their digest put right."""
    file = path.with_suffix(".samples.jsonl.gz")
    lines = [json.loads(line) for line in gzip.decompress(file.read_bytes()).splitlines()]
    change(lines)
    content = samples.gzipped(json.dumps(line) + "\n" for line in lines)
    file.write_bytes(content)
    about = {"sha256": sha256(content).hexdigest(), "bytes": len(content)}
    return spoil(path, lambda data: data["samples"].update(about))


def errors(folder: Path) -> list[str]:
    return [found.message for found in check_folder(folder) if found.level == "error"]


def test_good_entries_pass(folder: Path) -> None:
    assert check_folder(folder) == []


def test_an_edited_number_breaks_the_seal_and_a_sealed_one_the_samples(copy: Path) -> None:
    def better(data: Json) -> None:
        row = next(r for r in data["results"]["metrics"] if r["metric"] == "accuracy" and r["group"] == "all")
        row["value"] = min(row["high"], row["value"] + 0.01)

    original = copy.read_text()
    assert "something was changed" in spoil(copy, better, seal=False)[0]
    copy.write_text(original)
    [message] = spoil(copy, better)
    assert message.startswith("results.metrics.accuracy.value is ")
    assert "the samples give" in message


def right(lines: list[Json]) -> None:
    """A wrong response is called right, in every place where that is said."""
    line = next(line for line in lines if line["c"] < line["n"] and line["correct"])
    wrong = next(r for r in line["responses"] if r["correct"] is False)
    for response in line["responses"]:
        if response["vote"] == wrong["vote"]:
            response["correct"] = True
    line["c"] = sum(r["correct"] is True for r in line["responses"])


def test_better_samples_break_the_aggregates(copy: Path) -> None:
    found = spoil_samples(copy, right)
    assert any("pass@k" in message for message in found)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda lines: lines[0].update(c=lines[0]["c"] + 1), "c is"),
        (lambda lines: lines[0]["responses"].pop(), "n is"),
        (lambda lines: lines.pop(), "problems"),
        (lambda lines: lines.append(lines[0]), "twice"),
        (lambda lines: lines.reverse(), "in their order"),
        (lambda lines: lines[0].update(problem_id="another"), "those of the identity"),
        (lambda lines: lines[0]["responses"][0]["usage"].update(completion_tokens=10**6), "longer than the limit"),
        (lambda lines: lines[0]["responses"][0]["usage"].update(completion_tokens=-1), "negative"),
        (lambda lines: lines[0]["responses"][0].pop("usage"), "published form"),
        (lambda lines: lines[0].pop("responses"), "published form"),
        (lambda lines: [r.update(vote=0) for r in lines[0]["responses"]], "different verdicts"),
    ],
)
def test_contradictions_within_samples(copy: Path, change: Callable[[list[Json]], object], message: str) -> None:
    assert any(message in found for found in spoil_samples(copy, change))


def test_other_samples_than_the_entry_names(copy: Path) -> None:
    file = copy.with_suffix(".samples.jsonl.gz")
    file.write_bytes(file.read_bytes()[:-1])
    assert "not the one whose digest" in errors(copy.parent)[0]
    file.unlink()
    assert "is missing" in errors(copy.parent)[0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.update(label="best"), "label"),
        (lambda d: d.pop("command"), "'command' is a required property"),
        (lambda d: d.update(extra=1), "extra"),
        (lambda d: d["manifest"]["identity"]["sampling"].update(seed=7), "not the digest of the identity"),
        (lambda d: d.update(id=d["id"][:-1] + ("0" if d["id"][-1] != "0" else "1")), "must end in"),
        (lambda d: d.update(budget=100), "budget is not that"),
        (lambda d: d["task"].update(name="other"), "task is not that"),
        (lambda d: d.update(samples=None), "needs samples"),
        (lambda d: d.update(label="reproduced"), "needs a reproduction"),
        (lambda d: d["samples"].update(file="../x.samples.jsonl.gz"), "does not match"),
        (lambda d: d["results"]["metrics"][0].update(value="high"), "not of type"),
    ],
)
def test_form_and_identity(copy: Path, change: Callable[[Json], object], message: str) -> None:
    assert any(message in found for found in spoil(copy, change))


def test_a_self_reported_entry_is_a_warning(copy: Path) -> None:
    assert spoil(copy, lambda d: d.update(samples=None, label="self-reported")) == []
    messages = {found.message for found in check_folder(copy.parent) if found.level == "warning"}
    assert messages == {"No samples are attached: nothing could be recomputed."}


def test_the_same_run_twice_and_another_models_responses(copy: Path) -> None:
    name = copy.stem
    twin = copy.with_name(f"copy-{name}.json")
    data = json.loads(copy.read_text())
    twin.write_text(json.dumps(sealed({**data, "id": f"copy-{name}"})))
    assert [found.message for found in check_folder(copy.parent)] == [
        f"It has the identity of copy-{name}. One of the two is a copy."
    ]
    identity = data["manifest"]["identity"]
    identity["model"] = {**identity["model"], "step_accuracy": 0.99}
    claimed = entries.digest(identity)
    data["manifest"]["identity_digest"] = claimed
    data["id"] = f"stolen-{claimed[:8]}"
    twin.unlink()
    copy.with_name(f"{data['id']}.json").write_text(json.dumps(sealed(data)))
    [found] = check_folder(copy.parent)
    assert found.level == "warning"
    assert "which is another model" in found.message


def test_no_entry_at_all(tmp_path: Path) -> None:
    (tmp_path / "torn.json").write_text('{"schema": "harness.ent')
    (tmp_path / "lost.samples.jsonl.gz").write_bytes(b"")
    found = {(each.level, Path(each.file).name) for each in check_folder(tmp_path)}
    assert found == {("error", "torn.json"), ("warning", "lost.samples.jsonl.gz")}


def test_impossible_aggregates() -> None:
    row = {"metric": "accuracy", "k": None, "group": "all", "value": 0.5, "low": 0.4, "high": 0.6, "problems": 10}
    counts = {"selected": 10, "finished": 10, "errors": 0}

    def about(*rows: Json) -> list[str]:
        return list(impossible({"metrics": rows, "problems": counts}))

    assert about(row) == []
    assert "no share" in about({**row, "value": 1.5, "high": 2})[0]
    assert "outside" in about({**row, "value": 0.7})[0]
    negative = {**row, "value": -0.1, "low": -0.2, "high": 0.1}
    assert about({**negative, "metric": "completion_tokens"}) == ["completion_tokens is -0.1."]
    assert about({**negative, "metric": "human_log_ratio"}, {**negative, "metric": "answer_tokens_slope"}) == []
    rising = [{**row, "metric": "pass@k", "k": k, "low": 0, "high": 1, "value": v} for k, v in ((1, 0.5), (4, 0.4))]
    assert about(*rising) == ["pass@4 is less than pass@1, over the same problems."]


def test_differences_are_named_by_where_they_are() -> None:
    assert list(differences({"a": [1.0, 2.0]}, {"a": [1.0 + 1e-9, 2.0]})) == []
    assert list(differences({"a": [1.0, 2.0]}, {"a": [1.0, 2.1]})) == [("a[1]", 2.0, 2.1)]
    assert list(differences({"a": True}, {"a": 1.5})) == [("a", True, 1.5)]
    assert list(differences({}, {"b": None, "c": 0})) == [("c", None, 0)]


def test_a_bomb_is_not_unpacked(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(samples, "LINE_LIMIT", 1000)
    assert "too large at line 1" in errors(copy.parent)[0]
    monkeypatch.setattr(samples, "LINE_LIMIT", 1 << 28)
    monkeypatch.setattr(samples, "FILE_LIMIT", 10_000)
    assert "too large at line" in errors(copy.parent)[0]
