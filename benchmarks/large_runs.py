"""Runs of 300,000 responses: how long and in how much memory they open, are graded again, reported and compared.

    python benchmarks/large_runs.py [--problems 5000] [--n 60] [--characters 2000]

Two runs are made by copying the lines of a small real one under new ids, verdicts drawn at random. Each command is a
process of its own; its peak memory is what the system says of it when it ends.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tabulate import tabulate

DATA = """\
from tasks.documents import splits

def load(scorer="math_answer", **_):
    return splits(
        ({"problem_id": f"sums/{i}", "problem": f"What is {i} + {i}?", "answer": str(2 * i), "level": 1 + i %% 5,
          "subject": None, "difficulty": None, "solutions": []} for i in range(%d)), scorer)
"""
TASK = """\
task: sums
custom_dataset: !function sums_data.load
output_type: generate_until
test_split: test
doc_to_text: "{{problem}}"
doc_to_target: answer
generation_kwargs:
  until: []
metadata:
  version: 1
"""


def harness(*argv: str, check: bool = True) -> tuple[float, float, str]:
    """Seconds, peak MiB and the output of one command."""
    with tempfile.TemporaryFile() as output:
        started = time.perf_counter()
        child = subprocess.Popen([sys.executable, "-m", "harness.cli", *argv], stdout=output, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - started
        child.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        said = output.read().decode(errors="replace")
    assert not check or child.returncode in (0, 10), said[-2000:]
    return seconds, usage.ru_maxrss / 1024, said


def grown(small: Path, out: Path, *, problems: int, n: int, characters: int, seed: int) -> Path:
    """A run folder of `problems` times `n` responses, made of the lines of a small run."""
    rng = random.Random(seed)
    folder = out / f"{small.name}-{seed}"
    folder.mkdir(parents=True)
    manifest = json.loads((small / "manifest.json").read_text())
    manifest["problem_ids"] = [f"sums/{i}" for i in range(problems)]
    manifest["model"] = f"toy/{seed}"
    (folder / "manifest.json").write_text(json.dumps(manifest))
    problem = json.loads((small / "problems.jsonl").read_text().splitlines()[0])
    response = json.loads((small / "responses.jsonl").read_text().splitlines()[0])
    call = json.loads((small / "calls.jsonl").read_text().splitlines()[0])
    filler = "We add the two numbers and look at the result again.\n\n" * (characters // 54)
    with (
        (folder / "problems.jsonl").open("w") as problem_file,
        (folder / "responses.jsonl").open("w") as response_file,
        (folder / "calls.jsonl").open("w") as call_file,
    ):
        for i in range(problems):
            name, skill, right = f"sums/{i}", rng.random(), 0
            for index in range(n):
                correct = rng.random() < skill
                answer = str(2 * i) if correct else str(rng.randrange(50))
                right += correct
                text = f"{filler}The answer is \\boxed{{{answer}}}."
                own = {"problem_id": name, "index": index, "text": text, "answer": answer, "canonical": answer}
                line = {**response, **own, "correct": correct, "chosen": index == 0}
                response_file.write(json.dumps(line, separators=(",", ":")) + "\n")
                key = f"{rng.getrandbits(128):032x}"
                logged = {"key": key, **{k: v for k, v in call.items() if k != "key"}, "problem_id": name}
                logged["result"] = {**call["result"], "text": text}
                call_file.write(json.dumps(logged, separators=(",", ":")) + "\n")
            line = {**problem, "problem_id": name, "level": 1 + i % 5, "n": n, "c": right}
            problem_file.write(json.dumps(line, separators=(",", ":")) + "\n")
    return folder


def main() -> None:
    """Make the runs, time the commands, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--problems", type=int, default=5000)
    parser.add_argument("--n", type=int, default=60)
    parser.add_argument("--characters", type=int, default=2000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        (place / "tasks").mkdir()
        (place / "tasks" / "sums.yaml").write_text(TASK)
        (place / "tasks" / "sums_data.py").write_text(DATA % options.problems)
        common = ["eval", "sums", "--include-path", str(place / "tasks"), "--model", "toy/default"]
        harness(*common, "--strategy", "sample", "-S", "n=2", "--limit", "2", "--output-dir", str(place / "small"))
        [small] = (place / "small").iterdir()
        size = {"problems": options.problems, "n": options.n, "characters": options.characters}
        a, b = (grown(small, place / "big", seed=seed, **size) for seed in (1, 2))
        gib = sum(file.stat().st_size for file in a.iterdir()) / 2**30
        print(f"{options.problems * options.n:,} responses, {gib:.2f} GiB a run\n")
        include = ["--include-path", str(place / "tasks")]
        steps = {
            "grade again (score)": ["score", str(a), *include],
            "grade again (the other run)": ["score", str(b), *include],
            "report": ["report", str(a), "--by", "level"],
            "report --k 1,8,60 (all numbers anew)": ["report", str(a), "--k", f"1,8,{options.n}"],
            "compare": ["compare", str(a), str(b), "--metric", "pass@1", "--allow-different", "model"],
            "show one problem": ["show", str(a), f"sums/{options.problems // 2}"],
        }
        rows = []
        for name, argv in steps.items():
            seconds, mib, _ = harness(*argv)
            rows.append([name, f"{seconds:.1f}", f"{mib:.0f}"])
            print(rows[-1], file=sys.stderr, flush=True)
        print(tabulate(rows, headers=["command", "seconds", "peak MiB"], tablefmt="github", disable_numparse=True))


if __name__ == "__main__":
    main()
