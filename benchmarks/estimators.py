"""How long whole curves take for a benchmark's worth of problems, beside the exact functions in the same run.

    python benchmarks/estimators.py [--problems 5000] [--n 256]

Below, what a run's results.json takes: the jackknife variances at the default k, weighted majority with real scores and
with scores in tenths, and all rows and curves, each on some of the problems and scaled up.

The answers are drawn from a long-tailed law that differs by problem, as those of a model are: a few answers carry most
of the votes, a tail of others has one each, some responses have no answer.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable
from typing import Any

from harness import results
from harness.outcomes import Outcome
from scorers import curves, sampling
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
    """CPU seconds of this process, from empty caches."""
    for cached in (curves._wins, curves._draws):
        cached.cache_clear()
    started = time.process_time()
    work()
    return time.process_time() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problems", type=int, default=5000)
    parser.add_argument("--n", type=int, default=256)
    parser.add_argument("--sample", type=int, default=5, help="problems given to the exact functions")
    parser.add_argument("--part", type=int, default=100, help="problems given to what results.json takes besides")
    options = parser.parse_args()
    rng, n = random.Random(0), options.n
    problems = [problem(rng, n) for _ in range(options.problems)]
    few, ks = problems[: options.sample], range(1, n + 1)
    curves.maj_at_all_k(*problem(rng, n)[:2])  # imports and tables that every problem shares
    rows: list[tuple[str, Callable[[Any], Any], Callable[[Any], Any]]] = [
        ("pass@k", lambda p: curves.pass_at_all_k(n, sum(p[1])), lambda p: [pass_at_k(n, sum(p[1]), k) for k in ks]),
        ("maj@k", lambda p: curves.maj_at_all_k(p[0], p[1]), lambda p: maj_curve(p[0], p[1], ks)),
        ("best@k", lambda p: curves.best_at_all_k(p[2], p[1]), lambda p: best_curve(p[2], p[1], ks)),
    ]
    print(
        f"{options.problems} problems, n = {n}, every k; CPU seconds; exact functions on {len(few)} problems, scaled up"
    )
    print("| curve | seconds | exact, scaled | times as fast | largest difference |\n|---|---|---|---|---|")
    for name, quick, exact in rows:
        took = seconds(lambda quick=quick: [quick(p) for p in problems])
        slow = seconds(lambda exact=exact: [exact(p) for p in few]) / len(few) * len(problems)
        gap = max(abs(float(a) - b) for p in few for a, b in zip(quick(p), exact(p), strict=True))
        print(f"| {name} | {took:.2f} | {slow:.0f} | {slow / took:.0f} | {gap:.1e} |")
    print(f"\n| on {options.part} problems | ms a problem | all {options.problems}, scaled (s) |\n|---|---|---|")
    part, ks = problems[: options.part], results.default_ks(n)
    shares: list[tuple[str, Callable[[Any], Any]]] = [
        ("variances of maj@k", lambda p: sampling.maj_variances(p[0], p[1], ks)),
        ("variances of best@k", lambda p: sampling.best_variances(p[2], list(map(float, p[1])), ks)),
        ("wmaj@k, real scores: 128 orders", lambda p: weighted_maj_at_all_k(*p)),
        ("wmaj@k, scores 0 or 1: exact", lambda p: weighted_maj_at_all_k(p[0], p[1], [float(s > 0) for s in p[2]])),
    ]
    for name, work in shares:
        took = seconds(lambda work=work: [work(p) for p in part])
        report(name, took, options)
    for name, scored in (("all rows and curves, no scores", False), ("all rows and curves, real scores", True)):
        made = [outcome(i, p, scored) for i, p in enumerate(part)]
        took = seconds(lambda made=made: whole(made, n))
        report(name, took, options)


def report(name: str, took: float, options: argparse.Namespace) -> None:
    print(f"| {name} | {1000 * took / options.part:.1f} | {took / options.part * options.problems:.0f} |")


def outcome(i: int, p: tuple[list[str | None], list[bool], list[float]], scored: bool) -> Outcome:
    answers, correct, scores = p
    responses = [
        {
            "answer": answer, "canonical": answer, "correct": flag, "score": score if scored else None,
            "usage": {"completion_tokens": 500 + i, "thinking_tokens": 0}, "finish_reason": "eos",
        }
        for answer, flag, score in zip(answers, correct, scores, strict=True)
    ]  # fmt: skip
    line = {"problem_id": f"p{i}", "status": "ok", "level": i % 5, "subject": f"s{i % 7}", "correct": correct[0]}
    return Outcome.of({**line, "human_tokens": [100 + i]}, responses)


def whole(made: list[Outcome], n: int) -> None:
    """What `build` derives from the outcomes."""
    for group, members in results._groups(made):
        results._rows(members, results.default_ks(n), group)
    results._curves(made, n)


if __name__ == "__main__":
    main()
