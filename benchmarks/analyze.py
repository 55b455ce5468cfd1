"""How fast `harness analyze` reads: 5,000 responses of 8,000 tokens each, made by `analyze_data.py`.

    python benchmarks/analyze.py [--responses 5000] [--tokens 8000]

Times are CPU seconds of processes (ours, the grading worker's), so that other work on the machine counts less; the
peak is the resident memory of our process. DISTINCT texts are made and each is used several times; nothing is
remembered from one response to the next but verdicts of the same answer.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import resource
import tempfile
import time
from pathlib import Path

from analyze_data import thinking

from harness.analysis.trace_measures import measures
from harness.analysis.traces import FILE, analyze
from harness.core import Problem, ScorerRef, Task
from harness.run import Run
from scorers.pool import GradingPool

DISTINCT = 250
PER_PROBLEM = 4


def write_run(folder: Path, responses: int, tokens: int) -> Task:
    """A run of `responses` responses, four a problem, and the task that grades it."""
    texts = [thinking(random.Random(seed), tokens, seed % 50) for seed in range(DISTINCT)]
    count = responses // PER_PROBLEM
    identity = {"task": {"name": "synthetic"}, "strategy": {"name": "sample", "parameters": {}}, "delimiter": "\n\n"}
    manifest = {
        "schema": "harness.run/1",
        "identity": identity,
        "identity_digest": "0",
        "model": "none",
        "state": "complete",
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with (folder / "problems.jsonl").open("w") as problems, (folder / "responses.jsonl").open("w") as lines:
        for number in range(count):
            name = f"p/{number}"
            line = {"problem_id": name, "level": 1 + number % 5, "subject": None, "status": "ok", "n": PER_PROBLEM}
            problems.write(json.dumps(line) + "\n")
            for index in range(PER_PROBLEM):
                text = texts[(number * PER_PROBLEM + index) % DISTINCT]
                answer = text[text.rindex("{") + 1 : text.rindex("}")]
                usage = {"completion_tokens": tokens, "thinking_tokens": tokens - 12}
                record = {"problem_id": name, "index": index, "text": text, "answer": answer, "canonical": answer}
                record |= {"correct": int(answer) == number % 50, "usage": usage, "finish_reason": "eos"}
                lines.write(json.dumps(record) + "\n")
    made = [Problem(f"p/{n}", "", str(n % 50), level=1 + n % 5) for n in range(count)]
    return Task("synthetic", "1", tuple(made), ScorerRef("scorers.math_answer:grade"))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--responses", type=int, default=5000)
    parser.add_argument("--tokens", type=int, default=8000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        task = write_run(folder, given.responses, given.tokens)
        size = (folder / "responses.jsonl").stat().st_size
        before, clock = time.process_time(), time.time()
        with GradingPool(workers=1) as pool:
            analysed = asyncio.run(analyze(Run.open(folder), task, pool))
        reading = time.process_time() - before
        rows = measures(analysed)
        whole, wall = time.process_time() - before, time.time() - clock
        workers = resource.getrusage(resource.RUSAGE_CHILDREN)
        events = sum(sum(c.kinds.values()) for _, own in analysed for c in own)
        written = (folder / FILE).stat().st_size
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{given.responses} responses of {given.tokens} tokens, {size / 1e6:.0f} MB")
        print(f"{events} events, {len(rows)} rows, analysis.json of {written / 1e6:.0f} MB")
        print(f"CPU: {reading:.1f} s reading and writing, {whole - reading:.1f} s for the tables; wall {wall:.1f} s")
        print(f"CPU of the grading worker: {workers.ru_utime + workers.ru_stime:.1f} s")
        print(f"{1000 * whole / given.responses:.2f} ms of CPU a response; peak resident memory {memory:.0f} MB")


if __name__ == "__main__":
    main()
