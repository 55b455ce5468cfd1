"""How long whole curves take for a benchmark's worth of problems, beside the exact functions in the same run.

    python benchmarks/estimators.py [--problems 5000] [--n 256]

The answers are drawn from a long-tailed law that differs by problem, as those of a model are: a few answers carry most
of the votes, a tail of others has one each, some responses have no answer.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable
from typing import Any

from scorers import curves
from scorers.estimators import best_curve, maj_curve, pass_at_k
from scorers.weighted import weighted_maj_at_all_k


def problem(rng: random.Random, n: int) -> tuple[list[str | None], list[bool], list[float]]:
    strength = rng.betavariate(0.8, 1.2)
    answers: list[str | None] = []
    for _ in range(n):
        place = rng.random()
        if place < strength:
            answers.append("right")
        elif place < 0.97:
            answers.append(f"w{int(rng.paretovariate(0.7))}")
        else:
            answers.append(None)
    correct = [answer == "right" for answer in answers]
    return answers, correct, [round(rng.gauss(flag, 1.0), 3) for flag in correct]


def seconds(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problems", type=int, default=5000)
    parser.add_argument("--n", type=int, default=256)
    parser.add_argument("--sample", type=int, default=5, help="problems given to the exact functions")
    options = parser.parse_args()
    rng, n = random.Random(0), options.n
    problems = [problem(rng, n) for _ in range(options.problems)]
    few, ks = problems[: options.sample], range(1, n + 1)
    rows: list[tuple[str, Callable[[Any], Any], Callable[[Any], Any]]] = [
        ("pass@k", lambda p: curves.pass_at_all_k(n, sum(p[1])), lambda p: [pass_at_k(n, sum(p[1]), k) for k in ks]),
        ("maj@k", lambda p: curves.maj_at_all_k(p[0], p[1]), lambda p: maj_curve(p[0], p[1], ks)),
        ("best@k", lambda p: curves.best_at_all_k(p[2], p[1]), lambda p: best_curve(p[2], p[1], ks)),
    ]
    print(f"{options.problems} problems, n = {n}, every k; exact functions on {len(few)} problems, scaled up")
    print("| curve | seconds | exact, scaled | times as fast | largest difference |\n|---|---|---|---|---|")
    for name, quick, exact in rows:
        took = seconds(lambda quick=quick: [quick(p) for p in problems])
        slow = seconds(lambda exact=exact: [exact(p) for p in few]) / len(few) * len(problems)
        gap = max(abs(float(a) - b) for p in few for a, b in zip(quick(p), exact(p), strict=True))
        print(f"| {name} | {took:.1f} | {slow:.0f} | {slow / took:.0f} | {gap:.1e} |")
    took = seconds(lambda: [weighted_maj_at_all_k(*p) for p in problems[:20]]) / 20 * len(problems)
    print(f"| wmaj@k (128 orders, from 20 problems) | {took:.0f} | – | – | – |")


if __name__ == "__main__":
    main()
