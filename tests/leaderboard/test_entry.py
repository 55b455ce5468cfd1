"""Entries: deterministic bytes, no text where none was asked for, and the same numbers as the run's own."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import results
from harness.core import IncompleteError, UsageError
from harness.outcomes import outcomes
from harness.run import Run
from leaderboard import entry as entries
from leaderboard.check import differences, recomputed
from leaderboard.entry import Entry, slug
from reports import sides
from reports.comparison import Rule, compare


def test_the_same_run_gives_the_same_bytes(runs: dict[str, Run], tmp_path: Path) -> None:
    made = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        entries.write(entries.of_run(runs["best"], attach="numbers"), tmp_path / name)
        made.append({path.name: path.read_bytes() for path in (tmp_path / name).iterdir()})
    assert made[0] == made[1]
    assert len(made[0]) == 2


def test_numbers_hold_no_word_of_a_problem_or_a_response(folder: Path, runs: dict[str, Run]) -> None:
    text = "".join(
        gzip.decompress(path.read_bytes()).decode() if path.suffix == ".gz" else path.read_text()
        for path in folder.iterdir()
    )
    for each in runs.values():
        for response in each.lines("responses.jsonl"):
            assert json.dumps(response["text"])[1:-1] not in text
    assert "Step 1" not in text
    assert "What is" not in text
    line = next(entries.read(next(folder.glob("*-mcts-*.json"))).problems())
    assert line["gold"] is None
    assert {response["answer"] for response in line["responses"]} == {None}
    assert {node["step"] for node in line["tree"]["nodes"]} == {None}
    assert sum(node["tokens"] for node in line["tree"]["nodes"]) > 0


@pytest.mark.parametrize("name", ["sample", "best", "mcts", "greedy", "weak"])
def test_every_aggregate_follows_from_numbers_alone(folder: Path, runs: dict[str, Run], name: str) -> None:
    entry = entries.read(folder / f"{entries.name_of(runs[name])}.json")
    made, own = recomputed(entry), runs[name].results()
    stated = {part: own[part] for part in ("problems", "judge", "metrics", "curves")}
    assert list(differences(stated | {"usage": {"asked": own["usage"]["asked"]}}, made["results"])) == []
    assert list(differences(entry.data["analysis"], made["analysis"])) == []


def test_an_entry_reads_as_its_run(folder: Path, runs: dict[str, Run]) -> None:
    """Outcomes, and so every report, are the same from an entry, but for the form of the answers."""
    entry = entries.read(folder / f"{entries.name_of(runs['best'])}.json")
    for ours, theirs in zip(outcomes(entry.run()), outcomes(runs["best"]), strict=True):
        assert (ours.problem_id, ours.correct, ours.scores, ours.tokens, ours.usage, ours.groups) == (
            theirs.problem_id, theirs.correct, theirs.scores, theirs.tokens, theirs.usage, theirs.groups
        )  # fmt: skip
        same = [[a == b for b in ours.answers] for a in ours.answers]
        assert same == [[a == b for b in theirs.answers] for a in theirs.answers]
        assert [a is None for a in ours.answers] == [a is None for a in theirs.answers]
    assert results.build(entry.run())["metrics"] == results.build(runs["best"])["metrics"]


def test_two_entries_compare_as_their_runs_do(folder: Path, runs: dict[str, Run]) -> None:
    read = [entries.read(folder / f"{entries.name_of(runs[name])}.json").run() for name in ("sample", "weak")]
    rule = Rule("pass@1", allowed=("verifier",))
    from_entries = compare(*map(sides.of_run, read), rule)
    from_runs = compare(sides.of_run(runs["sample"]), sides.of_run(runs["weak"]), rule)
    for name in ("difference", "low", "high", "p", "verdict", "flips", "groups", "tokens"):
        assert from_entries[name] == from_runs[name]


def test_transcripts_hold_the_texts(runs: dict[str, Run], statements: dict[str, str], tmp_path: Path) -> None:
    made = entries.write(entries.of_run(runs["mcts"], attach="transcripts", statements=statements), tmp_path)
    line = next(made.problems())
    first = next(runs["mcts"].lines("responses.jsonl"))
    assert line["statement"] == statements[line["problem_id"]]
    assert line["gold"] is not None
    assert line["responses"][0]["text"] == first["text"]
    assert any(node["step"] for node in line["tree"]["nodes"])
    assert next(entries.redact(made).problems())["responses"][0]["text"] is None


def test_tallies_are_the_problems_in_numbers(told: list[Entry], runs: dict[str, Run]) -> None:
    own = {line["problem_id"]: line for line in runs["best"].lines("problems.jsonl")}
    tallies = told[1].tallies
    assert list(tallies) == list(own)
    for name, tally in tallies.items():
        line = own[name]
        assert (tally.n, tally.c, tally.correct, tally.level) == (line["n"], line["c"], line["correct"], line["level"])
        assert tally.tokens == line["usage"]["completion_tokens"]


def test_the_command_leaves_out_where_files_went(told: list[Entry]) -> None:
    made = entries._command(["harness", "eval", "game24", "--output-dir", "/home/me/runs", "--seed", "1"])
    assert made == ["harness", "eval", "game24", "--seed", "1"]
    assert entries._command(["harness", "eval", "--output-path=x", "a"]) == ["harness", "eval", "a"]


def test_what_is_no_entry_is_told(tmp_path: Path, runs: dict[str, Run]) -> None:
    (tmp_path / "x.json").write_text('{"schema": "harness.run/1"}')
    with pytest.raises(UsageError, match=r"harness\.entry/1"):
        entries.read(tmp_path / "x.json")
    with pytest.raises(UsageError, match="no folder"):
        entries.read_folder(tmp_path / "nowhere")
    stopped = Run(runs["best"].folder, {**runs["best"].manifest, "state": "stopped"})
    with pytest.raises(IncompleteError, match="is stopped"):
        entries.of_run(stopped)


@pytest.mark.parametrize("name", ["../../x", "a/b", ".hidden", "A", "", "another"])
def test_a_name_leads_nowhere_else(folder: Path, tmp_path: Path, name: str) -> None:
    data = json.loads(next(folder.glob("*.json")).read_text())
    (tmp_path / "x.json").write_text(json.dumps({**data, "id": name}))
    with pytest.raises(UsageError, match="must be the file's name"):
        entries.read(tmp_path / "x.json")


def test_samples_must_lie_beside_their_entry(folder: Path) -> None:
    entry = entries.read(next(folder.glob("*.json")))
    about = {**entry.data["samples"], "file": "../../etc/passwd.samples.jsonl.gz"}
    with pytest.raises(UsageError, match="not beside it"):
        list(Entry({**entry.data, "samples": about}, entry.path).problems())


@given(st.text(min_size=1), st.text(min_size=1))
def test_slugs_are_safe_and_tell_texts_apart(a: str, b: str) -> None:
    for text in (a, b):
        made = slug(text)
        assert made
        assert set(made) <= set("abcdefghijklmnopqrstuvwxyz0123456789._-")
        assert not made.startswith(".")
    assert (slug(a) == slug(b)) == (a == b)
