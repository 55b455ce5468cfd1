"""The gate: whether a new checkpoint is worse than a baseline, asked after every block until it is decided.

The statistics are those of `scorers.sequential`; here they meet run folders and baseline files. The problems are asked
in a fixed order of blocks that are alike in their levels, so that every prefix is a small copy of the benchmark.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from harness.baseline import Baseline, reduce, value
from harness.run import Json, Run
from scorers.sequential import Look, detectable, look

SCHEMA = "harness.gate/1"
MUCH_TRUNCATED = 0.05
"""A share of responses cut at the limit that a reader must know of."""
NAMES = {"regression": "regression", "noninferior": "non-inferior", None: "inconclusive"}


@dataclass(frozen=True, slots=True)
class Rule:
    """When what is decided. `margin` and `min_effect` are shares, not points; `alpha` is one-sided, over all looks."""

    metric: str
    margin: float = 0.02
    min_effect: float = 0.005
    alpha: float = 0.05


class Gate:
    """One baseline run against one candidate, block by block."""

    def __init__(self, base: Baseline, rule: Rule, blocks: Sequence[Sequence[str]]) -> None:
        self.base, self.rule, self.blocks = base, rule, blocks
        self.looks: list[Look] = []
        total = sum(map(len, blocks))
        sizes = [sum(len(block) for block in blocks[: i + 1]) for i in range(len(blocks))]
        self._times = [size / total for size in sizes]
        self._total = total

    def enough(self, run: Run, number: int) -> bool:
        """Look at the first `number` blocks of a run folder. True when the verdict is there."""
        candidate = self._read(run)
        differences = [self._differences(candidate, block) for block in self.blocks[:number]]
        rule = self.rule
        found = look(
            differences, self._times[:number], margin=rule.margin, min_effect=rule.min_effect, alpha=rule.alpha
        )
        self.looks.append(found)
        return found.decision is not None

    def _read(self, run: Run) -> Baseline:
        return reduce(run, votes=not self.rule.metric.startswith(("pass", "accuracy")))

    def _differences(self, candidate: Baseline, block: Sequence[str]) -> list[float]:
        """Candidate − baseline for each problem of a block that both have a value of."""
        pairs = (self._pair(candidate, name) for name in block)
        return [new - old for old, new in pairs if old is not None and new is not None]

    def _pair(self, candidate: Baseline, name: str) -> tuple[float | None, float | None]:
        sides = (self.base.problems.get(name), candidate.problems.get(name))
        old, new = (None if side is None else value(side, self.rule.metric) for side in sides)
        return old, new

    @property
    def verdict(self) -> str:
        """regression, non-inferior or inconclusive."""
        return NAMES[self.looks[-1].decision if self.looks else None]

    def result(self, run: Run) -> Json:
        """The verdict with everything that it rests on, schema "harness.gate/1". Shares and differences are fractions.

        `low` and `high` are one-sided bounds, each at the `level` that this look could spend."""
        candidate = self._read(run)
        asked = [name for block in self.blocks[: len(self.looks)] for name in block]
        pairs = [(o, n) for o, n in (self._pair(candidate, name) for name in asked) if o is not None and n is not None]
        differences = [new - old for old, new in pairs]
        last, rule = self.looks[-1], self.rule
        return {
            "schema": SCHEMA,
            "task": self.base.identity["task"]["name"],
            "strategy": self.base.identity["strategy"],
            "metric": rule.metric,
            "verdict": self.verdict,
            "improvement": last.bounds.low > 0,
            "baseline": self._side(self.base, [old for old, _ in pairs], asked) | {"run": self.base.head["run"]},
            "candidate": self._side(candidate, [new for _, new in pairs], asked) | {"run": str(run.folder)},
            "difference": last.bounds.mean,
            "low": last.bounds.low,
            "high": last.bounds.high,
            "level": last.level,
            "margin": rule.margin,
            "min_effect": rule.min_effect,
            "alpha": rule.alpha,
            "detectable": detectable(differences, self._total, self._times, rule.alpha),
            "problems": {
                "paired": len(pairs),
                "asked": len(asked),
                "selected": self._total,
                "worse": sum(d < 0 for d in differences),
                "better": sum(d > 0 for d in differences),
            },
            "blocks": {"asked": len(self.looks), "planned": len(self.blocks)},
            "looks": [_look(each) for each in self.looks],
            "saved": self._saved(candidate),
            "warnings": self._warnings(candidate, asked),
        }

    def _side(self, side: Baseline, values: Sequence[float], asked: Sequence[str]) -> Json:
        """One of the two over the problems asked: the metric over the pairs, tokens and truncation over all of them."""
        lines = [side.problems[name] for name in asked if name in side.problems]
        responses = sum(line["n"] for line in lines)
        return {
            "model": side.head["model"],
            "identity_digest": side.head["identity_digest"],
            "value": math.fsum(values) / len(values) if values else None,
            "tokens_per_problem": sum(line["completion_tokens"] for line in lines) / len(lines) if lines else None,
            "truncated": sum(line["truncated"] for line in lines) / responses if responses else None,
            "unjudged": sum(line["unjudged"] for line in lines),
        }

    def _warnings(self, candidate: Baseline, asked: Sequence[str]) -> list[str]:
        """What makes the difference hard to read: responses cut at the limit, not judged, or missing."""
        old, new = (self._side(side, [], asked) for side in (self.base, candidate))
        found = []
        if (new["truncated"] or 0) > max(MUCH_TRUNCATED, old["truncated"] or 0):
            found.append(
                f"{100 * new['truncated']:.0f} % of the candidate's responses were cut at the token limit, "
                f"{100 * (old['truncated'] or 0):.0f} % of the baseline's."
            )
        if new["unjudged"] or old["unjudged"]:
            found.append(f"Unjudged responses: {new['unjudged']} of the candidate, {old['unjudged']} of the baseline.")
        if failed := sum(candidate.problems[name]["status"] == "error" for name in asked if name in candidate.problems):
            found.append(f"Failed and left no pair: {failed} of {len(asked)} problems.")
        return found

    def _saved(self, candidate: Baseline) -> Json:
        """What was not asked: the share of the problems, and the share of the tokens that the baseline needed for them;
        `tokens_estimated` scales these to the candidate by what both needed for the others."""
        done = [name for name in self.base.problems if name in candidate.problems]
        left = [name for name in self.base.problems if name not in candidate.problems]
        spent, rest = (sum(self.base.problems[name]["completion_tokens"] for name in part) for part in (done, left))
        ratio = sum(candidate.problems[name]["completion_tokens"] for name in done) / spent if spent else 0.0
        return {
            "problems": len(left) / self._total,
            "tokens": rest / (spent + rest) if spent + rest else 0.0,
            "tokens_estimated": round(rest * ratio),
        }


def _look(found: Look) -> Json:
    return {
        "problems": found.bounds.problems,
        "share": found.time,
        "level": found.level,
        "difference": found.bounds.mean,
        "low": found.bounds.low,
        "high": found.bounds.high,
    }
