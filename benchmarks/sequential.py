"""The error of the gate's stopping rule, and what it saves: a seeded simulation of `scorers.sequential.look`.

    python benchmarks/sequential.py [--repetitions 10000]

Prints Markdown for RESULTS.md. A repetition draws the problems of a benchmark anew: Δ is the mean difference over
all problems that there could be.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit

from scorers.sequential import look

SEED = 20_260_101
MARGIN, MIN_EFFECT, ALPHA = 0.02, 0.005, 0.05
MEAN_LOGIT, SPREAD_LOGIT = 1.35, 2.0
"""Difficulty: logit-normal, mean accuracy 0.69, as in the fixed-sample simulations."""

Draw = Callable[[np.random.Generator, int], np.ndarray]


def checkpoint(delta: float, k: int, own: float) -> Draw:
    """Differences of two checkpoints with k responses each: every problem moves by N(shift, own) logits, and the shift
    is such that the mean over all problems is `delta`."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    weights = weights / weights.sum()
    base = MEAN_LOGIT + SPREAD_LOGIT * nodes
    grid = base[:, None] + own * nodes[None, :]

    def gap(shift: float) -> float:
        return float(weights @ (expit(grid + shift) @ weights) - weights @ expit(base)) - delta

    shift = brentq(gap, -5, 5)

    def draw(rng: np.random.Generator, count: int) -> np.ndarray:
        logits = rng.normal(MEAN_LOGIT, SPREAD_LOGIT, count)
        after = logits + shift + rng.normal(0, own, count)
        return (rng.binomial(k, expit(after)) - rng.binomial(k, expit(logits))) / k

    return draw


def lost(share: float) -> Draw:
    """Greedy decoding that stays the same but for a share of the problems, which are lost: no variance until one is
    met, and as lopsided as can be."""
    return lambda rng, count: -(rng.random(count) < share).astype(float)


def lopsided(gain: float, drop: float) -> Draw:
    """Mean zero: few problems are gained, the others drop a little."""
    share = drop / (gain + drop)
    return lambda rng, count: np.where(rng.random(count) < share, gain, -drop)


@dataclass(frozen=True)
class Outcome:
    """Shares of repetitions by verdict, and the mean share of problems asked."""

    regression: float
    noninferior: float
    inconclusive: float
    asked: float


def simulate(draw: Draw, problems: int, blocks: int, repetitions: int, rng: np.random.Generator) -> Outcome:
    edges = np.linspace(0, problems, blocks + 1).round().astype(int)
    times = [float(edge / problems) for edge in edges[1:]]
    verdicts, asked = {"regression": 0, "noninferior": 0, None: 0}, 0.0
    for _ in range(repetitions):
        d = draw(rng, problems)
        parts = [d[a:b] for a, b in pairwise(edges)]
        for number in range(1, blocks + 1):
            found = look(parts[:number], times[:number], margin=MARGIN, min_effect=MIN_EFFECT, alpha=ALPHA)
            if found.decision is not None:
                break
        verdicts[found.decision] += 1
        asked += times[number - 1]
    shares = [verdicts[name] / repetitions for name in ("regression", "noninferior", None)]
    return Outcome(*shares, asked / repetitions)


def errors(repetitions: int, rng: np.random.Generator) -> list[str]:
    """A row per null hypothesis: how often the forbidden verdict is given."""
    cases = [("no change", f"k={k}, {n} problems", checkpoint(0, k, 0.0), n, "regression")
             for n, k in ((500, 1), (500, 4), (4000, 1))]  # fmt: skip
    cases += [("problems move, mean 0", f"k={k}, {n} problems", checkpoint(0, k, 0.8), n, "regression")
              for n, k in ((100, 4), (500, 1), (500, 4), (500, 16))]  # fmt: skip
    cases += [("few gain, many drop 1/16, mean 0", f"{n} problems", lopsided(1.0, 1 / 16), n, "regression")
              for n in (500, 4000)]  # fmt: skip
    cases += [("at the margin, problems move", f"k={k}, {n} problems", checkpoint(-MARGIN, k, 0.8), n, "noninferior")
              for n, k in ((500, 1), (500, 4), (500, 16), (4000, 1), (4000, 4))]  # fmt: skip
    cases += [("at the margin, 2 % of the problems lost", f"{n} problems", lost(MARGIN), n, "noninferior")
              for n in (500, 1000, 4000)]  # fmt: skip
    rows = []
    for label, size, draw, problems, forbidden in cases:
        for blocks in (5, 10):
            rate = getattr(simulate(draw, problems, blocks, repetitions, rng), forbidden)
            error = math.sqrt(rate * (1 - rate) / repetitions)
            rows.append(f"| {label} | {size} | {blocks} | {forbidden} | {100 * rate:.1f} ± {100 * error:.1f} |")
    return rows


def savings(repetitions: int, rng: np.random.Generator) -> list[str]:
    """A row per effect: verdicts and the share of the problems that were asked, beside one look at the end."""
    rows = []
    for problems, k in ((500, 4), (4000, 1)):
        for delta in (0.02, 0.0, -0.01, -0.02, -0.03, -0.05, -0.10):
            draw = checkpoint(delta, k, 0.8)
            whole = simulate(draw, problems, 1, repetitions, rng)
            for blocks in (5, 10):
                found = simulate(draw, problems, blocks, repetitions, rng)
                names = ("regression", "noninferior", "inconclusive")
                shares = [f"{100 * getattr(found, name):.0f} ({100 * getattr(whole, name):.0f})" for name in names]
                saved = f"{100 * (1 - found.asked):.0f}"
                rows.append(f"| {problems}, k={k} | {100 * delta:+.0f} | {blocks} | {' | '.join(shares)} | {saved} |")
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=10_000)
    repetitions = parser.parse_args().repetitions
    started = time.monotonic()
    rng = np.random.default_rng(SEED)
    print("| null hypothesis | size | blocks | forbidden verdict | given, % (at most 5) |\n|---|---|--:|---|--:|")
    print("\n".join(errors(repetitions, rng)))
    print("\n| problems | Δ, points | blocks | regression, % | non-inferior, % | inconclusive, % | problems saved, % |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    print("\n".join(savings(repetitions // 5, rng)))
    print(f"\nseed {SEED}, {repetitions} and {repetitions // 5} repetitions, {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
