"""Thinking and answer: the two are the whole text, the counts add up, for every family and on real token ids."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from harness import thinking
from harness.backends.toy import Toy
from harness.core import Completion, Message, Problem, Prompt, Request, Sampling
from harness.core import Path as Path_
from harness.models import smollm2
from harness.policy import Policy
from harness.thinking import (
    FAMILIES,
    SPECIAL_TOKENS,
    chars,
    count_ids,
    count_reported,
    count_text,
    opening,
    prefill,
    split,
)
from harness.tokenizer import HFTokenizer
from scorers.extract import extract
from small_models import tokenizer as small_tokenizer

MARKS = {
    "tags": ("<think>", "</think>"),
    "seed": ("<seed:think>", "</seed:think>"),
    "minimax": ("<mm:think>", "</mm:think>"),
    "longcat": ("<longcat_think>", "</longcat_think>"),
    "mistral": ("[THINK]", "[/THINK]"),
    "kimi": ("◁think▷", "◁/think▷"),
    "cohere": ("<|START_THINKING|>", "<|END_THINKING|>"),
    "openthinker": ("<|begin_of_thought|>", "<|end_of_thought|>"),
    "apertus": ("<|inner_prefix|>", "<|inner_suffix|>"),
    "gemma": ("<|channel>thought\n", "<channel|>"),
    "solar": ("<|think|>", "<|end|><|begin|>assistant<|content|>"),
    "gpt-oss": ("<|channel|>analysis<|message|>", "<|end|><|start|>assistant<|channel|>final<|message|>"),
    "gpt-oss without markers": ("analysis", "assistantfinal"),
    "s1": ("<|im_start|>think\n", "<|im_start|>answer\n"),
    "s1 without markers": ("think\n", "\nanswer\n"),
    "granite": ("Here is my thought process:", "Here is my response:"),
    "apriel": ("Here are my reasoning steps:\n", "[BEGIN FINAL RESPONSE]"),
}
ALONE = [name for name, family in FAMILIES.items() if family.alone]
PAIRED = [name for name in FAMILIES if "without" not in name]
BODY = st.text(st.sampled_from("ab 1+=\\{}$é∑😀\n"), max_size=30)
PIECES = st.lists(st.sampled_from(["a", " ", "x<y", "[1]", *(m for pair in MARKS.values() for m in pair)]), max_size=9)
TEXTS = PIECES.map("".join)


def asked(prompt: str = "q\n", prefix: str = "", messages: tuple[Message, ...] = ()) -> Request:
    return Request(Prompt("p", "q", prompt, messages), prefix, Sampling())


def test_every_family_has_its_marks_here() -> None:
    assert list(MARKS) == list(FAMILIES)


@pytest.mark.parametrize("name", FAMILIES)
@settings(deadline=None)
@given(thought=BODY, answer=BODY)
def test_the_marks_of_a_family_part_thinking_from_answer(name: str, thought: str, answer: str) -> None:
    first, last = MARKS[name]
    thought = f"x{thought}"
    found = split(f"{first}{thought}{last}{answer}")
    assert found == thinking.Split(f"{first}{thought}{last}", answer, True, name)


@pytest.mark.parametrize("name", ALONE)
@settings(deadline=None)
@given(thought=BODY, answer=BODY)
def test_a_closing_mark_alone_ends_thinking(name: str, thought: str, answer: str) -> None:
    last = MARKS[name][1]
    assert split(f"{thought}{last}{answer}") == thinking.Split(f"{thought}{last}", answer, True, name)


@pytest.mark.parametrize("name", PAIRED)
@settings(deadline=None)
@given(thought=BODY)
def test_thinking_that_never_ends_is_all_there_is(name: str, thought: str) -> None:
    first = MARKS[name][0]
    assert split(first + thought) == thinking.Split(first + thought, "", False, name)
    assert split(thought, opened=first) == thinking.Split(thought, "", False, name)
    assert extract(f"{first}{thought} \\boxed{{1}}").answer is None


@settings(deadline=None)
@given(PIECES)
@example(["</think>", "<think>"])
def test_the_parts_are_the_whole_whatever_is_written(pieces: list[str]) -> None:
    text = "".join(pieces)
    found = split(text)
    assert found.thinking + found.answer == text
    assert found.closed or not found.answer
    for at in range(len(text) + 1):  # a path that is continued: the parts of its pieces add up to those of the whole
        inside = chars(text[:at], text[at:])
        assert inside == max(len(found.thinking) - at, 0)


def test_text_that_only_looks_like_marks_is_an_answer() -> None:
    for text in ("so $a<think$", "x [THINKING] y", "analysis of a function", "think\nabout it", "1 < 2 | 3 > 2"):
        assert split(text) == thinking.Split("", text)


def test_another_family_s_mark_inside_is_text() -> None:
    assert split("<think>they write [/THINK] here</think>b").answer == "b"


@pytest.mark.parametrize("name", PAIRED)
def test_what_a_template_opens_is_found_at_the_end_of_the_prompt(name: str) -> None:
    first, last = MARKS[name]
    found = prefill(Prompt("p", "q", f"<|user|>q<|assistant|>{first}\n"))
    assert found.strip() == first.strip()
    assert opening(found) == found
    assert prefill(Prompt("p", "q", f"say {first} and {last}, then go on: ")) == ""
    assert opening(f"{first} {last}") == ""  # closed by the template: no thinking is wanted


def test_a_turn_of_the_assistant_is_prefilled() -> None:
    turns: tuple[Message, ...] = ({"role": "user", "content": "q"}, {"role": "assistant", "content": "<think>\nLet me"})
    assert prefill(Prompt("p", "q", "…", turns)) == "<think>\nLet me"


# --------------------------------------------------------------------------------------------------------------- counts


@settings(deadline=None)
@given(st.sampled_from(PAIRED), BODY, BODY, st.integers(1, 4), st.booleans())
def test_ids_are_counted_to_the_token(name: str, thought: str, answer: str, size: int, told: bool) -> None:
    first, last = MARKS[name]
    text = f"{first}{thought}{last}{answer}"
    ids = [text[at : at + size] for at in range(0, len(text), size)] + [""] * told  # the end of the turn
    found = count_ids(ids, text, "".join, asked())
    inside = len(text) - len(answer)
    assert found == thinking.Counted(len(ids) if not answer else -(-inside // size), 0, "exact")


@settings(deadline=None)
@given(st.sampled_from(PAIRED), BODY, st.booleans(), st.data())
def test_pieces_of_a_continued_path_count_like_the_whole(
    name: str, body: str, alone: bool, data: st.DataObject
) -> None:
    """Wherever a path is cut: inside a mark, or before the only mark there is."""
    first, last = MARKS[name]
    text = f"{'' if alone and FAMILIES[name].alone else first}{body}{last}{body}."
    at = data.draw(st.integers(1, len(text) - 1))
    pieces = iter([text[:at], text[at:]])

    async def generate(request: Request) -> Completion:
        piece = next(pieces)
        counted = count_ids(list(piece), piece, "".join, request)
        assert counted is not None
        return Completion(piece, 1, len(piece), "stop", "§", thinking_tokens=counted.thinking)

    async def twice() -> Path_:
        policy = Policy(generate, Sampling())
        [path] = await policy.write([Path_(Prompt("p", "q", "q"))], stop=["§"])
        [path] = await policy.write([path], stop=["§"])
        return path

    path = asyncio.run(twice())
    assert (path.tokens, path.thinking_tokens) == (len(text), len(text) - len(body) - 1)


def test_ids_that_do_not_spell_the_text_are_counted_anew() -> None:
    assert count_ids(["a"], "</think>b", "".join, asked()) is None
    found = count_text("<think>a b</think> c", 9, lambda text: len(text.split()), asked())
    assert found == thinking.Counted(2, 6, "text")
    assert count_text("<think>abc</think>" + "d" * 18, 10, None, asked()) == thinking.Counted(5, 0, "share")


@settings(deadline=None)
@given(TEXTS, st.integers(0, 50), st.none() | st.integers(0, 60), st.booleans())
def test_parts_and_gap_add_up_to_the_server_s_count(text: str, tokens: int, said: int | None, known: bool) -> None:
    def count(part: str) -> int:
        return len(part.split())

    found = count_reported(said, text, tokens, count if known else None, asked())
    assert 0 <= found.thinking <= tokens
    answer = tokens - found.thinking - found.gap
    parts = split(text)
    if (known and found.by == "text") or (found.by == "usage" and known and found.thinking):
        assert answer == count(parts.answer)
    else:
        assert found.gap == 0


def test_a_server_that_saw_no_thinking_where_there_is_some_is_not_believed() -> None:
    found = count_reported(0, "a b</think> c", 4, lambda text: len(text.split()), asked())
    assert found == thinking.Counted(2, 1, "text")
    assert count_reported(7, "c", 9, None, asked()) == thinking.Counted(7, 0, "usage")  # hidden


def test_a_stop_string_belongs_to_the_side_on_which_it_was_met() -> None:
    assert count_ids(["<think>", "a", "</think>"], "<think>a", "".join, asked()) == (3, 0, "exact")
    assert count_ids(["</think>"], "", "".join, asked(prefix="<think>")) == (1, 0, "exact")
    assert count_ids(["\n\n"], "", "".join, asked(prefix="<think></think>a")) == (0, 0, "exact")


def test_steps_become_thinking_when_only_their_end_is_marked() -> None:
    """A search over a model whose thinking was opened where we cannot see it: the first steps look like an answer."""
    script = iter(["a b\n\n", "c</think> d\n\n", "e"])

    async def generate(request: Request) -> Completion:
        text = next(script)
        counted = count_ids(text.split(), text, " ".join, request)
        step = text.removesuffix("\n\n")
        stop = "\n\n" if step != text else None
        thought = counted.thinking if counted else 0
        return Completion(step, 1, len(text.split()), "stop" if stop else "eos", stop, thinking_tokens=thought)

    async def grow() -> list[tuple[int, int]]:
        policy = Policy(generate, Sampling())
        [path] = await policy.expand([thinking_path()])
        seen = [(path.tokens, path.thinking_tokens)]
        for _ in range(2):
            [path] = await policy.expand([path])
            seen.append((path.tokens, path.thinking_tokens))
        return seen

    assert asyncio.run(grow()) == [(2, 0), (4, 3), (5, 3)]


def thinking_path() -> Path_:
    return Path_(Prompt("p", "q", "q"))


# ------------------------------------------------------------------------------------------------------- real token ids


def decoded(tokenizer: HFTokenizer, text: str) -> tuple[list[int], str]:
    ids = tokenizer.encode(text, special_tokens=False)
    return ids, tokenizer.decode(ids)


def check_ids(tokenizer: HFTokenizer, text: str) -> None:
    """The count is the first number of ids that spell the thinking, by trying them all."""
    ids, text = decoded(tokenizer, text)
    found = count_ids(ids, text, tokenizer.decode, asked())
    thought = split(text).thinking
    first = next(n for n in range(len(ids) + 1) if tokenizer.decode(ids[:n]).startswith(thought))
    assert found == (len(ids) if thought == text else first, 0, "exact")


@pytest.mark.filterwarnings("ignore")
def test_special_tokens_that_mark_thinking_are_kept(tmp_path: Path) -> None:
    small_tokenizer(tmp_path, ["[THINK]", "[/THINK]"])
    tokenizer = HFTokenizer(str(tmp_path))
    assert tokenizer.marks_thinking
    check_ids(tokenizer, "[THINK]ab é[/THINK]4")
    ids = tokenizer.encode("[THINK]ab[/THINK]4", special_tokens=False)
    assert count_ids(ids, "[THINK]ab[/THINK]4", tokenizer.decode, asked()) == (4, 0, "exact")


@pytest.mark.filterwarnings("ignore")
def test_other_special_tokens_are_dropped_as_ever(tmp_path: Path) -> None:
    small_tokenizer(tmp_path, ["<|x|>"])
    tokenizer = HFTokenizer(str(tmp_path))
    assert not tokenizer.marks_thinking
    assert tokenizer.decode(tokenizer.encode("a<|x|>b", special_tokens=False)) == "ab"
    assert "<|channel|>" in SPECIAL_TOKENS


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", MARKS)
def test_on_the_ids_of_a_real_tokenizer(name: str) -> None:
    tokenizer = HFTokenizer(str(smollm2()))
    first, last = MARKS[name]
    for thought, answer in (
        ("Let x = 3.\n\nWait, x = 4 ∑ é 😀.\n", "\n\nThe answer is $\\boxed{4}$."),
        ("x", "y"),
        ("x" * 90 + " and so on. " * 20, "42"),
        ("x", ""),
    ):
        text = f"{first}{thought}\n{last}{answer}"
        check_ids(tokenizer, text)
        if name == "s1":  # its marks are special tokens of this tokenizer, which decoding drops
            assert split(decoded(tokenizer, text)[1]).family == "s1 without markers"
        else:
            assert decoded(tokenizer, text)[1] == text


# ------------------------------------------------------------------------------------------------------------ the toy


def toy_completion(prompt: str, **options: object) -> Completion:
    problem = Problem("p/1", "q", "7", level=3)
    toy = Toy("default", [problem], **options)  # type: ignore[arg-type]
    request = Request(Prompt("p/1", "q", prompt), "", Sampling(temperature=0.8, max_tokens=4000, seed=3))
    return asyncio.run(toy.generate(request))


def test_a_toy_that_thinks_is_counted_to_the_word() -> None:
    found = toy_completion("q", thinking=4, step_accuracy=0.5)
    parts = split(found.text)
    assert parts.family == "tags" and parts.answer.strip().startswith("The final answer")
    assert found.thinking_tokens == len(parts.thinking.split())
    assert found.completion_tokens == len(found.text.split()) + 1  # the end of the turn is the answer's
    assert toy_completion("q").thinking_tokens == 0
    assert toy_completion("q <think>\n", thinking=4).text.count("<think>") == 0
