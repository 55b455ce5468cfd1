"""Speed and verdicts of this package's grader beside math-verify's, in one run: `python benchmarks/grading.py`.

Every measurement has a process of its own, pinned to one core, and runs in its main thread, one after another. Rates
are comparisons per second of CPU time of that process; imports and a short warm-up are left out, math-verify parses
each gold answer once. The mix comes problem by problem, which suits math-verify (it remembers the last 20 strings that
it parsed), and shuffled. Real MATH-500 gold answers are measured as well where HARNESS_DATA names the data folder; they
are never printed.
"""

from __future__ import annotations

import argparse
import contextlib
import cProfile
import importlib
import io
import json
import logging
import os
import platform
import pstats
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import mathverify_scorer
from grading_data import Item, golds, mix
from grading_hard import bombs, hard_pairs

from harness.core import Grade, Problem, ScorerRef
from scorers import algebra, math_answer, worker
from scorers.pool import GradingPool

LIMIT = 5.0
SLOW = 2.0
GRADERS = {"ours": "scorers.math_answer:grade", "math-verify": "mathverify_scorer:grade"}
PRELOAD = {"ours": ("scorers.math_answer", "math_verify"), "math-verify": ("mathverify_scorer",)}
PAIRS = Path(__file__).resolve().parent.parent / "tests" / "scorers"
Grader = Callable[[str, Problem], Grade]


# ------------------------------------------------------------------------------------------ one measurement, in a child


def grader(name: str) -> Grader:
    """The grader in this process, as a worker of the pool has it, warmed up."""
    if name == "ours":
        algebra.enter_worker()
        logging.getLogger("math_verify").setLevel(logging.CRITICAL)
        algebra.decide("1", "1")  # its last resort is imported now: no import counts
        worker.settle()
        function: Grader = math_answer.grade
    else:
        function = mathverify_scorer.grade
    for item in mix(golds(40, random.Random("warm-up")), 2, "warm-up"):
        function(item.response, Problem("", "", item.gold))
    return function


def real_golds() -> list[str] | None:
    """MATH-500's gold answers, if they are at hand."""
    path = Path(os.environ.get("HARNESS_DATA", "")) / "math500" / "math500.jsonl"
    if "HARNESS_DATA" not in os.environ or not path.is_file():
        return None
    return [json.loads(line)["answer"] for line in path.read_text(encoding="utf-8").splitlines()]


def items(options: argparse.Namespace, part: str) -> list[Item]:
    """The realistic mix, on synthetic or on real gold answers."""
    if part == "real":
        found = random.Random(f"{options.seed} order").sample(answers := real_golds() or [], len(answers))
    else:
        found = golds(options.problems, random.Random(f"{options.seed} golds"))
    return mix(found[: options.problems], options.responses, f"{options.seed} mix")


def sample(everything: list[Item], problems: int) -> list[Item]:
    """All responses to some of the problems: every n-th by the length of the gold answer."""
    by_length = sorted({(len(item.gold), item.gold, item.problem) for item in everything})
    step = max(1.0, len(by_length) / problems)
    chosen = {by_length[int((k + 0.5) * step)][2] for k in range(min(problems, len(by_length)))}
    return [item for item in everything if item.problem in chosen]


@contextlib.contextmanager
def profiling(wanted: bool) -> Iterator[None]:
    """Print the functions that take the most time, if wanted."""
    if not wanted:
        yield
        return
    with cProfile.Profile() as profile:
        yield
    text = io.StringIO()
    pstats.Stats(profile, stream=text).sort_stats("tottime").print_stats(35)
    print(re.sub(r"/\S*/(?=(?:site-packages|scorers|python3\.\d+)/)", "", text.getvalue()), file=sys.stderr)


def measure_mix(options: argparse.Namespace, name: str, part: str) -> dict[str, Any]:
    """CPU seconds of the mix; of the first time that an answer to a problem comes; verdicts not as constructed."""
    everything = items(options, part)
    whole = name == "ours" or not options.sample
    chosen = everything if whole else sample(everything, options.sample)
    if part == "shuffled":
        chosen = random.Random(f"{options.seed} shuffled").sample(everything, len(chosen))
    problems = {item.problem: Problem(str(item.problem), "", item.gold) for item in chosen}
    function = grader(name)
    seen: set[tuple[int, str]] = set()
    total = first = parsing = 0.0
    if part == "shuffled" and name != "ours":  # all gold answers once; elsewhere their share comes with the problems
        begin = time.process_time()
        for problem in problems.values():
            mathverify_scorer.gold(problem.answer or "")
        parsing = time.process_time() - begin
    wrong = {True: 0, False: 0}
    with profiling(options.profile):
        for item in chosen:
            begin = time.process_time()
            correct = function(item.response, problems[item.problem]).correct
            seconds = time.process_time() - begin
            total += seconds
            if (item.problem, item.answer) not in seen:
                seen.add((item.problem, item.answer))
                first += seconds
            if correct is not item.right:
                wrong[item.right] += 1
                if options.show and part != "real":
                    print(name, repr(item.gold), repr(item.answer), item.right, correct, file=sys.stderr)
    factor = len(everything) / len(chosen)
    return {
        "comparisons": len(everything),
        "measured": len(chosen),
        "distinct": len(seen),
        "seconds": total * factor + parsing * len({item.problem for item in everything}) / len(problems),
        "seconds cached": first * factor,
        "false positives": wrong[False],
        "not right": wrong[True],
    }


def measure_pool(options: argparse.Namespace, name: str, part: str) -> dict[str, Any]:
    """Wall-clock seconds of the mix through the pool, one worker."""
    everything = items(options, part)
    with pool(name) as graders:
        warm(graders, name, "first")
        begin = time.perf_counter()
        for item in everything:
            graders.grade(ScorerRef(GRADERS[name]), item.response, Problem(str(item.problem), "", item.gold))
        return {"comparisons": len(everything), "seconds": time.perf_counter() - begin}


def measure_hard(options: argparse.Namespace, name: str, _part: str) -> dict[str, Any]:
    """CPU seconds of every hard pair, in all and by family; verdicts as constructed."""
    function = grader(name)
    pairs = hard_pairs(options.each, f"{options.seed} hard")
    times: list[float] = []
    families: dict[str, float] = {}
    counts = {"right": 0, "undecided": 0, "by math-verify": 0}
    with profiling(options.profile):
        for number, pair in enumerate(pairs):
            begin = time.process_time()
            grade = function(f"The answer is $\\boxed{{{pair.answer}}}$.", Problem(str(number), "", pair.gold))
            times.append(time.process_time() - begin)
            families[pair.family] = families.get(pair.family, 0.0) + times[-1]
            counts["right"] += grade.correct is pair.right
            counts["undecided"] += grade.correct is None
            counts["by math-verify"] += grade.reason == "math-verify"
            if options.show and grade.correct is not pair.right:
                print(name, pair, grade.correct, grade.reason, file=sys.stderr)
    return {
        "comparisons": len(pairs),
        "seconds": sum(times),
        "median": median(times),
        "p99": quantiles(times, n=100)[98],
        "worst": max(times),
        "by family": {family: seconds / options.each for family, seconds in families.items()},
        **counts,
    }


def pool(name: str) -> GradingPool:
    return GradingPool(workers=1, timeout=LIMIT, preload=PRELOAD[name])


def warm(graders: GradingPool, name: str, tag: str) -> bool:
    """Have a worker at hand that has graded; whether it graded rightly."""
    problem = Problem(f"warm-up {tag}", "", r"\frac{1}{2}")
    return graders.grade(ScorerRef(GRADERS[name]), r"so \boxed{\frac{2}{4}}", problem).correct is True


def measure_labelled(options: argparse.Namespace, name: str, _part: str) -> dict[str, Any]:
    """Verdicts on the labelled pairs of the tests, each in a worker that is killed after the limit."""
    sys.path.append(str(PAIRS))
    pairs = importlib.import_module("labelled_pairs").PAIRS
    counts = {"pairs": 0, "right": 0, "false positives": 0, "false negatives": 0, "undecided": 0, "slow": 0}
    with pool(name) as graders:
        for number, (kind, gold, answer, equal) in enumerate(pairs):
            warm(graders, name, str(number))
            begin = time.perf_counter()
            correct = graders.grade(ScorerRef(GRADERS[name]), f"\\boxed{{{answer}}}", Problem("", "", gold)).correct
            counts["slow"] += time.perf_counter() - begin > SLOW
            counts["pairs"] += 1
            counts["right"] += correct is equal
            counts["false positives"] += correct is True and not equal
            counts["false negatives"] += correct is False and equal
            counts["undecided"] += correct is None
            if options.show and correct is not equal:
                print(name, kind, repr(gold), repr(answer[:80]), equal, correct, file=sys.stderr)
    return counts


def measure_bombs(options: argparse.Namespace, name: str, _part: str) -> dict[str, Any]:
    """Wall-clock seconds of every bomb as the answer to a problem whose gold answer is 5."""
    seconds: dict[str, float] = {}
    counts = {"slow": 0, "killed": 0, "called right": 0, "worker not usable afterwards": 0}
    with tempfile.TemporaryDirectory() as folder, pool(name) as graders:
        marker = Path(folder) / "executed"
        for bomb, answer in bombs(str(marker)).items():
            warm(graders, name, bomb)
            begin = time.perf_counter()
            grade = graders.grade(ScorerRef(GRADERS[name]), f"\\boxed{{{answer}}}", Problem("", "", "5"))
            seconds[bomb] = time.perf_counter() - begin
            counts["slow"] += seconds[bomb] > SLOW
            counts["killed"] += grade.reason.startswith(("timed out", "the grader"))
            counts["called right"] += grade.correct is True
            counts["worker not usable afterwards"] += not warm(graders, name, f"after {bomb}")
            if options.show:
                print(name, bomb, f"{seconds[bomb]:.2f} s", grade.correct, grade.reason[:80], file=sys.stderr)
        executed = int(marker.exists())
    return {"bombs": len(seconds), "worst": max(seconds.values()), "by bomb": seconds, "executed": executed, **counts}


PARTS = {
    "mix": measure_mix,
    "shuffled": measure_mix,
    "real": measure_mix,
    "pool": measure_pool,
    "hard": measure_hard,
    "labelled": measure_labelled,
    "bombs": measure_bombs,
}


# -------------------------------------------------------------------------------------------------------- the whole run


def in_child(arguments: list[str], part: str, name: str) -> dict[str, Any]:
    """One measurement in a fresh process."""
    command = [sys.executable, __file__, *arguments, "--part", part, "--grader", name]
    begin = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=3600)
    took = time.perf_counter() - begin
    print(f"{part}, {name}: {took:.0f} s", file=sys.stderr)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def processor() -> str:
    """The processor's name and the number of its cores that may be used."""
    name = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.is_file():
        models = [line.partition(":")[2].strip() for line in info.read_text().splitlines() if "model name" in line]
        name = models[0] if models else name
    return f"{name} ({platform.machine()}), {os.cpu_count()} cores, one used"


Row = tuple[str, str, str, str]


def row(label: str, ours: float, theirs: float, form: str = "{:,.0f}", better: str = "more") -> Row:
    """A line of the table; the ratio says how many times better ours is."""
    high, low = (ours, theirs) if better == "more" else (theirs, ours)
    ratio = "" if better == "none" or not low else f"{high / low:,.3g}×"
    return label, form.format(ours), form.format(theirs), ratio


def mix_rows(label: str, ours: dict[str, Any], theirs: dict[str, Any], cached: bool = True) -> list[Row]:
    """The lines of a mix; where problems are sampled whole, also what a cache in front of math-verify would save."""
    sides = (ours, theirs)
    wrong = [f"{side['false positives']} + {side['not right']} of {side['measured']:,}" for side in sides]
    lines = [
        row(f"{label}: comparisons per second", *(side["comparisons"] / side["seconds"] for side in sides)),
        row(f"{label}: seconds in all", ours["seconds"], theirs["seconds"], "{:,.2f}", "less"),
    ]
    if cached:
        name = f"{label}: seconds in all, math-verify behind a perfect cache of (problem, answer)"
        lines.append(row(name, ours["seconds"], theirs["seconds cached"], "{:,.2f}", "less"))
    return [*lines, (f"{label}: wrong answers accepted + right ones not", wrong[0], wrong[1], "")]


def hard_rows(ours: dict[str, Any], theirs: dict[str, Any]) -> list[Row]:
    n = ours["comparisons"]
    families = ours["by family"]
    slower = [family for family in families if families[family] > theirs["by family"][family]]
    lines = [
        row(f"hard forms ({n} distinct pairs): comparisons per second", n / ours["seconds"], n / theirs["seconds"]),
        *(row(f"hard forms: {key} (ms)", 1e3 * ours[key], 1e3 * theirs[key], "{:,.2f}", "less")
          for key in ("median", "p99", "worst")),
    ]  # fmt: skip
    lines.append(
        (f"hard forms: families where ours is slower (of {len(families)})", ", ".join(slower) or "none", "", "")
    )
    return [*lines, row("hard forms: right %", 100 * ours["right"] / n, 100 * theirs["right"] / n, "{:.1f}", "none")]


def count_rows(label: str, ours: dict[str, Any], theirs: dict[str, Any], keys: dict[str, str]) -> list[Row]:
    return [row(f"{label}: {name}", ours[key], theirs[key], "{:,}", "none") for key, name in keys.items()]


def table(found: dict[str, dict[str, Any]]) -> list[Row]:
    def both(part: str) -> tuple[dict[str, Any], dict[str, Any]]:
        return found[f"{part} ours"], found[f"{part} math-verify"]

    rows = mix_rows("mix, by problem", *both("mix")) + mix_rows("mix, shuffled", *both("shuffled"), cached=False)
    if "real ours" in found:
        rows += mix_rows("MATH-500 golds, by problem", *both("real"))
    rate = found["pool ours"]["comparisons"] / found["pool ours"]["seconds"]
    rows.append(("mix through the pool, one worker: comparisons per second of wall-clock time", f"{rate:,.0f}", "", ""))
    rows += hard_rows(*both("hard"))
    pairs = [100 * side["right"] / side["pairs"] for side in both("labelled")]
    rows.append(
        row(f"labelled pairs ({found['labelled ours']['pairs']}): right %", pairs[0], pairs[1], "{:.1f}", "none")
    )
    keys = {key: key for key in ("false positives", "false negatives", "undecided")} | {"slow": "over 2 s"}
    rows += count_rows("labelled pairs", *both("labelled"), keys)
    worst = [side["worst"] for side in both("bombs")]
    rows.append(
        row(
            f"bombs ({found['bombs ours']['bombs']}): worst (s of wall-clock time)",
            worst[0],
            worst[1],
            "{:.2f}",
            "less",
        )
    )
    keys = {"slow": "over 2 s", "killed": "killed at 5 s or crashed"}
    keys |= {key: key for key in ("called right", "executed", "worker not usable afterwards")}
    return rows + count_rows("bombs", *both("bombs"), keys)


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--problems", type=int, default=500)
    parser.add_argument("--responses", type=int, default=64)
    parser.add_argument("--sample", type=int, default=64, help="problems of the mix given to math-verify (0: all)")
    parser.add_argument("--each", type=int, default=24, help="hard pairs of each family")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--json", action="store_true", help="print all numbers instead of the table")
    parser.add_argument("--profile", nargs="?", const="hard", choices=["hard", "mix", "shuffled"],
                        help="only profile ours on the hard forms (or the mix)")  # fmt: skip
    parser.add_argument("--show", action="store_true", help="print every verdict not as expected (synthetic items)")
    parser.add_argument("--part", choices=list(PARTS), help=argparse.SUPPRESS)
    parser.add_argument("--grader", choices=list(GRADERS), default="ours", help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> None:
    chosen = options()
    part = chosen.part or chosen.profile
    if part:
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
        print(json.dumps(PARTS[part](chosen, chosen.grader, part)))
        return
    parts = [part for part in PARTS if part != "real" or real_golds()]
    jobs = [(part, name) for part in parts for name in GRADERS if (part, name) != ("pool", "math-verify")]
    found = {f"{part} {name}": in_child(sys.argv[1:], part, name) for part, name in jobs}
    sources = b"".join(path.read_bytes() for path in sorted(Path(math_answer.__file__).parent.glob("*.py")))
    packages = ("math-verify", "latex2sympy2_extended", "sympy")
    about = {
        "command": f"python benchmarks/grading.py {' '.join(sys.argv[1:])}".strip(),
        "machine": processor(),
        "versions": f"Python {platform.python_version()}, " + ", ".join(f"{name} {version(name)}" for name in packages),
        "grader": f"version {math_answer.VERSION}, sha256 of scorers/*.py {sha256(sources).hexdigest()[:12]}",
        "seed": chosen.seed,
    }
    if chosen.json:
        print(json.dumps({**about, **found}, indent=1))
        return
    for name, value in about.items():
        print(f"- {name}: {value}")
    theirs = found["mix math-verify"]
    print(f"- math-verify's share of a mix: {theirs['measured']:,} of {theirs['comparisons']:,} items, scaled\n")
    print("| | ours | math-verify | ours is better by |\n|---|--:|--:|--:|")
    for line in table(found):
        print("| " + " | ".join(line) + " |")


if __name__ == "__main__":
    main()
