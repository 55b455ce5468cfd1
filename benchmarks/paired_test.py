"""Does the test behind `harness compare` keep its 5 %, and what does pairing gain? A seeded simulation.

    python benchmarks/paired_test.py [--repetitions 2000] [--problems 200]

Problem i is solved with probability p_i, drawn from a U-shaped Beta law as benchmarks have it; a run sees k responses
of each. Two nulls: *no change* (both sides draw from the same p_i) and *shifts with mean zero* (the candidate's logits
are moved up or down by one at random, so that problems change and the mean does not). *Loss* takes 0.35 from every
logit. Rejections in percent, at 5 %: the sign-flip test, the interval that gives the verdict, and the unpaired test.
"""

from __future__ import annotations

import argparse
import math

import numpy as np
from scipy import stats

from scorers.paired import paired_estimate, sign_flip_p


def shifted(p: np.ndarray, by: np.ndarray | float) -> np.ndarray:
    logit = np.log(p / (1 - p)) + by
    return 1 / (1 + np.exp(-logit))


def reject(old: np.ndarray, new: np.ndarray, seed: int) -> tuple[bool, bool, bool]:
    differences = (new - old).tolist()
    found = paired_estimate(differences)
    assert found is not None
    assert found.low is not None
    assert found.high is not None
    unpaired = stats.ttest_ind(new, old, equal_var=False).pvalue if old.std() + new.std() else 1.0
    return sign_flip_p(differences, seed=seed, draws=999) < 0.05, found.high < 0 or found.low > 0, unpaired < 0.05


def simulate(kind: str, k: int, problems: int, repetitions: int) -> list[float]:
    generator = np.random.default_rng([k, len(kind)])
    hits = np.zeros(3)
    for repetition in range(repetitions):
        p = np.clip(generator.beta(0.6, 0.6, problems), 0.005, 0.995)
        q = p
        if kind == "shifts with mean zero":
            moved = shifted(p, generator.choice([-1.0, 1.0], problems))
            # The mean over the population must not move: what the logit's bend adds is taken back in expectation.
            up, down = shifted(p, 1.0), shifted(p, -1.0)
            q = np.clip(moved - (up + down) / 2 + p, 0.0, 1.0)
        elif kind == "loss":
            q = shifted(p, -0.35)
        old, new = generator.binomial(k, p) / k, generator.binomial(k, q) / k
        hits += reject(old, new, repetition)
    return [100 * float(h) / repetitions for h in hits]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=2000)
    parser.add_argument("--problems", type=int, default=200)
    options = parser.parse_args()
    error = 100 * math.sqrt(0.05 * 0.95 / options.repetitions)
    print(f"{options.problems} problems, {options.repetitions:,} repetitions (± {error:.1f} at 5 %)")
    print("| truth | k | sign-flip, % | interval, % | unpaired, % |\n|---|--:|--:|--:|--:|")
    for kind in ("no change", "shifts with mean zero", "loss"):
        for k in (1, 4, 16):
            flip, interval, unpaired = simulate(kind, k, options.problems, options.repetitions)
            print(f"| {kind} | {k} | {flip:.1f} | {interval:.1f} | {unpaired:.1f} |", flush=True)


if __name__ == "__main__":
    main()
