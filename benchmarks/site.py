"""A site of many runs: what its pages and shards weigh, how long it takes to build, how soon it shows.

    python benchmarks/site.py [--runs 100] [--problems 5000] [--n 4] [--keep FOLDER]

The runs are synthetic: difficulties are drawn from a wide law, models differ in strength, and responses of one problem
go together. All have counts, verdicts, scores and tokens of every response; two have the texts too, one of them search
trees of 200 nodes on a tenth of the problems. Sizes are of gzip -9; a page counts with its styles and scripts. The
first paint is Chromium's own measure, from files, on the machine that this runs on.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import gzip
import json
import math
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from tabulate import tabulate

from harness.cli import main as harness
from harness.run import Run
from leaderboard import entry as entries
from leaderboard import site as sites

KIB = 1024
Json = dict[str, Any]
FIRST_PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 1e9"
WORDS = "so we combine terms and simplify the equation which gives by argument a value that must divide both".split()
FORMULAS = ("$x^2+{}$", "$\\frac{{{}}}{{7}}$", "\\( \\sqrt{{{}}} \\)", "$$\\sum_{{k=1}}^{{{}}} k^2$$", "$a_{{{}}}<b$")


def sentence(rng: random.Random) -> str:
    words = [rng.choice(WORDS) for _ in range(rng.randint(8, 20))]
    words.insert(rng.randrange(len(words)), rng.choice(FORMULAS).format(rng.randrange(100)))
    return " ".join(words) + "."


def response(rng: random.Random, index: int, right: bool, textual: bool) -> Json:
    steps = rng.randint(4, 9)
    text = None
    if textual:
        text = "\n\n".join([*(sentence(rng) for _ in range(steps - 1)), f"The answer is $\\boxed{{{int(right)}}}$."])
    tokens = int(rng.lognormvariate(6.0, 0.5))
    return {
        "index": index,
        "correct": right,
        "judge": None,
        "score": round(rng.random(), 4),
        "step_scores": [round(rng.random(), 4) for _ in range(steps)],
        "usage": {"completion_tokens": tokens, "thinking_tokens": 0, "forced_tokens": 0},
        "finish_reason": "length" if rng.random() < 0.02 else "eos",
        "weights": {},
        "chosen": index == 0,
        "vote": int(right),
        "text": text,
        "answer": str(int(right)) if textual else None,
    }


def tree(rng: random.Random, size: int = 200) -> Json:
    nodes: list[Json] = [
        {
            "id": i,
            "parent": None if i == 0 else rng.randrange(max(0, i - 30), i),
            "step": "" if i == 0 else sentence(rng),
            "tokens": 0 if i == 0 else rng.randint(10, 60),
            "made": i // 4,
            "state": rng.choice(["expanded", "open", "pruned", "finished"]),
            "score": rng.random(),
            "step_scores": [],
            "visits": size - i,
            "value": rng.random(),
            "same_as": None,
            "finish_reason": None,
            "candidate": 0 if i == size - 1 else None,
        }
        for i in range(size)
    ]
    return {"nodes": nodes}


def lines(rng: random.Random, hard: list[float], strength: float, n: int, kind: str) -> Iterator[Json]:
    """The sample lines of a run; `kind` is "numbers", "texts" or "trees"."""
    for i, difficulty in enumerate(hard):
        chance = 1 / (1 + math.exp(difficulty - strength + rng.gauss(0, 0.6)))
        responses = [response(rng, k, rng.random() < chance, kind != "numbers") for k in range(n)]
        spent = sum(r["usage"]["completion_tokens"] for r in responses)
        yield {
            "problem_id": f"test/number_theory/{i}.json",
            "level": 1 + i % 5,
            "subject": ("algebra", "geometry", "number theory", "counting")[i % 4],
            "difficulty": None,
            "groups": {},
            "status": "ok",
            "n": n,
            "c": sum(r["correct"] for r in responses),
            "unjudged": 0,
            "chosen": 0,
            "correct": responses[0]["correct"],
            "usage": {"prompt_tokens": 200, "completion_tokens": spent, "verifier_tokens": 0},
            "human_tokens": [150],
            "rule": None,
            "choices": None,
            "statement": None if kind == "numbers" else " ".join(sentence(rng) for _ in range(4)),
            "gold": None if kind == "numbers" else "\\frac{1}{2}",
            "responses": responses,
            "tree": tree(rng) if kind == "trees" and i % 10 == 0 else None,
        }


def model(folder: Path, n: int) -> Json:
    """The JSON of a real entry of the toy model, of which those of the synthetic runs are variations."""
    command = ["eval", "game24", "--model", "toy/default", "--strategy", "sample", "-S", f"n={n}", "--limit", "60"]
    with contextlib.redirect_stdout(sys.stderr):
        harness([*command, "--output-dir", str(folder)])
    return entries.of_run(Run.open(next(folder.iterdir())), attach="numbers").data


def synthetic(folder: Path, count: int, problems: int, n: int) -> list[entries.Entry]:
    """Entries with their samples files."""
    rng = random.Random(0)
    base, hard = model(folder / "toy", n), [rng.gauss(0, 1.6) for _ in range(problems)]
    found = []
    for i in range(count):
        name, strength = f"synthetic-model-{i:03d}-sample-{i:08x}", rng.gauss(0.8, 0.8)
        file = folder / f"{name}.samples.jsonl.gz"
        kind = {0: "trees", 1: "texts"}.get(i, "numbers")
        if not file.exists():
            with gzip.open(file, "wt", compresslevel=1) as stream:
                stream.writelines(json.dumps(line) + "\n" for line in lines(random.Random(i), hard, strength, n, kind))
        data = copy.deepcopy(base)
        for row in data["results"]["metrics"]:
            if row["value"] is not None and row["low"] is not None and row["high"] <= 1:
                row["low"], row["value"], row["high"] = sorted(rng.random() for _ in range(3))
        data |= {
            "id": name,
            "model": f"laboratory/model-{i:03d}",
            "attach": kind if kind == "numbers" else "transcripts",
        }
        data["samples"] = {"file": file.name, "sha256": "0" * 64, "bytes": file.stat().st_size, "problems": problems}
        found.append(entries.Entry(data, folder / f"{name}.json"))
    return found


class Nodes(HTMLParser):
    """Counts elements that are not inside a template."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.count = self.inert = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: D102
        self.count += not self.inert
        self.inert += tag == "template"

    def handle_endtag(self, tag: str) -> None:  # noqa: D102
        self.inert -= tag == "template"


def weight(*paths: Path) -> float:
    """KiB as they travel."""
    return sum(len(gzip.compress(path.read_bytes(), 9)) for path in paths) / KIB


def sizes(site: Path) -> list[list[Any]]:
    shell = [site / "look.css", site / "style.css", site / "site.js"]
    explore = [*shell, site / "explore.css", site / "explore.js"]
    task = next((site / "data" / "task").iterdir())
    largest = {
        kind: max((weight(p) for p in (site / "data" / "run").glob(f"*/{kind}*.js")), default=0) for kind in "tg"
    }
    counts = sorted((weight(p) for p in (site / "data" / "run").glob("*/counts.js")), reverse=True)
    compare = weight(site / "compare.html", *explore, site / "statistics.js", site / "compare.js", task / "problems.js",
                     site / "data" / "runs.js") + sum(counts[:2])  # fmt: skip
    rows: list[list[Any]] = [
        ["index page, its style and script", weight(site / "index.html", *shell), 100],
        ["largest run page, its style and script", max(weight(p, *shell) for p in (site / "run").iterdir()), 60],
        ["comparison of two runs, all that it loads", compare, 150],
        ["counts of all runs together", sum(counts), None],
        ["largest shard of transcripts", largest["t"], 80],
        ["largest shard of search trees", largest["g"], 80],
        ["largest shard of 50 problems with every run", max(weight(p) for p in task.glob("p[0-9]*.js")), 40],
    ]
    nodes = Nodes((site / "index.html").read_text()).count
    return [[name, f"{size:.1f} KiB", limit and f"{limit} KiB"] for name, size, limit in rows] + [
        ["elements of the index page", nodes, 1500]
    ]


def paints(site: Path) -> list[list[Any]]:
    """Milliseconds until the first content, and until a page that loads data has drawn it; the best of five."""
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium")
    if path is None:
        return []
    pages = ["index.html", "compare.html", "problem.html", "transcript.html#run=synthetic-model-000-sample-00000000",
             "tree.html#run=synthetic-model-000-sample-00000000"]  # fmt: skip
    rows = []
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        for name in pages:
            first, drawn = [], []
            for _ in range(5):
                page = browser.new_page(viewport={"width": 1280, "height": 800})
                page.goto(f"file://{site}/{name}")
                page.wait_for_selector("main:not(:has([aria-busy]))")
                drawn.append(page.evaluate("performance.now()"))
                first.append(
                    page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 1e9")
                )
                page.close()
            rows.append([name.split("#")[0], f"{min(first):.0f}", f"{min(drawn):.0f}"])
        browser.close()
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--problems", type=int, default=5000)
    parser.add_argument("--n", type=int, default=4)
    parser.add_argument("--keep", type=Path, help="a folder for samples and site, which stay")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        found = synthetic(folder, options.runs, options.problems, options.n)
        started = time.process_time()
        sites.build(sites.site(found), folder / "site")
        spent = time.process_time() - started
        reading = read_alone(folder)
        files = [path for path in (folder / "site").rglob("*") if path.is_file()]
        rows = sizes(folder / "site")
        rows += [
            ["seconds of one core to build it", f"{spent:.1f}", 60],
            ["seconds that reading its samples as JSON takes alone", f"{reading:.1f}", None],
            ["files", len(files), None],
            ["all files, not compressed", f"{sum(p.stat().st_size for p in files) / KIB**2:.0f} MiB", None],
        ]
        print(f"{options.runs} runs, {options.problems:,} problems, {options.n} responses each\n")
        print(table(rows, ["", "measured", "at most"]))
        print("\n" + table(paints(folder / "site"), ["page", "first paint, ms", "drawn, ms"]))


def read_alone(folder: Path) -> float:
    """CPU seconds of decompressing and parsing every samples file, side by side with the build."""
    started = time.process_time()
    for path in sorted(folder.glob("*.samples.jsonl.gz")):
        with gzip.open(path) as stream:
            for line in stream:
                json.loads(line)
    return time.process_time() - started


def table(rows: list[list[Any]], header: list[str]) -> str:
    return tabulate(rows, headers=header, tablefmt="github", missingval="", disable_numparse=True)


if __name__ == "__main__":
    main()
