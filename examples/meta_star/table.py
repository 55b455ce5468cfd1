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
BASE, STAR, META = "models/checkpoint-0", "models/star/checkpoint-150", "models/meta-star/checkpoint-300"
DRAWS = 8
"""The responses of a run that samples, as run.sh asks for them."""
ROWS = (
    ("before, one response", BASE, "sample", "pass@k", 1),
    ("before, majority of 8", BASE, "sample", "maj@k", 8),
    ("before, any of 8", BASE, "sample", "pass@k", 8),
    ("after STaR, one response", STAR, "sample", "pass@k", 1),
    ("after STaR, majority of 8", STAR, "sample", "maj@k", 8),
    ("after STaR, any of 8", STAR, "sample", "pass@k", 8),
    ("after Meta-STaR, one response: search in context", META, "sample", "pass@k", 1),
    ("after Meta-STaR, majority of 8", META, "sample", "maj@k", 8),
    ("after Meta-STaR, any of 8", META, "sample", "pass@k", 8),
    ("before, explicit search (best_first, exact verifier)", BASE, "best_first", "accuracy", None),
)


def results(model: str, strategy: str) -> tuple[Path, dict[str, Any]] | None:
    """The run of a model on the test puzzles, with its results; None where it is not finished."""
    found = list(Path("runs", model).glob(f"make24_test-{strategy}-*/results.json"))
    return (found[0].parent, json.loads(found[0].read_text())) if found else None


def methods() -> list[str]:
    """A line per method: the share of the puzzles that it solves, and the tokens that a puzzle costs."""
    lines = ["| | solved, % | 95 % interval | completion tokens per puzzle |", "|---|---|---|---|"]
    for name, model, strategy, metric, k in ROWS:
        if (finished := results(model, strategy)) is None:
            lines.append(f"| {name} | not finished | | |")
            continue
        folder, found = finished
        wanted = {"metric": metric, "k": k, "group": "all"}
        [row] = [row for row in found["metrics"] if wanted.items() <= row.items()]
        problems = [json.loads(line) for line in (folder / "problems.jsonl").open()]
        tokens = sum(problem["usage"]["completion_tokens"] for problem in problems) / len(problems)
        tokens *= k / DRAWS if k else 1
        low, value, high = (f"{100 * row[key]:.1f}" for key in ("low", "value", "high"))
        lines.append(f"| {name} | {value} | {low} – {high} | {tokens:.0f} |")
    return lines


def curve(series: str, steps: tuple[int, ...]) -> str:
    """What `harness report --x steps` says of a series of checkpoints that begins with the first model."""
    models = [BASE, *(f"models/{series}/checkpoint-{step}" for step in steps)]
    finished = [results(model, strategy) for model in models for strategy in ("greedy", "sample")]
    runs = [str(run[0]) for run in finished if run is not None]
    done = subprocess.run(["harness", "report", *runs, "--x", "steps"], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def main() -> None:
    """Print the report, and put it into README.md."""
    parts = ["\n".join(methods())]
    parts += ["STaR, checkpoint by checkpoint (`harness report … --x steps`):", curve("star", (50, 100, 150))]
    parts += ["Meta-STaR, checkpoint by checkpoint:", curve("meta-star", (100, 200, 300))]
    report = "\n\n".join(parts)
    print(report)
    if "--print" not in sys.argv:
        before, rest = README.read_text().split(BEGIN)
        README.write_text(f"{before}{BEGIN}\n\n{report}\n\n{END}{rest.split(END)[1]}")


if __name__ == "__main__":
    main()
