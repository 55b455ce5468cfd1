"""The numbers of `harness analyze`: over problems, by level or subject, each with its definition and an interval."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise

from harness.analysis.groups import estimate, grouped
from harness.analysis.traces import Counted
from harness.run import Json
from scorers.intervals import NON_NEGATIVE
from scorers.ratios import rate_estimate, share_estimate
from scorers.stratified import Stratum, odds_ratio, within_difference

Analysed = tuple[Json, Sequence[Counted]]
"""A problem's line and the numbers of its responses."""
ATTEMPTS = 8
"""The attempts whose accuracy is told one by one."""
MOST_RANKS = 8
"""More responses than this are shown in fifths of the ranks."""
PER = 1000
"""Tokens that a rate is about."""


@dataclass(frozen=True, slots=True)
class Measure:
    """A number of the tables: the detector it rests on and what a reader is told of it."""

    name: str
    detector: str
    definition: str


_TOKENS = "1,000 thinking tokens (tokens of the response where it has no thinking)"
_KINDS = {
    "backtracking": "backtracking", "verification": "verification", "regret": "regret", "return": "returns",
    "exact": "repetition", "near": "repetition", "semantic": "repetition", "template": "repetition",
    "restated": "formulas",
}  # fmt: skip
RATES = {f"{kind}_per_1000": (kind, detector) for kind, detector in _KINDS.items()}
MEASURES = {
    measure.name: measure
    for measure in (
        Measure("tokens", "steps", "the engine's tokens of the analysed part, mean per response"),
        Measure("steps", "steps", "steps, mean per response"),
        *[Measure(name, at, f"events of the kind '{kind}' per {_TOKENS}") for name, (kind, at) in RATES.items()],
        Measure("repetition_rate", "repetition", "share of a response's steps that repeat an earlier one"),
        Measure("repeated_token_share", "repetition", "share of a response's tokens that stand in repeating steps"),
        Measure("repeated_gram_share", "repetition", "share of a response's token 5-grams that stood earlier in it"),
        Measure("restated_share", "formulas", "restated formulas over all formulas"),
        Measure("regret_share", "regret", "share of responses with at least one event of regret"),
        Measure("attempts", "attempts", "attempts, mean per response"),
        Measure("accuracy@attempt", "attempts", "accuracy of the k-th attempt, over the responses that have one"),
        Measure(
            "accuracy@attempt_carried", "attempts",
            "accuracy of the last attempt up to the k-th, over all responses with an attempt",
        ),
        Measure("right_to_wrong", "attempts", "share of the attempts after a right one that are wrong"),
        Measure("wrong_to_right", "attempts", "share of the attempts after a wrong one that are right"),
        Measure("first_final", "attempts", "number of the first attempt whose answer is the final one, from 1"),
        Measure("reach_of_final", "attempts", "share of the response, in characters, up to the end of that attempt"),
        Measure(
            "outcome_efficiency", "attempts",
            "mean of σ·T̂/T (Chen et al. 2024, ξ_O): T̂ is the text up to the end of the first right attempt, T the "
            "whole, in characters; 0 where no attempt is right",
        ),
        Measure("thinking_differs", "attempts", "share of responses whose thinking ends on another answer than given"),
        Measure("both_right", "attempts", "thinking's last answer right, the given answer right"),
        Measure("only_thinking_right", "attempts", "thinking's last answer right, the given answer wrong"),
        Measure("only_answer_right", "attempts", "thinking's last answer wrong, the given answer right"),
        Measure("both_wrong", "attempts", "thinking's last answer wrong, the given answer wrong"),
        Measure(
            "regret_odds_ratio", "regret",
            "odds of a right answer with regret over the odds without, within a problem (conditional logistic "
            "regression, problems as strata; likelihood-ratio interval)",
        ),
        Measure(
            "regret_difference", "regret",
            "mean over problems of P(right | regret) − P(right | no regret), of problems with responses of both kinds",
        ),
        Measure("accuracy@rank", "regret", "accuracy of the k-th shortest response of a problem (or k-th fifth)"),
        Measure("regret@rank", "regret", "share with regret of the k-th shortest response (or k-th fifth)"),
    )
}  # fmt: skip
TABLE = ("both_right", "only_thinking_right", "only_answer_right", "both_wrong")


def measures(analysed: Sequence[Analysed], *, by: str = "level") -> list[Json]:
    """Tidy rows: `measure`, `k`, the group, `value`, `low`, `high` (95 % over problems), `problems`, `responses`."""
    finished = [(line, responses) for line, responses in analysed if responses]
    rows = []
    for value, members in grouped(finished, by, lambda item: item[0]):
        group: Json = {"group": "all" if value is None else by, "value_of_group": value}
        responses = [own for _, own in members]
        for name, k, found, count in _numbers(responses):
            row: Json = {"measure": name, "k": k, **group}
            row |= {key: found.get(key) for key in ("value", "low", "high", "problems")}
            rows.append({**row, "responses": count, "detector": MEASURES[name].detector})
    return rows


Number = tuple[str, int | None, Mapping[str, object], int]


def _numbers(problems: Sequence[Sequence[Counted]]) -> Iterator[Number]:
    """(measure, k, its estimate, how many responses it is of) of one group of problems."""
    count = sum(map(len, problems))
    for name, value in _MEANS.items():
        found, size = _mean(problems, value, bounded=name in _SHARES)
        yield name, None, found, size
    tokens = [float(sum(c.tokens for c in own)) for own in problems]
    for name, (kind, _) in RATES.items():
        if kind == "semantic" and not any(kind in c.kinds for own in problems for c in own):
            continue  # nobody looked for it
        events = [float(sum(c.kinds.get(kind, 0) for c in own)) for own in problems]
        yield name, None, _plain(rate_estimate(events, tokens, per=PER)), count
    restated = [float(sum(c.kinds.get("restated", 0) for c in own)) for own in problems]
    written = [float(sum(c.formulas for c in own)) for own in problems]
    yield "restated_share", None, _plain(share_estimate(restated, written)), count
    yield from _attempts(problems)
    yield from _two_by_two(problems)
    yield from _regret(problems)


_MEANS: dict[str, Callable[[Counted], float | None]] = {
    "tokens": lambda c: c.tokens,
    "steps": lambda c: c.steps,
    "repetition_rate": lambda c: c.repetition,
    "repeated_token_share": lambda c: c.repeated_tokens,
    "repeated_gram_share": lambda c: c.repeated_grams,
    "regret_share": lambda c: float(c.kinds.get("regret", 0) > 0),
    "attempts": lambda c: len(c.verdicts),
    "first_final": lambda c: c.first_final,
    "reach_of_final": lambda c: c.reach,
    "outcome_efficiency": lambda c: c.efficiency,
    "thinking_differs": lambda c: None if c.differs is None else float(c.differs),
}
"""What a response has a number of; a problem's is their mean."""
_SHARES = set(_MEANS) - {"tokens", "steps", "attempts", "first_final"}


def _mean(
    problems: Sequence[Sequence[Counted]], value: Callable[[Counted], float | None], *, bounded: bool = True
) -> tuple[Json, int]:
    """Mean over problems of the mean over those responses that have the number, and how many have it."""
    numbers = [[v for c in own if (v := value(c)) is not None] for own in problems]
    means = [sum(own) / len(own) for own in numbers if own]
    return estimate(means, bounds=(0.0, 1.0) if bounded else NON_NEGATIVE), sum(map(len, numbers))


def _attempts(problems: Sequence[Sequence[Counted]]) -> Iterator[Number]:
    """Accuracy at attempt k, and what becomes of right and of wrong answers."""
    most = max((len(c.verdicts) for own in problems for c in own), default=0)
    for k in range(1, min(most, ATTEMPTS) + 1):
        yield "accuracy@attempt", k, *_mean(problems, lambda c, k=k: _verdict(c.verdicts[k - 1 : k]))  # type: ignore[misc]
        yield "accuracy@attempt_carried", k, *_mean(problems, lambda c, k=k: _verdict(c.verdicts[:k]))  # type: ignore[misc]
    for name, before in (("right_to_wrong", True), ("wrong_to_right", False)):
        after = [[b for c in own for a, b in _pairs(c) if a is before] for own in problems]
        turned = [float(sum(b is not before for b in own)) for own in after]
        yield name, None, _plain(share_estimate(turned, [float(len(own)) for own in after])), sum(map(len, after))


def _verdict(verdicts: Sequence[bool | None]) -> float | None:
    """1 or 0 for the last of some verdicts; None without one."""
    return None if not verdicts or verdicts[-1] is None else float(verdicts[-1])


def _pairs(counted: Counted) -> Iterator[tuple[bool, bool]]:
    """Each judged attempt with the next one that is judged."""
    judged = [verdict for verdict in counted.verdicts if verdict is not None]
    return pairwise(judged)


def _two_by_two(problems: Sequence[Sequence[Counted]]) -> Iterator[Number]:
    """The verdict of thinking's last answer against the given answer's."""
    cells = [[cell for c in own if (cell := _cell(c)) is not None] for own in problems]
    sizes = [float(len(own)) for own in cells]
    if not any(sizes):
        return
    for name in TABLE:
        hits = [float(own.count(name)) for own in cells]
        yield name, None, _plain(share_estimate(hits, sizes)), round(sum(hits))


def _cell(counted: Counted) -> str | None:
    """Its cell of TABLE; None without thinking, an answer in it, or a verdict."""
    if not counted.thinking or not counted.verdicts or counted.verdicts[-1] is None or counted.correct is None:
        return None
    return TABLE[2 * (not counted.verdicts[-1]) + (not counted.correct)]


def _regret(problems: Sequence[Sequence[Counted]]) -> Iterator[Number]:
    """Regret against correctness within problems, and both by the rank of a response's length."""
    judged = [[c for c in own if c.correct is not None] for own in problems]
    strata = [Stratum.of([_regrets(c) for c in own], [c.correct is True for c in own]) for own in judged]
    odds = odds_ratio(strata)
    if odds is not None:
        yield "regret_odds_ratio", None, asdict(odds), odds.responses
    difference = within_difference(strata)
    if difference is not None:
        yield "regret_difference", None, _plain(difference), sum(s.n for s in strata if 0 < s.exposed < s.n)
    n = max(map(len, judged), default=0)
    full = [sorted(own, key=lambda c: c.completion_tokens) for own in judged if len(own) == n]
    bins = n if n <= MOST_RANKS else 5
    for place in range(bins if n > 1 else 0):
        ranked = [[own[rank] for rank in range(n) if rank * bins // n == place] for own in full]
        yield "accuracy@rank", place + 1, *_mean(ranked, lambda c: _verdict([c.correct]))
        yield "regret@rank", place + 1, *_mean(ranked, lambda c: float(_regrets(c)))


def _regrets(counted: Counted) -> bool:
    return counted.kinds.get("regret", 0) > 0


def _plain(found: object) -> Json:
    """An estimate as a mapping; nulls where there is none."""
    names = ("value", "low", "high", "problems")
    return {name: getattr(found, name, None) for name in names} | ({} if found else {"problems": 0})
