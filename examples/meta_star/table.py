"""The report of the example: the curves of the checkpoints and the table of the methods, into README.md.

Run in the folder that run.sh has worked in. With --print it writes nothing.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

README = Path(__file__).with_name("README.md")
BEGIN, END = "<!-- results: written by table.py -->", "<!-- end of results -->"
BASE, STAR, META = "models/checkpoint-0", "models/star/checkpoint-150", "models/meta-star/checkpoint-120"
ROWS = (
    ("before", BASE, "greedy", "accuracy", None),
    ("before, any of 4", BASE, "sample", "pass@k", 4),
    ("after STaR", STAR, "greedy", "accuracy", None),
    ("after STaR, any of 4", STAR, "sample", "pass@k", 4),
    ("after Meta-STaR: search in context", META, "greedy", "accuracy", None),
    ("after Meta-STaR, any of 4", META, "sample", "pass@k", 4),
    ("before, explicit search (best_first, exact verifier)", BASE, "best_first", "accuracy", None),
)


def results(model: str, strategy: str) -> tuple[Path, dict[str, Any]]:
    """The one run of a model on the test puzzles, with its results."""
    [folder] = Path("runs", model).glob(f"make24_test-{strategy}-*")
    return folder, json.loads((folder / "results.json").read_text())


def methods() -> list[str]:
    """A line per method: the share of the puzzles that it solves, and the tokens that a puzzle costs."""
    lines = ["| | solved, % | 95 % interval | completion tokens per puzzle |", "|---|---|---|---|"]
    for name, model, strategy, metric, k in ROWS:
        folder, found = results(model, strategy)
        wanted = {"metric": metric, "k": k, "group": "all"}
        [row] = [row for row in found["metrics"] if wanted.items() <= row.items()]
        problems = [json.loads(line) for line in (folder / "problems.jsonl").open()]
        tokens = sum(problem["usage"]["completion_tokens"] for problem in problems) / len(problems)
        low, value, high = (f"{100 * row[key]:.1f}" for key in ("low", "value", "high"))
        lines.append(f"| {name} | {value} | {low} – {high} | {tokens:.0f} |")
    return lines


def curve(series: str, steps: tuple[int, ...]) -> str:
    """What `harness report --x steps` says of a series of checkpoints that begins with the first model."""
    models = [BASE, *(f"models/{series}/checkpoint-{step}" for step in steps)]
    runs = [str(results(model, strategy)[0]) for model in models for strategy in ("greedy", "sample")]
    done = subprocess.run(["harness", "report", *runs, "--x", "steps"], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def main() -> None:
    """Print the report, and put it into README.md."""
    parts = ["\n".join(methods())]
    parts += ["STaR, checkpoint by checkpoint (`harness report … --x steps`):", curve("star", (50, 100, 150))]
    parts += ["Meta-STaR, checkpoint by checkpoint:", curve("meta-star", (60, 120))]
    report = "\n\n".join(parts)
    print(report)
    if "--print" not in sys.argv:
        before, rest = README.read_text().split(BEGIN)
        README.write_text(f"{before}{BEGIN}\n\n{report}\n\n{END}{rest.split(END)[1]}")


if __name__ == "__main__":
    main()
