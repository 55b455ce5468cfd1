"""`harness leaderboard` as one types it: entries, checks, a site, and what it says to mistakes."""

from __future__ import annotations

import json
import threading
import urllib.request
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from harness.cli import main
from harness.run import Run
from leaderboard import entry as entries
from scorers.pool import GradingPool
from support import run as evaluate
from support import small_task, toy_plan


def command(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code = main(["leaderboard", *map(str, arguments)])
    out, err = capsys.readouterr()
    return code, out, err


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs of the Game of 24, one of them unfinished."""
    folder = tmp_path_factory.mktemp("out")
    options = ["--model", "toy/default", "--strategy", "greedy,sample", "-S", "n=4", "--limit", "6"]
    assert main(["eval", "game24", *options, "--output-dir", str(folder)]) == 0
    stopped = folder / "stopped"
    stopped.mkdir()
    manifest = json.loads(next(folder.glob("*greedy*/manifest.json")).read_text())
    (stopped / "manifest.json").write_text(json.dumps({**manifest, "state": "stopped"}))
    return folder


def test_add_check_build_check(out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place, site = tmp_path / "entries", tmp_path / "site"
    code, text, err = command(capsys, "add", out, "--entries", place)
    assert code == 0
    assert len(text.splitlines()) == 2
    assert "stopped and left out" in err
    assert "--output-dir" not in next(place.glob("*.json")).read_text()
    assert command(capsys, "check", place) == (0, "2 entries: 0 errors, 0 warnings\n", "")
    code, text, _ = command(capsys, "build", "--entries", place, "-o", site)
    assert code == 0
    assert text.splitlines()[-1] == f"open {site / 'index.html'}"
    code, text, _ = command(capsys, "check", place, "--site", site)
    assert (code, text) == (0, f"{site} of 2 entries: 0 errors, 0 warnings\n")
    (site / "index.html").write_text("x")
    code, text, _ = command(capsys, "check", place, "--site", site, "--format", "github")
    assert code == 2
    assert text.startswith(f"::error file={site / 'index.html'},title=leaderboard::index.html is not what")
    code, text, _ = command(capsys, "check", place, "--site", site, "--format", "json")
    assert json.loads(text)["findings"][0]["level"] == "error"


def test_a_site_of_runs_has_the_statements_and_checks(
    out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site = tmp_path / "site"
    assert (
        command(capsys, "build", "--runs", out, "-o", site, "--title", "Mine", "--address", "https://x.org/b")[0] == 0
    )
    assert "<h1>Mine</h1>" in (site / "index.html").read_text()
    assert "https://x.org/b/run/" in (site / "feed.atom").read_text()
    assert any(b"Use the numbers" in path.read_bytes() for path in (site / "data").rglob("*.js"))
    assert command(capsys, "check", "--runs", out, "--site", site)[0] == 0


def test_transcripts_are_attached_where_asked_and_allowed(
    out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = next(out.glob("*sample*"))
    assert command(capsys, "add", run, "--entries", tmp_path, "--attach", "transcripts")[0] == 0
    [path] = tmp_path.glob("*.json")
    line = next(entries.read(path).problems())
    assert line["statement"].startswith("Use the numbers")
    assert line["responses"][0]["text"]
    code, _, err = command(
        capsys, "add", run, "--entries", tmp_path, "--attach", "transcripts", "--redact", "math500,game24"
    )
    assert code == 0
    assert "the texts of game24 are kept out" in err
    assert next(entries.read(path).problems())["statement"] is None


def test_a_second_run_reproduces_an_entry_or_does_not(
    runs: dict[str, Run], tmp_path: Path, pool: GradingPool, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = toy_plan(small_task(24), step_accuracy=0.4, n=8, model="toy/weak")
    second = evaluate(plan, tmp_path / "again", pool).folder
    assert command(capsys, "add", runs["weak"].folder, "--entries", tmp_path)[0] == 0
    name = entries.name_of(runs["weak"])
    code, _, err = command(capsys, "add", runs["weak"].folder, "--entries", tmp_path, "--reproduces", name)
    assert code == 2
    assert "is the run that" in err
    code, text, _ = command(capsys, "add", second, "--entries", tmp_path, "--reproduces", name)
    assert code == 0
    assert "reproduced, pass@1 +0.0 points on 24 problems" in text
    assert entries.read(tmp_path / f"{name}.json").data["label"] == "reproduced"
    assert command(capsys, "check", tmp_path)[0] == 0
    assert command(capsys, "add", runs["sample"].folder, "--entries", tmp_path)[0] == 0
    code, _, err = command(capsys, "add", runs["weak"].folder, "--entries", tmp_path, "--reproduces", "nothing")
    assert code == 2
    assert "There is no file" in err
    code, _, err = command(capsys, "add", second, runs["sample"].folder, "--entries", tmp_path, "--reproduces", name)
    assert code == 2
    assert "takes one run, not 2" in err
    other = entries.name_of(runs["sample"])
    code, _, err = command(capsys, "add", second, "--entries", tmp_path, "--reproduces", other)
    assert code == 4
    assert "they differ in model.step_accuracy" in err


def test_many_second_runs_find_their_entries(
    runs: dict[str, Run], tmp_path: Path, pool: GradingPool, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = toy_plan(small_task(24), step_accuracy=0.4, n=8, model="toy/weak")
    evaluate(plan, tmp_path / "again", pool)
    assert command(capsys, "add", runs["weak"].folder, runs["sample"].folder, "--entries", tmp_path / "e")[0] == 0
    names = [entries.name_of(runs[name]) for name in ("weak", "sample")]
    code, _, err = command(
        capsys, "add", tmp_path / "again", runs["sample"].folder, "--entries", tmp_path / "e", "--reproduces", "same"
    )
    assert code == 2
    assert "is the run that" in err
    labels = [entries.read(tmp_path / "e" / f"{name}.json").data["label"] for name in names]
    assert labels == ["recomputed", "recomputed"], "nothing is written where one of them is wrong"
    code, text, _ = command(capsys, "add", tmp_path / "again", "--entries", tmp_path / "e", "--reproduces", "same")
    assert (code, text.count("reproduced")) == (0, 1)
    labels = [entries.read(tmp_path / "e" / f"{name}.json").data["label"] for name in names]
    assert labels == ["reproduced", "recomputed"]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ((), 2, "action"),
        (("biuld",), 2, "Did you mean 'build'?"),
        (("build",), 2, "There is no folder leaderboard/entries"),
        (("build", "--entries", "nowhere"), 2, "There is no folder nowhere"),
        (("build", "--runs", "nowhere"), 2, "There is no run at nowhere"),
        (("build", "--runs", "a", "--entries", "b"), 2, "two sources"),
        (("build", "--transcripts", "some"), 2, "all, failed, none or sample:N"),
        (("build", "--redact", "x", "--no-redact"), 2, "contradict"),
        (("check",), 2, "There is no folder"),
        (("check", "--site", "nowhere"), 2, "There is no site at nowhere"),
        (("check", "--runs", "x"), 2, "--runs belongs to --site"),
        (("add", "nowhere"), 2, "There is no run"),
        (("serve", "nowhere"), 2, "There is no site"),
        (("build", "--titel", "x"), 2, "--titel"),
    ],
)
def test_mistakes(
    arguments: tuple[str, ...], code: int, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    found, _, err = command(capsys, *arguments)
    assert found == code
    assert message in err
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []


def test_an_entry_of_another_form_is_no_traceback(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = next(folder.glob("*.json"))
    data = json.loads(path.read_text())
    for change in ({"results": {}}, {"task": "small"}, {"strategy": None}, {"manifest": {"identity": 1}}):
        (tmp_path / path.name).write_text(json.dumps({**data, **change, "samples": None}))
        code, _, err = command(capsys, "build", "--entries", tmp_path, "-o", tmp_path / "site")
        assert code == 2
        assert f"{path.name}: " in err
        assert "`harness leaderboard check`" in err


def test_an_unfinished_run_is_no_entry(out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = command(capsys, "add", out / "stopped", "--entries", tmp_path / "entries")
    assert code == 3
    assert "is stopped" in err
    assert not (tmp_path / "entries").exists()


def test_serve_serves(built: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    pages: list[Any] = []

    def once(self: ThreadingHTTPServer) -> None:
        answer = threading.Thread(target=self.handle_request)
        answer.start()
        with urllib.request.urlopen(f"http://127.0.0.1:{self.server_port}/index.html") as response:
            pages.append(response.read())
        answer.join()
        raise KeyboardInterrupt

    monkeypatch.setattr(ThreadingHTTPServer, "serve_forever", once)
    code, text, _ = command(capsys, "serve", built, "--port", 0)
    assert code == 0
    assert text.startswith("http://127.0.0.1:")
    assert pages == [(built / "index.html").read_bytes()]
