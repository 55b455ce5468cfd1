"""What short sentences come down to: who wins, that nothing exists, which kind of numbers, which day.

Two sentences of one gist are the same answer."""

from __future__ import annotations

import re

_WINS = re.compile(
    r"^(?:answer is )?(?:player )?(?P<who>[a-z]+(?: player)?|[A-Z]) (?:always )?"
    r"(?:has (?:a )?(?:winning strategy|strategy to win)|wins?(?: game)?|"
    r"(?:can|will|could)(?: always| certainly| surely)* (?:win|force (?:a )?win)(?: game)?(?: for sure)?|winner)$"
)
_WINNER = re.compile(r"^winner (?:is )?(?:player )?(?P<who>[a-zA-Z]+(?: player)?)$")
_NOTHING = re.compile(
    r"^(?:there )?(?:(?:is|are|exists?) )?(?:no|none)(?: such)?(?: (?:real|integer|positive|integral|possible|prime"
    r"|natural|rational|nonzero|solutions?|values?|roots?|numbers?|integers?|pairs?|triples?|functions?|polynomials?"
    r"|sequences?|sets?|matrices|points?|x|n|k|m|a|p|f|of|exists?|satisfy|satisfies|it|this|condition|field|quadratic"
    r"|trinomial|in|z|real))*$|^there do(?:es)? not exist(?: any)?(?: such)?(?: [a-zA-Z]+)?$"
    r"|^(?:it |they )?do(?:es)? not exist$"
)
_KIND = re.compile(
    r"^(?:(?:all|any|every|each|only|set|of|exactly|for|where|that|is|must|be|positive|natural|n|p|m|k|q|x) )*"
    r"(?P<kind>(?:odd |even |non ?|not )?(?:prime|composite|squarefree|square ?free|irrational|rational|perfect square"
    r"|perfect cube)s?)(?: (?:numbers?|integers?|n|p|m|k|q|x))*$"
)
_PLAYER = re.compile(r"^player (?P<name>[a-z]+)$")
_ROLE = re.compile(r"^(?:player|team|graph|option|box|person|point|line|figure|set) (?P<name>[a-zA-Z]|one|two|\d)$")


_DATE = re.compile(
    r"\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec"
    r"|january|february|march|april|may|june|july|august|september|october|november|december)\b"
)
_MONTHS = {name[:3]: name for name in "january february march april may june july august september october november "
           "december".split()}  # fmt: skip
_IMPOSSIBLE = re.compile(r"^(?:no )?(?:it |this )?(?:is )?(?:not possible|impossible)\b")


_DIVERGES = re.compile(
    r"^(?:(?:it|this|series|sum|sequence|integral|limit) )*(?:diverges?|divergent|do(?:es)? not converge)$"
)


def _date(plain: str) -> str | None:
    """The words of a date in one order: `March 9`, `9 Mar`, `1 p.m. on Monday`."""
    words = plain.replace("p m", "pm").replace("a m", "am").split()
    kept = sorted(_MONTHS.get(word[:3], word) if _DATE.match(word) else word for word in words
                  if word not in ("on", "at", "of", "in", "th"))  # fmt: skip
    known = [word for word in kept if _DATE.match(word) or word.isdigit() or word in ("am", "pm")]
    return "date " + " ".join(kept) if len(known) == len(kept) > 0 else None


def gist(plain: str) -> str | None:  # noqa: PLR0911  # one rule a line
    """What words without articles come down to; None for other sentences."""
    if len(plain) > 120 or plain == "no":
        return None
    if match := _WINS.match(plain) or _WINNER.match(plain):
        return "wins " + match["who"].removesuffix(" player").lower()
    if _DIVERGES.match(plain):
        return "diverges"
    if _NOTHING.match(plain):
        return "nothing"
    if _IMPOSSIBLE.match(plain):
        return " ".join(["impossible", *(word for word in plain.split() if word.isdigit())])
    if plain.startswith("infinitely many") and len(plain.split()) <= 4:
        return "infinitely many"
    if _DATE.search(plain) and (found := _date(plain)):
        return found
    if match := _KIND.match(plain):
        return "kind " + match["kind"].removesuffix("s").replace("squarefree", "square free")
    return None


def same_gist(one: str, other: str) -> bool:
    """Whether two answers in words come down to the same: also a name against `Bob wins`, `no` against `no such n`."""
    first, second = gist(one), gist(other)
    short = min(len(one.split()), len(other.split())) <= 4
    if first is not None and first == second and (short or not first.startswith("impossible")):
        return True
    for found, plain in ((first, other), (second, one)):
        if found and found.startswith("impossible") and plain == "no":
            return True
        if found == "nothing" and plain == "no":
            return bool({"such", "exist", "exists"} & set((one if plain is other else other).split()))
        if found and found == "wins " + named(plain).lower().removesuffix(" player"):
            return True
    first, second = (_PRONOUN.sub("", named(plain).lower()) for plain in (one, other))
    return first == second or _NOUN.sub("", first) == second or first == _NOUN.sub("", second)


_PRONOUN = re.compile(
    r"^(?:it|they|this|he|she|statement|answer|series|sequence|function|result|sum|graph|curve|figure|shape|conic) "
    r"(?=[a-z])"
)
_NOUN = re.compile(r"(?<=[a-z]) (?:triangles?|quadrilaterals?|numbers?|functions?|integers?)$")


def named(plain: str) -> str:
    """`player B` is B."""
    match = _ROLE.match(plain) or _PLAYER.match(plain)
    return match["name"] if match else plain
