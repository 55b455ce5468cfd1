"""Clauses behind an answer that say what its letters stand for: `for all x ∈ ℝ`, `where c is a constant`,
`for some integers a, b`. What says no more than the problem does is dropped, the rest becomes a condition."""

from __future__ import annotations

from scorers.environments import EnvironmentParser
from scorers.syntax import Node, TooLarge, Unreadable, letters, number
from scorers.variants import defined

_OPENING = frozenset({"forall", "for", "where", "with", "when"})
_WORDS = frozenset(
    """for all any every each some where with when and the a an real complex constant constants arbitrary fixed given
    number numbers value values integer integers positive natural nonnegative nonzero negative non rational is are be
    parameter parameters whole can must distinct real-valued function any""".split()
)
_LINKS = frozenset({"a", "and", "is", "are", "be", "for", "when", "where", "with"})
_DOMAINS = {"integer": "Z", "integers": "Z", "natural": "N", "rational": "Q"}
_SIGNS = {"positive": ">", "nonnegative": "ge", "negative": "<", "nonzero": "ne"}
_KEPT = frozenset({"<", ">", "le", "ge", "ne"})


class QuantifierParser(EnvironmentParser):
    """Reads clauses on the letters of an item."""

    def clauses(self, item: Node) -> list[Node]:
        """The conditions in the clauses that follow an item; the position stays where none can be read."""
        found: list[Node] = []
        while self.at < len(self.tokens):
            start = self.at
            opens = self.peek(1).text.lower() in _OPENING or self._is_said(item, 1)
            opened = self.accept("(") if opens else False
            if not letters(item) or not (self.peek().text.lower() in _OPENING or self._is_said(item, 0)):
                self.at = start
                return found
            try:
                conditions = self._clause(item)
                if opened:
                    self.take(")")
            except TooLarge:
                raise
            except Unreadable:
                self.at = start
                return found
            found.extend(conditions)
        return found

    def _is_said(self, item: Node, ahead: int) -> bool:
        """Whether a letter of the item stands before what it is: `k an integer`."""
        letter, word = self.peek(ahead), self.peek(ahead + 1)
        return letter.text in letters(item) and word.kind == "word" and word.text.lower() in _WORDS - _OPENING - _LINKS

    def _clause(self, item: Node) -> list[Node]:
        words, subjects, last = [], [], None
        while True:
            while self._is_clause_word():
                words.append(self.take().text.lower())
            if not self._goes_on():
                break
            last = self._subject()
            subjects.append(last.args[0] if last.op == "rel" else last)
            if last.op == "rel" or not self._another():
                self._trailing(words)
                break
        if not all(subject.op in ("sym", "tuple") for subject in subjects):
            raise Unreadable("a clause about something else")
        if last is not None and last.op == "rel" and last.name not in (*_KEPT, "in"):
            raise Unreadable("a clause that says more")
        return self._conditions(item, words, subjects, last)

    def _is_clause_word(self) -> bool:
        """Whether the next token is a word of the clause; `a` before a sign, a comma or the end is a letter."""
        token = self.peek()
        if token.text == "forall":
            return True
        if token.text == "a":
            return token.roman or self.peek(1).kind == "word"
        return token.kind == "word" and token.text.lower() in _WORDS

    def _subject(self) -> Node:
        """A letter, or what is said of it: `c`, `c > 0`, `c is …`."""
        if self.peek().kind in ("name", "word") and len(self.peek().text) == 1 and self.peek(1).kind == "word":
            return self.symbol(self.take().text)
        return self.item()

    def _goes_on(self) -> bool:
        return self.peek().text not in ("", ",", ";", ")", ".") and self.peek().text.lower() not in ("or", "and", "if")

    def _another(self) -> bool:
        """Consume what separates the letters of a clause: `a, b`, `a and b`."""
        comma, after = self.peek().text in (",", "and"), self.peek(1)
        listed = comma and len(after.text) == 1 and after.kind == "name" and self.peek(2).text not in ("=", "(")
        if listed:
            self.at += 1
        return listed

    def _trailing(self, words: list[str]) -> None:
        """`a, b are real numbers`, `c constant`."""
        while self.peek().kind == "word" and self.peek().text.lower() in _WORDS - _OPENING:
            if self.peek().text.lower() == "and":
                break
            words.append(self.take().text.lower())

    def _conditions(self, item: Node, words: list[str], subjects: list[Node], last: Node | None) -> list[Node]:
        """What the clause adds: nothing about variables of a function that is defined, and nothing about reals."""
        known = defined(item.args[0]) if item.op == "rel" and item.name == "=" else None
        free = [s for s in subjects if s.op == "sym" and not (known and s.name in known[1])]
        found = []
        if known and last is not None and last.name in _KEPT and not free and last.args[1] != number(0):
            found.append(last)  # a function that is known from a bound on only
        if last is not None and last.op == "rel" and free:
            if last.name in _KEPT:
                found.append(last)
            elif not (last.args[1].op == "domain" and last.args[1].name in ("R", "C")):
                found.extend(self.make("rel", subject, last.args[1], name="in") for subject in free)
        domain = next((_DOMAINS[word] for word in words if word in _DOMAINS), None)
        if domain:
            found.extend(self.make("rel", s, self.make("domain", name=domain), name="in") for s in free)
        sign = next((_SIGNS[word] for word in words if word in _SIGNS), None)
        if "non" in words and sign == "<":
            sign = "ge"
        if sign and not domain:
            found.extend(self.make("rel", subject, number(0), name=sign) for subject in free)
        elif sign and domain == "Z":
            part = {">": "N", "ge": "Zge", "<": "Z<", "ne": "Z*"}[sign]
            found = [Node("rel", (c.args[0], Node("domain", name=part)), "in") if c.name == "in" else c for c in found]
        return found
