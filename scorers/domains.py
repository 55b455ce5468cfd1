"""Parts of the usual domains: ℝ⁺, ℝ_{≥0}, ℤ⁺, ℝ²."""

from __future__ import annotations

from scorers.syntax import Node, Unreadable, number

_SIGNS = {"+": ">", ">0": ">", "-": "<", "<0": "<", "ge0": "ge", "le0": "le", "ge1": "ge1"}


def part_of_domain(name: str, mark: str, *, raised: bool) -> Node:  # noqa: PLR0911  # one rule a line
    """The part that a sign beside a domain leaves: an interval of ℝ, of ℤ a domain of its own (`ℤ⁺` is ℕ).

    Raises Unreadable for other marks."""
    if mark in ("*", r"\*"):
        return Node("domain", name=name + "*")
    if raised and mark.isalnum():
        return Node("domain", name=f"{name}^{mark}")
    if name == "N" and mark == "0" and not raised:
        return Node("domain", name="Zge")
    sign = _SIGNS.get(mark)
    if sign is None:
        raise Unreadable("an unknown part of a domain")
    if name == "Z" and sign in (">", "ge1"):
        return Node("domain", name="N")
    if sign == "ge1":
        raise Unreadable("a part of a domain that begins at one")
    if name != "R":
        return Node("domain", name=name + sign)
    if sign in ("<", "le"):
        return Node("tuple", (Node("neg", (Node("inf"),)), number(0)), "(]" if sign == "le" else "()")
    return Node("tuple", (number(0), Node("inf")), "[)" if sign == "ge" else "()")
