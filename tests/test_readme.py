"""Every command of the README does what it says: run in order, in one folder, as a reader would."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from fault_server import FaultServer
from harness.cli import main

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"^```sh\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
COMMANDS = [line for block in BLOCKS for line in block.splitlines() if line.strip()]
HARNESS = [c.removeprefix(".venv/bin/") for c in COMMANDS if not c.startswith("make")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the commands run; there is something to report on."""
    folder = tmp_path_factory.mktemp("readme")
    assert main(["eval", "game24", "--model", "toy/default", "--limit", "4", "--output-dir", str(folder / "runs")]) == 0
    return folder


def marks(command: str) -> list[pytest.MarkDecorator]:
    found = [pytest.mark.slow] if "smollm2" in command else []
    needs_data = re.search(r"math500|harp|omni", command) is not None and "HARNESS_DATA" not in os.environ
    return [*found, pytest.mark.skipif(needs_data, reason="HARNESS_DATA names no folder")]


@pytest.mark.parametrize("command", [pytest.param(c, marks=marks(c)) for c in HARNESS])
def test_command(command: str, folder: Path) -> None:
    assert command.startswith("harness ")
    with FaultServer(model="my-model") as server:
        command = command.replace("http://localhost:8000/v1", server.base_url)
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            ["bash", "-c", command], cwd=folder, env={**os.environ, "PATH": path}, capture_output=True, text=True,
            check=False, timeout=900,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_make_targets_exist() -> None:
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"`make (\w+)`|^make (\w+)$", README, re.MULTILINE))
    assert {a or b for a, b in named} <= targets
    assert {"demo", "test", "slow", "check"} <= targets


DOCUMENTS = sorted(path.relative_to(ROOT).as_posix() for path in [*ROOT.glob("*.md"), *ROOT.glob("*/*.md")])


@pytest.mark.parametrize("name", DOCUMENTS)
def test_what_a_document_names_is_there(name: str) -> None:
    """Files in backticks under the folders of the project, and links with the heading that they lead to."""
    place = ROOT / name
    text = place.read_text()
    for named in re.findall(r"`((?:harness|tasks|scorers|reports|leaderboard|tests)/[\w./-]+\.\w+)`", text):
        assert (ROOT / named).exists(), named
    for target in re.findall(r"\]\((?!https?:)([^)\s]+)\)", text):
        path, _, heading = target.partition("#")
        file = place.parent / path if path else place
        assert file.exists(), target
        assert not heading or heading in headings(file.read_text()), target


def headings(text: str) -> list[str]:
    """As addresses: lower case, spaces as hyphens, without punctuation."""
    lines = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return [re.sub(r"[^\w\s-]", "", line.lower()).replace(" ", "-") for line in lines]


def test_the_architecture_is_one_page() -> None:
    assert len((ROOT / "ARCHITECTURE.md").read_text().splitlines()) <= 100
