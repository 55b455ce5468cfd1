"""One problem's outcome, as every metric and every comparison reads it: from the lines of a run folder."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from harness.core import CUT
from harness.run import Json, Run
from scorers import curves, sampling
from scorers.weighted import weighted_maj_at_all_k

if TYPE_CHECKING:
    from scorers.curves import Curve

GROUPS = ("level", "subject")
READ_OR_WRITTEN = ("prompt_tokens", "completion_tokens", "verifier_tokens")
DRAWING = ("sample", "best_of_n", "self_consistency")
"""The strategies whose responses are independent draws, so that fewer of them would have been a smaller n."""
SEQUENTIAL = ("revise",)
"""The strategies whose responses are written in sight of earlier ones: their order matters, and no k of them are a
sample of smaller size."""
CURVES = ("pass@k", "maj@k", "best@k", "wmaj@k", "pass^k", "g-pass@k[0.5]", "g-pass@k[0.75]", "mg-pass@k")
"""The metrics that have a value for every k up to the number of responses; G-Pass@k at τ = 1 is pass^k."""


@dataclass(frozen=True)
class Outcome:
    """What the metrics need of one problem; lists hold an entry per response. Of an imported run those of tokens and
    cuts are empty, and `total_tokens` is None, where the other harness did not say."""

    problem_id: str
    groups: dict[str, Any]
    status: str
    chosen_correct: bool | None
    answers: list[str | None]
    correct: list[bool | None]
    scores: list[float | None]
    tokens: list[int]
    thinking: list[int]
    truncated: list[bool]
    total_tokens: int | None
    human_tokens: list[int]
    opinions: list[bool | None]
    usage: dict[str, int] = field(default_factory=dict)
    apart: list[dict[str, int]] = field(default_factory=list)
    counted_by: list[str] = field(default_factory=list)

    @staticmethod
    def of(problem: Json, responses: Sequence[Json]) -> Outcome:
        """From the lines of the run folder. Votes are counted on the canonical form, else on the answer itself."""
        usage = problem.get("usage") or {}
        counted = [r for r in responses if r["usage"]["completion_tokens"] is not None]  # imported runs count none
        return Outcome(
            problem_id=problem["problem_id"],
            groups={"all": None, **{name: problem.get(name) for name in GROUPS}, **(problem.get("groups") or {})},
            status=problem["status"],
            chosen_correct=problem.get("correct"),
            answers=[r["answer"] if r["canonical"] is None else r["canonical"] for r in responses],
            correct=[r["correct"] for r in responses],
            scores=[r["score"] for r in responses],
            tokens=[r["usage"]["completion_tokens"] for r in counted],
            thinking=[t for r in counted if (t := r["usage"]["thinking_tokens"]) is not None],
            apart=[_apart(r["usage"]) for r in counted if r["usage"]["thinking_tokens"] is not None],
            counted_by=[r["usage"].get("thinking_by") or "exact" for r in counted],
            truncated=[r["finish_reason"] in CUT for r in responses if r["finish_reason"] is not None],
            total_tokens=None if responses and not usage else sum(usage.get(name, 0) for name in READ_OR_WRITTEN),
            human_tokens=problem.get("human_tokens") or [],
            opinions=[r.get("judge") for r in responses],
            usage=dict(usage),
        )

    @cached_property
    def judged(self) -> list[int]:
        """The responses that were judged right or wrong. Others are missing, never wrong."""
        return [i for i, value in enumerate(self.correct) if value is not None]

    @cached_property
    def votes(self) -> tuple[list[str | None], list[bool]]:
        """Answers and verdicts of the judged responses."""
        return [self.answers[i] for i in self.judged], [bool(self.correct[i]) for i in self.judged]

    @cached_property
    def judged_scores(self) -> list[float | None]:
        """The verifier's scores of the judged responses."""
        return [self.scores[i] for i in self.judged]

    @cached_property
    def right(self) -> int:
        """How many of the judged responses are right."""
        return sum(self.votes[1])

    def curve(self, metric: str) -> Curve:
        """A metric of CURVES for k = 1 … the number of judged responses, of which there must be one."""
        return self._curve(metric)[0]

    def monte_carlo(self, metric: str) -> Curve | None:
        """The Monte Carlo error of a curve; None where it is exact."""
        return self._curve(metric)[1]

    def _curve(self, metric: str) -> tuple[Curve, Curve | None]:
        known: dict[str, tuple[Curve, Curve | None]] = self.__dict__.setdefault("_curves", {})
        if metric not in known:
            known[metric] = _CURVES[metric](self)
        return known[metric]

    def variances(self, metric: str, ks: Sequence[int]) -> list[float | None]:
        """The variance of a metric over new samples of this problem, at each k; None where it cannot be had."""
        known: dict[Any, list[float | None]] = self.__dict__.setdefault("_variances", {})
        key = (metric, tuple(ks))
        if key not in known:
            known[key] = self._sampling(metric, ks)
        return known[key]

    def _sampling(self, metric: str, ks: Sequence[int]) -> list[float | None]:
        n, c = len(self.judged), self.right
        if metric in _COUNTED:
            found = sampling.count_variances(_COUNTED[metric], n, c, ks)
            exact = sampling.mean_variance(n, c)
            mean = metric in ("pass@k", "pass^k")  # at k = 1 both are c/n, whose variance has an unbiased form
            return [exact if mean and k == 1 else v for k, v in zip(ks, found, strict=True)]
        if metric == "maj@k":
            return sampling.maj_variances(*self.votes, ks)
        if metric == "best@k":
            return sampling.best_variances(self.judged_scores, [float(flag) for flag in self.votes[1]], ks)
        return [None] * len(ks)  # of wmaj@k, whose Monte Carlo noise a jackknife would take for sampling noise


APART = ("answer_tokens", "gap_tokens", "forced_tokens", "prefilled_tokens")


def _apart(usage: Json) -> dict[str, int]:
    """The tokens of a response besides completion and thinking; a run of before had none of these columns."""
    rest = usage["completion_tokens"] - usage["thinking_tokens"] - (usage.get("gap_tokens") or 0)
    known = {name: value for name in APART if (value := usage.get(name)) is not None}
    return {"answer_tokens": rest, **dict.fromkeys(APART[1:], 0), **known}


_COUNTED: dict[str, Callable[[int, int], Curve]] = {
    "pass@k": curves.pass_at_all_k,
    "pass^k": curves.pass_hat_all_k,
    "g-pass@k[0.5]": partial(curves.g_pass_at_all_k, tau=0.5),
    "g-pass@k[0.75]": partial(curves.g_pass_at_all_k, tau=0.75),
    "mg-pass@k": curves.mg_pass_at_all_k,
}


def _counted(curve: Callable[[int, int], Curve]) -> Callable[[Outcome], tuple[Curve, None]]:
    return lambda o: (curve(len(o.judged), o.right), None)


def _best(outcome: Outcome) -> tuple[Curve, None]:
    return curves.best_at_all_k(outcome.judged_scores, [float(flag) for flag in outcome.votes[1]]), None


_CURVES: dict[str, Callable[[Outcome], tuple[Curve, Curve | None]]] = {
    **{metric: _counted(curve) for metric, curve in _COUNTED.items()},
    "maj@k": lambda o: (curves.maj_at_all_k(*o.votes), None),
    "best@k": _best,
    "wmaj@k": lambda o: weighted_maj_at_all_k(*o.votes, o.judged_scores),
}


def outcomes(run: Run) -> list[Outcome]:
    """The outcomes of a run's problems, in the benchmark's order, failed ones included."""
    return [Outcome.of(problem, responses) for problem, responses in run.by_problem()]


def scored(found: Iterable[Outcome]) -> bool:
    """Whether a verifier has scored any response."""
    return any(score is not None for outcome in found for score in outcome.scores)
