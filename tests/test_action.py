"""The GitHub Action as a runner would run it: its own scripts under bash, on toy models, against a server that answers
as GitHub's does; and what keeps the workflows safe."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from harness.cli import main
from harness.run import Run
from support import sums_task

ROOT = Path(__file__).parents[1]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
WORKFLOWS = {path.name: yaml.safe_load(path.read_text()) for path in (ROOT / "examples/workflows").glob("*.yml")}
STEPS = {
    "action.yml": ACTION["runs"]["steps"],
    **{name: [s for job in flow["jobs"].values() for s in job["steps"]] for name, flow in WORKFLOWS.items()},
}
EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")


class GitHub(BaseHTTPRequestHandler):
    """The comments of pull requests: list, create, change."""

    comments: dict[int, dict[str, Any]]
    refuses: bool

    def log_message(self, *_: Any) -> None:
        pass

    def answer(self, value: Any, code: int = 200) -> None:
        data = json.dumps(value).encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self) -> None:
        assert self.headers["Authorization"] == "Bearer secret"
        found = re.fullmatch(r"/repos/me/models/issues/7/comments\?per_page=100&page=(\d+)", self.path)
        assert found, self.path
        page = int(found[1])
        self.answer(list(self.comments.values())[100 * page - 100 : 100 * page])

    def body(self) -> str:
        return str(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["body"])

    def do_POST(self) -> None:
        body = self.body()
        if self.refuses:
            return self.answer({"message": "Resource not accessible by integration"}, 403)
        assert self.path == "/repos/me/models/issues/7/comments"
        number = max(self.comments, default=0) + 1
        self.comments[number] = {"id": number, "body": body}
        return self.answer(self.comments[number], 201)

    def do_PATCH(self) -> None:
        number = int(self.path.removeprefix("/repos/me/models/issues/comments/"))
        self.comments[number]["body"] = self.body()
        self.answer(self.comments[number])


@pytest.fixture
def github() -> Iterator[ThreadingHTTPServer]:
    handler = type("Handler", (GitHub,), {"comments": {}, "refuses": False})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = sums_task(tmp_path_factory.mktemp("base"))
    argv = ["eval", "sums", "--model", "toy/base", "--strategy", "sample", "-S", "n=2", "--limit", "60"]
    assert main([*argv, "--include-path", str(folder), "--output-dir", str(folder / "runs")]) == 0
    [made] = (folder / "runs").iterdir()
    assert main(["baseline", str(made), "-o", str(folder / "base line.jsonl")]) == 0
    return folder / "base line.jsonl"


@dataclass
class Runner:
    """Runs the steps of the action that are scripts, as GitHub does."""

    folder: Path
    inputs: dict[str, str]
    tasks: Path
    context: dict[str, str] = field(default_factory=dict)
    api: str = ""
    outputs: dict[str, str] = field(default_factory=dict)
    log: str = ""

    def value(self, text: str) -> str:
        """A text with its expressions filled in; those that this knows, and no others."""

        def one(match: re.Match[str]) -> str:
            name = match[1]
            if name.startswith("inputs."):
                key = name.removeprefix("inputs.")
                default = ACTION["inputs"][key].get("default", "")
                value = self.inputs.get(key, "secret" if key == "token" else str(default))
                return f"{value} --include-path {self.tasks}" if key == "options" else value
            if name.startswith("steps.gate.outputs."):
                return self.outputs.get(name.removeprefix("steps.gate.outputs."), "")
            return self.context[name]

        return EXPRESSION.sub(one, text)

    def step(self, name: str) -> int:
        """Run one step by its name; its log and outputs are kept. Returns the exit code."""
        [step] = [step for step in ACTION["runs"]["steps"] if step["name"] == name]
        script = self.folder / "script.sh"
        script.write_text(step["run"])
        files = {key: self.folder / key for key in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        for file in files.values():
            file.touch()
        own = {key: self.value(str(text)) for key, text in step.get("env", {}).items()}
        environment = {
            **os.environ,
            "PATH": f"{self.folder / 'bin'}{os.pathsep}{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "GITHUB_API_URL": self.api,
            "GITHUB_REPOSITORY": "me/models",
            "GITHUB_ACTION_PATH": str(ROOT),
            **{key: str(file) for key, file in files.items()},
            **own,
        }
        command = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", str(script)]
        done = subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False, timeout=120
        )
        self.log = done.stdout + done.stderr
        text = files["GITHUB_OUTPUT"].read_text()
        self.outputs |= dict(line.split("=", 1) for line in text.splitlines())
        return done.returncode

    @property
    def summary(self) -> str:
        return (self.folder / "GITHUB_STEP_SUMMARY").read_text()


@pytest.fixture
def runner(tmp_path: Path, base: Path) -> Runner:
    """`harness` on the path is this checkout's, whatever is installed."""
    (tmp_path / "bin").mkdir()
    command = tmp_path / "bin" / "harness"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m harness.cli "$@"\n')
    command.chmod(0o755)
    return Runner(tmp_path, {"baseline": str(base), "model": "toy/new", "blocks": "3"}, base.parent)


def test_a_regression_fails_the_job(runner: Runner) -> None:
    runner.inputs["options"] = "-M step_accuracy=0.5"
    assert runner.step("Gate") == 0, runner.log
    assert runner.outputs["verdict"] == "regression"
    assert runner.outputs["exit-code"] == "10"
    assert float(runner.outputs["difference"]) < 0
    assert 0 < float(runner.outputs["problems-saved"]) < 1
    assert 0 < float(runner.outputs["tokens-saved"]) < 1
    assert Run.open(runner.folder / runner.outputs["run"]).manifest["state"] == "stopped"
    assert "### ❌ regression: sums" in runner.summary
    assert runner.log.startswith("::error title=")
    report = runner.folder / "gate-report"
    assert sorted(path.name for path in report.iterdir()) == ["verdict.json", "verdict.md", "verdict.xml"]
    assert json.loads((report / "verdict.json").read_text())[0]["verdict"] == "regression"
    assert ElementTree.parse(report / "verdict.xml").getroot().get("failures") == "1"
    assert runner.step("Verdict") == 10


def test_the_same_checkpoint_passes(runner: Runner) -> None:
    runner.inputs["margin"] = "15"
    assert runner.step("Gate") == 0, runner.log
    assert runner.outputs["verdict"] == "non-inferior"
    assert "✅" in runner.summary
    assert runner.step("Verdict") == 0


def test_undecided_fails_when_strict(runner: Runner) -> None:
    assert runner.step("Gate") == 0, runner.log
    assert (runner.outputs["verdict"], runner.step("Verdict")) == ("inconclusive", 0)
    runner.inputs["strict"] = "true"
    assert runner.step("Gate") == 0, runner.log
    assert (runner.outputs["exit-code"], runner.step("Verdict")) == ("11", 11)


@pytest.mark.parametrize(
    ("inputs", "code"),
    [
        ({"options": "--max-tokens 7"}, 4),
        ({"baseline": "no such file.jsonl"}, 2),
        ({"model": ""}, 2),
        ({"margin": "$(touch owned)"}, 2),
    ],
)
def test_no_verdict_fails_with_its_code(runner: Runner, inputs: dict[str, str], code: int) -> None:
    runner.inputs |= inputs
    assert runner.step("Gate") == 0
    assert (runner.outputs["verdict"], runner.outputs["exit-code"]) == ("none", str(code)), runner.log
    assert f"no verdict, exit code {code}" in runner.summary
    assert runner.step("Verdict") == code
    assert not (runner.folder / "owned").exists()


@pytest.mark.parametrize(("extras", "wanted"), [("", str(ROOT)), ("hf,vllm", f"{ROOT}[hf,vllm]")])
def test_the_harness_is_installed_from_the_actions_own_checkout(runner: Runner, extras: str, wanted: str) -> None:
    """pip itself is not run here: a `python` in its place says what it was asked."""
    python = runner.folder / "bin" / "python"
    python.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    python.chmod(0o755)
    runner.inputs["extras"] = extras
    assert runner.step("Install") == 0
    assert runner.log.splitlines() == ["-m", "pip", "install", "--quiet", wanted]


def test_an_old_verdict_is_not_taken_for_a_new_one(runner: Runner) -> None:
    assert runner.step("Gate") == 0
    runner.inputs["options"] = "--max-tokens 7"
    assert runner.step("Gate") == 0
    assert runner.step("Verdict") == 4


def test_options_that_are_no_shell_words_fail_the_step(runner: Runner) -> None:
    runner.inputs["options"] = "--seed '5"
    assert runner.step("Gate") != 0
    assert "No closing quotation" in runner.log


@pytest.mark.parametrize("hostile", ['"; touch owned; "$(touch owned)', "'`touch owned`; touch owned; '"])
def test_inputs_are_never_code(runner: Runner, hostile: str) -> None:
    runner.inputs["model"] = f"toy/{hostile}"
    runner.inputs["output-dir"] = f"runs {hostile}"
    runner.inputs["options"] = "-M 'step_accuracy=0.5' --margin '3'"
    assert runner.step("Gate") == 0
    assert runner.outputs["verdict"] == "regression", runner.log
    assert not (runner.folder / "owned").exists()
    [result] = json.loads((runner.folder / "gate-report/verdict.json").read_text())
    assert result["candidate"]["model"] == f"toy/{hostile}"
    assert result["margin"] == 0.03


def test_one_comment_is_kept(runner: Runner, github: ThreadingHTTPServer) -> None:
    comments = github.RequestHandlerClass.comments  # type: ignore[attr-defined]
    comments.update({i: {"id": i, "body": "<!-- another -->"} for i in range(1, 131)})
    runner.api = f"http://127.0.0.1:{github.server_port}"
    runner.context["github.event.pull_request.number"] = "7"
    runner.inputs["options"] = "-M step_accuracy=0.5"
    assert runner.step("Gate") == 0
    assert runner.step("Comment") == 0, runner.log
    assert len(comments) == 131
    assert comments[131]["body"].startswith("<!-- harness-gate ")
    assert "❌ regression" in comments[131]["body"]
    runner.inputs |= {"options": "", "margin": "15"}
    assert runner.step("Gate") == 0
    assert runner.step("Comment") == 0, runner.log
    assert len(comments) == 131
    assert "✅ non-inferior" in comments[131]["body"]
    assert {comment["body"] for number, comment in comments.items() if number < 131} == {"<!-- another -->"}


def test_a_comment_that_may_not_be_written_is_a_warning(runner: Runner, github: ThreadingHTTPServer) -> None:
    github.RequestHandlerClass.refuses = True  # type: ignore[attr-defined]
    runner.api = f"http://127.0.0.1:{github.server_port}"
    runner.context["github.event.pull_request.number"] = "7"
    assert runner.step("Comment") == 0
    assert "::warning title=harness gate::The comment could not be written: HTTP Error 403" in runner.log


@pytest.mark.parametrize(("name", "steps"), STEPS.items())
def test_no_script_holds_an_expression(name: str, steps: list[dict[str, Any]]) -> None:
    scripts = [step["run"] for step in steps if "run" in step]
    assert scripts
    assert not any("${{" in script for script in scripts)


@pytest.mark.parametrize(("name", "steps"), STEPS.items())
def test_only_official_actions_by_major_tag_besides_our_own(name: str, steps: list[dict[str, Any]]) -> None:
    used = [step["uses"] for step in steps if "uses" in step]
    assert used
    for action in used:
        assert re.fullmatch(r"actions/[\w-]+@v\d+|OWNER/metacot-harness@v\d+\.\d+\.\d+", action), action


def test_every_expression_names_something_that_there_is() -> None:
    text = (ROOT / "action.yml").read_text()
    assert set(re.findall(r"inputs\.([\w-]+)", text)) == set(ACTION["inputs"])
    assert all(step["shell"] == "bash" for step in ACTION["runs"]["steps"] if "run" in step)
    written = {"verdict", "exit-code", "run", "difference", "problems-saved", "tokens-saved"}
    assert set(re.findall(r"steps\.gate\.outputs\.([\w-]+)", text)) == set(ACTION["outputs"]) == written


def test_the_example_gives_the_action_inputs_that_it_has() -> None:
    [step] = [step for step in STEPS["gate.yml"] if step.get("uses", "").startswith("OWNER/")]
    assert set(step["with"]) <= set(ACTION["inputs"])
    assert {name for name, about in ACTION["inputs"].items() if about.get("required")} <= set(step["with"])


@pytest.mark.parametrize(
    ("given", "file", "model"), [("hf/a b", None, "hf/a b"), ("", "toy/$(x)\n", "toy/$(x)"), ("", "hf/c", "hf/c")]
)
def test_the_example_reads_which_checkpoint(tmp_path: Path, given: str, file: str | None, model: str) -> None:
    [step] = [step for step in STEPS["gate.yml"] if step.get("name") == "Which checkpoint"]
    if file is not None:
        (tmp_path / "checkpoint.txt").write_text(file)
    environment = {**os.environ, "MODEL": given, "GITHUB_OUTPUT": str(tmp_path / "out")}
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
    subprocess.run(command, cwd=tmp_path, env=environment, check=True)
    assert (tmp_path / "out").read_text() == f"model={model}\n"


def test_the_published_site_is_checked_and_built_from_entries(tmp_path: Path) -> None:
    steps = {step.get("name"): step for step in STEPS["leaderboard.yml"]}
    command = ["eval", "sums", "--include-path", str(sums_task(tmp_path / "tasks")), "--model", "toy/default"]
    assert main([*command, "--limit", "10", "--output-dir", str(tmp_path / "runs")]) == 0
    entries = tmp_path / "leaderboard/entries"
    assert main(["leaderboard", "add", str(tmp_path / "runs"), "--entries", str(entries)]) == 0
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"

    def step(name: str) -> subprocess.CompletedProcess[str]:
        script = ["bash", "-eo", "pipefail", "-c", steps[name]["run"]]
        environment = {**os.environ, "PATH": path}
        return subprocess.run(script, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    checked = step("Check the entries")
    assert (checked.returncode, checked.stdout) == (0, "1 entry: 0 errors, 0 warnings\n")
    built = step("Build the site")
    assert built.returncode == 0, built.stderr
    page = (tmp_path / "site/index.html").read_text()
    assert page.lower().startswith("<!doctype html>")
    assert "toy/default" in page
    [entry] = entries.glob("*.json")
    entry.write_text(entry.read_text().replace('"toy/default"', '"toy/better"', 1))
    checked = step("Check the entries")
    assert checked.returncode == 2
    assert checked.stdout.startswith("::error file=leaderboard/entries/sums-toy-default-greedy-")
