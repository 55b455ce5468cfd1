"""Do the intervals of `harness compare --at-equal` cover? A seeded simulation.

    python benchmarks/equal_cost.py [--repetitions 1000]        six minutes of one core

One side draws n = 8 responses (pass@k), the other is a search with one point whose cost differs from problem to
problem and is correlated with the difficulty, as real ones are. The truth is the difference at the search's mean cost
over 200,000 problems.
"""

from __future__ import annotations

import argparse

import numpy as np

from reports import equal_cost
from reports.cost_curves import Curve
from scorers.curves import pass_at_all_k

N = 8


def sides(generator: np.random.Generator, problems: int) -> tuple[Curve, Curve]:
    p = generator.beta(0.6, 0.6, problems)
    q = np.clip(p + generator.normal(0.05, 0.1, problems), 0, 1)
    tokens = 100 * np.exp(generator.normal(0, 0.4, problems)) * (1.5 - p)
    values = np.array([pass_at_all_k(N, int(c)) for c in generator.binomial(N, p)])
    costs = np.outer(tokens * np.exp(generator.normal(0, 0.1, problems)), np.arange(1, N + 1))
    right = generator.binomial(1, q)[:, None].astype(float)
    spent = (tokens * np.exp(generator.normal(np.log(3), 0.3, problems)))[:, None]
    return Curve(values, costs, "pass@k"), Curve(right, spent, "accuracy")


def covered(generator: np.random.Generator, problems: int, seed: int, truth: float) -> bool:
    a, b = sides(generator, problems)
    drawn, level = equal_cost._resampled(None, problems, seed)
    found = []
    for weights in (np.full((1, problems), 1 / problems), drawn):
        spent = equal_cost._spent(a, b, weights, equal_cost._budgets(a, b))
        found.append((equal_cost._at(b, weights, spent) - equal_cost._at(a, weights, spent))[:, 0])
    interval = equal_cost._interval(found[0][0], found[1], level)
    return bool(interval["low"] <= truth <= interval["high"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=1000)
    options = parser.parse_args()
    generator = np.random.default_rng(5)
    a, b = sides(generator, 200_000)
    truth = b.values.mean() - np.interp(b.costs.mean(), a.costs.mean(axis=0), a.values.mean(axis=0))
    print(f"{options.repetitions:,} repetitions, {equal_cost.DRAWS:,} draws; true difference {100 * truth:+.1f} points")
    print("| problems | coverage, % |\n|--:|--:|")
    for problems in (20, 60, 200, 500):
        hits = sum(covered(generator, problems, seed, truth) for seed in range(options.repetitions))
        print(f"| {problems} | {100 * hits / options.repetitions:.1f} |", flush=True)


if __name__ == "__main__":
    main()
