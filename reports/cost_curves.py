"""What a run is worth for what it costs: the curve of a strategy that draws, the point of a search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.core import NotComparableError, UsageError
from harness.outcomes import Outcome
from reports.sides import Side
from scorers.curves import best_at_all_k

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

AXES = {
    "generated": "generated tokens, the verifier's included",
    "total": "tokens read and written, the verifier's included",
    "calls": "calls, the verifier's included",
    "serial": "tokens on the longest chain of calls",
}
VERIFIED = ("best@k", "wmaj@k")
CURVES = ("pass@k", "maj@k", *VERIFIED)


@dataclass(frozen=True)
class Curve:
    """One side over the shared problems: rows are problems, columns k (one column for a search)."""

    values: Array
    costs: Array
    metric: str

    @property
    def point(self) -> bool:
        """Whether there is one cost and no choice."""
        return bool(self.costs.shape[1] == 1)

    @property
    def verified(self) -> bool:
        """Whether the cost holds a verifier's."""
        return self.metric in (*VERIFIED, "accuracy")


def cost_curve(side: Side, names: Sequence[str], axis: str, metric: str | None) -> Curve:
    """Accuracy and cost of each problem at each k; NaN where a problem has no value.

    A curve ends where the problem with the fewest judged responses does; a problem of which less than half of the
    responses are judged has no value, so that it does not end the others' curves."""
    import numpy as np

    outcomes = [side.outcomes[name] for name in names]
    if any(outcome.total_tokens is None for outcome in outcomes):
        raise NotComparableError(f"{side.label} was imported without token counts: equal cost cannot be told.")
    if not side.exchangeable:
        chosen = [[np.nan if o.chosen_correct is None else float(o.chosen_correct)] for o in outcomes]
        return Curve(np.array(chosen).reshape(-1, 1), _costs_of_search(side, outcomes, axis), "accuracy")
    wanted = metric or _own_metric(side)
    if wanted not in CURVES:
        raise UsageError(f"--at-equal takes the curves {', '.join(CURVES)}, not '{wanted}'.")
    if wanted in VERIFIED and all(score is None for o in outcomes for score in o.scores):
        raise UsageError(f"{side.label} has no verifier's scores for {wanted}. Say --metric maj@k or pass@k.")
    most = max((len(o.correct) for o in outcomes), default=0)
    usable = [o for o in outcomes if 2 * len(o.judged) >= most > 0]
    n = min((len(o.judged) for o in usable), default=1)
    values, costs = np.full((len(outcomes), n), np.nan), np.full((len(outcomes), n), np.nan)
    for row, outcome in enumerate(outcomes):
        if 2 * len(outcome.judged) >= most > 0:
            values[row] = outcome.curve(wanted)[:n]
            costs[row] = _costs(outcome, axis, n, verified=wanted in VERIFIED)
    return Curve(values, costs, wanted)


def _own_metric(side: Side) -> str:
    """The curve of what a strategy chooses by."""
    if side.strategy["name"] != "best_of_n":
        return "maj@k"
    return "wmaj@k" if side.strategy["parameters"].get("weighted") else "best@k"


def _cost(outcome: Outcome, axis: str, *, verified: bool) -> float | None:
    """What a problem cost in all; None where the run does not say. `verified`: the verifier's part is counted."""
    use = outcome.usage
    if axis == "serial":
        return use.get("serial_tokens")
    policy, verifier = {
        "generated": (("completion_tokens",), ("verifier_completion_tokens",)),
        "total": (("prompt_tokens", "completion_tokens"), ("verifier_tokens",)),
        "calls": (("calls",), ("verifier_calls",)),
    }[axis]
    return sum(use.get(name, 0) for name in (policy + verifier if verified else policy))


def _costs(outcome: Outcome, axis: str, n: int, *, verified: bool) -> Any:
    """The expected cost of k responses, k = 1 … n: proportional, but for the depth, which is the longest one's. Only
    what asks the verifier pays it."""
    import numpy as np

    if axis == "serial":
        tokens = [float(t) for t in outcome.tokens]
        return best_at_all_k(tokens, tokens)[:n]
    return (_cost(outcome, axis, verified=verified) or 0) / len(outcome.correct) * np.arange(1, n + 1)


def _costs_of_search(side: Side, outcomes: Sequence[Outcome], axis: str) -> Array:
    """A column. Raises NotComparableError where the run does not hold this cost."""
    import numpy as np

    costs = [_cost(outcome, axis, verified=True) for outcome in outcomes]
    if None in costs:
        raise NotComparableError(
            f"{side.label} does not say how long its longest chain of calls was. "
            "Evaluate it again, or take another axis: generated, total, calls."
        )
    return np.array(costs, dtype=float).reshape(-1, 1)
