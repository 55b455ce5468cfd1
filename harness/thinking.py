r"""Where a response stops thinking and begins to answer.

Thinking is the beginning of a response up to the end of its last closing marker, that marker included; the answer is
the rest, so that the two are the whole text. A closing marker counts without an opening one, because many chat
templates write the opening themselves. Thinking that is opened and never closed is all there is: the answer is empty.

The markers are those that models are trained to write, as their chat templates and the reasoning parsers of vLLM and
llama.cpp have them. The first marker of a response says of which family it is; markers of other families are then text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar, get_args

from harness.core import CountedBy, FinishReason, Prompt, Request

T = TypeVar("T")
COUNTED_BY: tuple[CountedBy, ...] = get_args(CountedBy)


class _Family(NamedTuple):
    """Opening and closing marker as regular expressions; `alone`: the closing one counts without the other. `start`:
    the opening one counts at the beginning of a response only."""

    opening: str
    closing: str
    alone: bool = True
    start: bool = False


_WORDS = r"(?i:think|thinking|thought|thoughts|reasoning)"
FAMILIES: dict[str, _Family] = {
    "tags": _Family(rf"<{_WORDS}>", rf"</{_WORDS}>"),  # DeepSeek-R1, Qwen3, GLM, MiniMax-M2, EXAONE Deep, Phi-4 …
    "seed": _Family(r"<seed:think>", r"</seed:think>"),  # Seed-OSS
    "minimax": _Family(r"<mm:think>", r"</mm:think>"),  # MiniMax-M3
    "longcat": _Family(r"<longcat_think>", r"</longcat_think>"),
    "mistral": _Family(r"\[THINK\]", r"\[/THINK\]"),  # Magistral from 2507 on
    "kimi": _Family("◁think▷", "◁/think▷"),  # Kimi-VL and k1.5; K2 writes <think>
    "cohere": _Family(r"<\|START_THINKING\|>", r"<\|END_THINKING\|>"),  # Command A Reasoning
    "openthinker": _Family(r"<\|begin_of_thought\|>", r"<\|end_of_thought\|>"),  # OpenThinker, Sky-T1
    "apertus": _Family(r"<\|inner_prefix\|>", r"<\|inner_suffix\|>"),
    "gemma": _Family(r"<\|channel>thought", r"<channel\|>"),  # Gemma 4
    "solar": _Family(r"<\|think\|>", r"<\|content\|>"),  # Solar Open
    "gpt-oss": _Family(  # OpenAI's harmony format: channels analysis and commentary, then final
        r"<\|channel\|>(?:analysis|commentary)(?:<\|message\|>)?",
        r"<\|channel\|>final[^<]{0,20}(?:<\|constrain\|>[^<]{0,40})?<\|message\|>",
    ),
    "gpt-oss without markers": _Family(  # the same, decoded without special tokens
        r"analysis(?=\S)(?=[\s\S]*assistantfinal)", r"assistantfinal", alone=False, start=True
    ),
    "s1": _Family(r"<\|im_start\|>think", r"<\|im_start\|>answer\n?"),
    "s1 without markers": _Family(r"think\n(?=[\s\S]*\nanswer\n)", r"\nanswer\n", alone=False, start=True),
    "granite": _Family(
        r"\s{0,9}Here(?: is|'s) my thought process:", r"Here(?: is|'s) my response:", alone=False, start=True
    ),
    "apriel": _Family(r"\s{0,9}Here are my reasoning steps:", r"\[BEGIN FINAL RESPONSE\]", start=True),
}
SPECIAL_TOKENS = frozenset(
    "<think> </think> [THINK] [/THINK] <seed:think> </seed:think> <mm:think> </mm:think> <longcat_think> "
    "</longcat_think> ◁think▷ ◁/think▷ <|START_THINKING|> <|END_THINKING|> <|begin_of_thought|> <|end_of_thought|> "
    "<|inner_prefix|> <|inner_suffix|> <|channel> <channel|> <|think|> <|content|> <|channel|> <|message|>".split()
)
"""Markers, or parts of them, that a tokenizer may hold as special tokens, which decoding drops unless it is told."""

_CANDIDATE = re.compile(r"[<\[◁](?=/?[A-Za-z|])")
_ANYWHERE = re.compile(
    "|".join(
        f"(?P<g{number}>{f.closing if f.start else f'{f.opening}|{f.closing}'})"
        for number, f in enumerate(FAMILIES.values())
        if f.alone
    )
)
_AT_START = [(name, re.compile(f.opening)) for name, f in FAMILIES.items() if f.start]
_OPENING = {name: re.compile(f.opening) for name, f in FAMILIES.items()}
_CLOSING = {name: re.compile(f.closing) for name, f in FAMILIES.items()}
_NAMES = tuple(FAMILIES)
_OPEN_AT_END = re.compile(rf"(?:{'|'.join(f.opening for f in FAMILIES.values() if '(?=' not in f.opening)})\s*\Z")
_TAIL = 200
_BLANK = "\n\n"


@dataclass(frozen=True, slots=True)
class Split:
    """A response in two: `thinking + answer` is its text. `closed` is False where the thinking never ended, and
    `family` the kind of markers, None where there are none."""

    thinking: str
    answer: str
    closed: bool = True
    family: str | None = None


def split(text: str, *, opened: str = "") -> Split:
    """Thinking and answer of a response. `opened` is what the prompt already wrote of it, as `opening` finds it; it is
    in neither part. Linear in the length of the text."""
    whole = opened + text
    name = _family(whole)
    if name is None:
        return Split("", text)
    end = 0
    for match in _CLOSING[name].finditer(whole):
        end = match.end()
    if end == 0 if FAMILIES[name].start else _OPENING[name].search(whole, end):
        return Split(text, "", closed=False, family=name)
    at = max(end - len(opened), 0)
    return Split(text[:at], text[at:], family=name)


def unmarked(thinking: str) -> str:
    """Thinking as plain text: each of its markers is a blank line, so that nothing ends or begins at them."""
    for _ in FAMILIES:
        name = _family(thinking)
        if name is None:
            break
        opened = _OPENING[name].sub(_BLANK, thinking, count=int(FAMILIES[name].start))
        thinking = _CLOSING[name].sub(_BLANK, opened)
    return thinking


def _family(text: str) -> str | None:
    """The family of the first marker."""
    for name, pattern in _AT_START:
        if pattern.match(text):
            return name
    for place in _CANDIDATE.finditer(text):
        found = _ANYWHERE.match(text, place.start())
        if found is not None and found.lastgroup is not None:
            return _NAMES[int(found.lastgroup[1:])]
    return None


def prefill(prompt: Prompt) -> str:
    """What the prompt already holds of the response: the last turn of the assistant, where it has one, or the opening
    of the thinking that the chat template wrote."""
    if prompt.messages and prompt.messages[-1]["role"] == "assistant":
        return prompt.messages[-1]["content"]
    found = _OPEN_AT_END.search(prompt.text[-_TAIL:])
    return "" if found is None else found[0]


def opening(begun: str) -> str:
    """The prefill where it opens a thinking that is not closed, else nothing."""
    return "" if split(begun).closed else begun


def graded(text: str, prompt: Prompt) -> str:
    """A response as a grader must see it: with the opening of its thinking, where the prompt wrote that. Else thinking
    that was cut could not be told from an answer."""
    return opening(prefill(prompt)) + text


def chars(before: str, text: str, *, opened: str = "") -> int:
    """How many characters of `text`, written after `before`, are thinking; they are its first ones."""
    return min(max(len(split(before + text, opened=opened).thinking) - len(before), 0), len(text))


def rougher(a: CountedBy, b: CountedBy) -> CountedBy:
    """How the sum of two counts was counted."""
    return max(a, b, key=COUNTED_BY.index)


class Counted(NamedTuple):
    """The tokens of a completion: thinking, and those in neither part (`gap`, negative where the parts have more than
    the whole). The answer has the rest."""

    thinking: int
    gap: int
    by: CountedBy


def count_ids(ids: Sequence[T], text: str, decode: Callable[[Sequence[T]], str], request: Request) -> Counted | None:
    """The thinking among the engine's own token ids of a completion; `decode` is the tokenizer's, and `text` what the
    completion says (a stop string that was met is no longer in it).

    A token belongs to thinking if it holds any of it: the last one of the closing marker may hold the first letter of
    the answer too. What follows the text, a stop string or the end of the turn, is on the side on which it was met.
    None where the ids do not spell the text, so that it must be counted anew."""
    inside = chars(request.prefix, text, opened=opening(prefill(request.prompt)))
    if inside == len(text):
        thinking = len(ids) if inside or _open(request) else 0
        return Counted(thinking, 0, "exact")
    if inside == 0:
        return Counted(0, 0, "exact")
    head: str = text[:inside]
    tidy: Callable[[str], str] = str
    if not decode(ids).startswith(head):  # some tokenizers drop the white space before the first word
        head, tidy = head.lstrip(), str.lstrip
        if not head:
            return Counted(0, 0, "exact")
        if not tidy(decode(ids)).startswith(head):
            return None
    low, high = 0, len(ids)  # the first `high` ids spell the head, the first `low` do not
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if tidy(decode(ids[:middle])).startswith(head) else (middle, high)
    return Counted(high, 0, "exact")


def _open(request: Request) -> bool:
    """Whether a completion begins inside thinking."""
    return not split(request.prefix, opened=opening(prefill(request.prompt))).closed


def count_text(text: str, tokens: int, count: Callable[[str], int] | None, request: Request) -> Counted:
    """The thinking among the `tokens` that the engine reports for a text: the parts tokenized again, the difference to
    the engine's number as the gap; without a tokenizer (`count` None) by the share of the characters. Where all is
    thinking, or nothing is, there is nothing to count."""
    inside = chars(request.prefix, text, opened=opening(prefill(request.prompt)))
    if inside == len(text):
        return Counted(tokens if inside or _open(request) else 0, 0, "exact")
    if inside == 0:
        return Counted(0, 0, "exact")
    if count is None:
        return Counted(min(max(round(tokens * inside / len(text)), 1), tokens), 0, "share")
    thinking = min(count(text[:inside]), tokens)
    return Counted(thinking, tokens - thinking - count(text[inside:]), "text")


def count_reported(
    reported: int | None, text: str, tokens: int, count: Callable[[str], int] | None, request: Request
) -> Counted:
    """The thinking of a server's answer: what its usage says, hidden reasoning included, else as `count_text`.

    A server that reports 0 for an answer with thinking in it did not see where it began (vLLM, where the chat template
    opens it) and is not believed. With a tokenizer the gap is what the reported thinking and the answer's text leave of
    the completion: the end of the turn, and marks that the server took out."""
    inside = chars(request.prefix, text, opened=opening(prefill(request.prompt)))
    if reported is None or (reported == 0 and inside):
        return count_text(text, tokens, count, request)
    thinking = min(reported, tokens)
    gap = tokens - thinking - count(text[inside:]) if thinking and count is not None else 0
    return Counted(thinking, gap, "usage")


def joined(request: Request, reasoning: str, content: str, finish: FinishReason) -> str:
    """One text of what a server took apart, so that nothing of the answer is lost.

    Thinking that the prefix has opened is not opened again, and thinking that was cut, or stopped, is not closed."""
    if not reasoning:
        return content
    closed = bool(content) or finish == "eos"
    return ("" if _open(request) else "<think>") + reasoning + ("</think>" if closed else "") + content
