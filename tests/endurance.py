"""Runs that are hurt on purpose, and what must be left of them: the files of a run that nobody hurt.

A run of the command line asks a server in this process. Each fault hits it at a random moment, or its folder between
two attempts; the attempt may end well or with the code that its kind of failure has, and the last attempt, unhurt,
must end with the bytes of the run that was never touched.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fault_server import Call, FaultServer, Json
from support import calls, sums_task

ROOT = Path(__file__).parents[1]
FINAL = ("problems.jsonl", "responses.jsonl", "results.json", "trees.jsonl")
CALL_SECONDS = 0.02
"""How long the server takes for an answer, one after the other: a run lasts long enough to be hurt."""
SKEWED = """\
import random, sys, time
real, shift = time.time, random.Random(int(sys.argv.pop(1)))
time.time = lambda: real() + shift.uniform(-1e8, 1e8)
from harness import run
run.now = lambda: time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(max(0, time.time())))
from harness.cli import main
sys.exit(main())
"""
"""The command with a clock that jumps by years at every look."""
READ_ONLY = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"'
"""A shell command that makes a folder read-only for what it starts."""


@dataclass
class Bench:
    """Where one run is hurt: its server, its folder, its command, and what happened."""

    folder: Path
    server: FaultServer
    rng: random.Random
    strategy: tuple[str, ...]
    codes: Counter[int] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)

    @property
    def out(self) -> Path:
        return self.folder / "runs"

    @property
    def run(self) -> Path | None:
        """The run's folder, once it is there."""
        found = list(self.out.glob("sums-*")) if self.out.exists() else []
        return found[0] if found else None

    def command(self) -> list[str]:
        task = ["--include-path", str(self.folder / "tasks"), "--limit", "12", "--output-dir", str(self.out)]
        model = [
            "--model",
            "openai/fake",
            "-M",
            f"base_url={self.server.base_url}",
            "-M",
            "timeout=5",
            "-M",
            "continue_chat=true",
        ]
        return ["eval", "sums", *task, *model, *self.strategy, "--concurrency", "4"]

    def start(
        self, *, prelude: Sequence[str] = ("-m", "harness.cli"), before: Sequence[str] = (sys.executable,), **how: Any
    ) -> subprocess.Popen[bytes]:
        """Begin an attempt."""
        argv = [*before, *prelude, *self.command()]
        with (self.folder / "stderr").open("ab") as said:
            return subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=said, cwd=ROOT, **how)

    def end(self, process: subprocess.Popen[bytes], *allowed: int) -> None:
        """Wait for its end, which must be one of the codes, or success."""
        code = process.wait(120)
        self.codes[code] += 1
        said = (self.folder / "stderr").read_text(errors="replace")
        assert code in {0, *allowed}, f"exit code {code}, not {allowed}: {said[-2000:]}"
        assert "Traceback" not in said, said[-3000:]

    def moment(self, process: subprocess.Popen[bytes], least: int = 0) -> None:
        """Wait until a random number of answers was given, `least` or more, or the attempt is over."""
        wanted = self.server.answered + least + self.rng.randrange(20)
        while self.server.answered < wanted and process.poll() is None:
            time.sleep(0.005)


def killed(bench: Bench) -> None:
    """SIGKILL at any moment."""
    process = bench.start()
    bench.moment(process)
    process.kill()
    bench.end(process, -signal.SIGKILL)


def interrupted(bench: Bench) -> None:
    """SIGTERM or Ctrl-C after the first answer: code 130, or the signal's own where the command has just ended.

    Not before: Python that starts dies of a signal in its own way."""
    process = bench.start()
    bench.moment(process, least=1)
    process.send_signal(bench.rng.choice([signal.SIGTERM, signal.SIGINT]))
    bench.end(process, 130, -signal.SIGTERM, -signal.SIGINT)


def grader_killed(bench: Bench) -> None:
    """A grading worker dies; it is started anew, and the run ends well."""
    process = bench.start()
    bench.moment(process)
    for child in children(process.pid):
        if "scorers.worker" in child.read_text():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(child.parent.name), signal.SIGKILL)
    bench.end(process)


def torn(bench: Bench) -> None:
    """The end of a file is lost, as when the machine loses power."""
    killed(bench)
    file = some_file(bench)
    if file is not None and (size := file.stat().st_size):
        os.truncate(file, bench.rng.randrange(size))


def garbage(bench: Bench) -> None:
    """Bytes in the middle of a file are overwritten."""
    killed(bench)
    file = some_file(bench)
    if file is not None and (size := file.stat().st_size):
        with file.open("r+b") as stream:
            stream.seek(bench.rng.randrange(size))
            stream.write(bench.rng.randbytes(bench.rng.randrange(1, 200)).replace(b"\n", b" "))


def disk_full(bench: Bench) -> None:
    """No file can grow beyond some size: code 3, or success where it sufficed."""
    limit = bench.rng.randrange(100, 60_000)

    def bounded() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    bench.end(bench.start(preexec_fn=bounded), 3)


def read_only(bench: Bench) -> None:
    """The folder takes nothing: code 2 or 3. Root writes everywhere, so for root it is mounted read-only."""
    bench.out.mkdir(exist_ok=True)
    if os.geteuid() == 0:
        mounting = [*"unshare --mount -- sh -c".split(), READ_ONLY, str(bench.out), sys.executable]
        bench.end(bench.start(before=mounting), 2, 3)
        return
    places = [bench.out, *([bench.run] if bench.run else [])]
    modes = [place.stat().st_mode for place in places]
    for place in places:
        place.chmod(0o555)
    try:
        bench.end(bench.start(), 2, 3)
    finally:
        for place, mode in zip(places, modes, strict=True):
            place.chmod(mode)


def skewed(bench: Bench) -> None:
    """The clock jumps; nothing that is compared holds a time."""
    process = bench.start(prelude=["-c", SKEWED, str(bench.rng.randrange(10**6))])
    bench.moment(process)
    process.kill()
    bench.end(process, -signal.SIGKILL)


def server_cut(bench: Bench) -> None:
    """The server fails half of its calls for a while: retried, or code 3."""
    shares = {"500": 0.15, "reset": 0.15, "drop": 0.1, "garbage": 0.1}
    bench.server._plan, kept = shares, bench.server._plan
    process = bench.start()
    bench.moment(process)
    bench.server._plan = kept
    bench.end(process, 3)


def two_writers(bench: Bench) -> None:
    """The same command twice at once: one of them writes, the other says so with code 3."""
    first, second = bench.start(), bench.start()
    bench.end(first, 3)
    bench.end(second, 3)


FAULTS: dict[str, Callable[[Bench], None]] = {
    each.__name__: each
    for each in (
        *(killed, interrupted, grader_killed, torn, garbage, disk_full, read_only, skewed, server_cut, two_writers),
    )
}


def some_file(bench: Bench) -> Path | None:
    """A file of the run, the call log most often."""
    run = bench.run
    names = ["calls.jsonl"] * 3 + ["responses.jsonl", "problems.jsonl", "trees.jsonl"]
    file = run / bench.rng.choice(names) if run else None
    return file if file is not None and file.exists() else None


def children(pid: int) -> Iterator[Path]:
    """The /proc/…/cmdline of a process's children."""
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            yield Path(f"/proc/{child}/cmdline")


def slow(call: Call, payload: Json) -> Json:
    """The server's answer after a little while."""
    if call.method == "POST":
        time.sleep(CALL_SECONDS)
    return payload


@dataclass(frozen=True)
class Outcome:
    """What became of one run."""

    faults: Counter[str]
    codes: Counter[int]
    attempts: int


def endured(folder: Path, kinds: list[str], seed: int, strategy: tuple[str, ...]) -> Outcome:
    """Hurt one run with these faults, one after the other, then let it end and compare it with the whole one.

    Raises AssertionError where an attempt ends otherwise than it should, or anything is lost or changed."""
    folder.mkdir()
    sums_task(folder / "tasks")
    with FaultServer(handler=slow, seed=seed) as server:
        bench = Bench(folder, server, random.Random(seed), strategy)
        for kind in kinds:
            FAULTS[kind](bench)
            bench.faults[kind] += 1
        bench.end(bench.start())
        whole = Bench(folder / "whole", server, random.Random(0), strategy)
        whole.folder.mkdir()
        shutil.copytree(folder / "tasks", whole.folder / "tasks")
        whole.end(whole.start())
    hurt, sound = bench.run, whole.run
    assert hurt is not None and sound is not None
    for name in FINAL:
        assert (hurt / name).exists() == (sound / name).exists(), name
        assert not (sound / name).exists() or (hurt / name).read_bytes() == (sound / name).read_bytes(), name
    found, wanted = (
        {key: record["result"] for key, record in calls(run).items() if "result" in record} for run in (hurt, sound)
    )
    assert {key: found[key] for key in wanted} == wanted
    assert json.loads((hurt / "manifest.json").read_text())["state"] == "complete"
    return Outcome(bench.faults, bench.codes, sum(bench.codes.values()))
